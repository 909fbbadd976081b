"""With the database away a caller hears a number all the same, and the ticket has it afterwards."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import DataError, OperationalError

from call_handlers.arrival import Call
from call_handlers.desk import CallDesk
from call_handlers.kept import make_kept
from call_handlers.records import replay_journal
from call_handlers.sweep import SweepPolicy, sweep_once
from ivr.event import Digits, HungUp, Recorded, Transferred
from ivr.turn import Transfer
from tests.fixtures.calls import CALLER, START, House, arrival, play, to_confirm
from tests.fixtures.dialog import REPORT
from tests.fixtures.twilio import CALL_ID, RECORDING, TwilioClient, web_app
from tests.fixtures.world import updater
from tickets.model import NewTicket, Ticket
from tickets.open import find_ticket
from tickets.outbox import list_deliveries
from tickets.reference import is_spare
from tickets.spare import Fill


class Away:
    """A database that takes no ticket until it is `back`; a `silent` one does, and does not say."""

    def __init__(self, house: House, *, silent: bool = False) -> None:
        self._house = house
        self._silent = silent
        self.back = False

    def __call__(self, new: NewTicket, now: datetime, told: str | None = None) -> Ticket:
        """Open the ticket, or fail as SQL does."""
        if self.back or self._silent:
            ticket = self._house.open_ticket(new, now, told)
            if self.back:
                return ticket
        raise OperationalError("commit", {}, Exception("away"))


@pytest.fixture
def database(house: House) -> Away:
    """A database that is away, for whom numbers were reserved before."""
    Fill(house.engine, house.spare, 20).round()
    return Away(house)


def replay(house: House, database: Away) -> list[Ticket]:
    """The database is back; what waited is made, twice: the tickets."""
    house.flush()
    database.back = True
    made = make_kept(database, house.request_review, updater(house.engine))
    text = journal_of(house).read_text()
    assert replay_journal(house.engine, house.journal, made) >= 1
    journal_of(house).write_text(text)  # as a process that was killed before it could forget it
    replay_journal(house.engine, house.journal, made)
    assert replay_journal(house.engine, house.journal, made) == 0
    assert not journal_of(house).with_suffix(".refused").exists()
    return house.tickets()


def journal_of(house: House) -> Path:
    """Where records and requests wait."""
    path = Path(str(house.engine.url.database)).parent
    return path / "journal" / "records.jsonl"


def told_in(call: Call) -> str:
    """The number that was given to the call."""
    return call.session.answers["reference"]


def a_report(desk: CallDesk) -> Call:
    """A report is sent."""
    return play(desk, to_confirm(desk, desk.begin(arrival())), "1")


def a_complaint(desk: CallDesk) -> Call:
    """A complaint of an employee is spoken and sent."""
    call = play(desk, desk.begin(arrival()), "1", "2", "2", Recorded("complaint-1", 4000))
    return play(desk, call, "1")


def a_call_back(desk: CallDesk) -> Call:
    """Nobody takes the call, and its caller wants to be called."""
    return play(desk, desk.begin(arrival()), "1", "0", Transferred("busy"), "2")


def a_message(desk: CallDesk) -> Call:
    """Nobody takes the call, and its caller leaves a message."""
    call = play(desk, desk.begin(arrival()), "1", "0", Transferred("busy"), "3")
    return play(desk, call, Recorded("message-4", 4000))


@pytest.mark.parametrize(
    ("lead", "prompt", "kind"),
    [
        (a_report, "registered", "report"),
        (a_complaint, "complaint_registered", "complaint"),
        (a_call_back, "callback_noted", "inquiry"),
        (a_message, "callback_noted", "inquiry"),
    ],
)
def test_a_caller_hears_a_number_and_the_ticket_has_it_afterwards(
    house: House, database: Away, lead: Callable[[CallDesk], Call], prompt: str, kind: str
) -> None:
    """As if there were a database: the same prompts, the record names it, and it was said then."""
    desk = house.desk(opener=database)
    call = lead(desk)
    number = told_in(call)
    assert is_spare(number)
    assert prompt in [said.key for said in call.turn.prompts]
    assert house.tickets() == []
    house.clock.now += 3600
    desk.end(call, "hangup")
    (ticket,) = replay(house, database)
    assert (ticket.service_request_id, ticket.kind, ticket.phone) == (number, kind, CALLER)
    assert ticket.requested_datetime.timestamp() == START
    record, _ = house.written(call.call_id)
    assert record.tickets == (number,)
    assert len(list_deliveries(house.engine, reference=number)) == 1


def test_a_number_is_told_once(house: House, database: Away) -> None:
    """To callers who report one after another; when none is left, an operator has the next."""
    for _ in range(17):
        house.spare.take()
    desk = house.desk(opener=database)
    *told, last = [
        play(desk, to_confirm(desk, desk.begin(arrival(str(at)))), "1") for at in range(4)
    ]
    assert len({told_in(call) for call in told}) == 3
    assert last.turn.action == Transfer("operators")
    assert [prompt.key for prompt in last.turn.prompts] == ["open_failed", "operator"]
    desk.end(last, "transferred")
    tickets = replay(house, database)
    numbers = {ticket.service_request_id for ticket in tickets}
    assert numbers > {told_in(call) for call in told}
    assert len(tickets) == 4


def test_a_disk_that_takes_nothing_means_an_operator(house: House, database: Away) -> None:
    """No number is told that is not on the disk with its report."""
    journal_of(house).mkdir(parents=True)
    call = a_report(house.desk(opener=database))
    assert call.turn.action == Transfer("operators")
    assert house.spare.count() == 19


def test_numbers_that_cannot_be_read_mean_an_operator(house: House, database: Away) -> None:
    """Whatever is wrong with their file."""
    path = Path(str(house.engine.url.database)).parent / "spare"
    path.unlink()
    path.mkdir()
    call = a_report(house.desk(opener=database))
    assert call.turn.action == Transfer("operators")


def test_what_the_database_can_never_take_is_given_no_number(house: House) -> None:
    """It would stand in no ticket: a human hears it."""
    Fill(house.engine, house.spare, 5).round()

    def refuses(*_asked: object) -> Ticket:
        raise DataError("insert", {}, Exception("value too long"))

    call = a_report(house.desk(opener=refuses))
    assert call.turn.action == Transfer("operators")
    assert house.spare.count() == 5


@pytest.mark.parametrize("known", [False, True], ids=["nobody knows", "the back office knows"])
def test_a_commit_that_was_silent_leaves_one_ticket_with_the_number(
    house: House, database: Away, known: bool
) -> None:
    """The citizen keys the number that they heard, and hears of their report."""
    desk = house.desk(opener=Away(house, silent=True))
    call = a_report(desk)
    (silent,) = house.tickets()
    assert silent.service_request_id != told_in(call)
    if known:
        with house.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE deliveries SET attempts = 1")
    desk.end(call, "hangup")
    (ticket,) = replay(house, database)
    expected = silent.service_request_id if known else told_in(call)
    assert ticket.service_request_id == expected
    assert find_ticket(house.engine, told_in(call)) == ticket
    desk = house.desk()
    call = play(desk, desk.begin(arrival("2")), "1", "4", "5", told_in(call))
    assert call.session.answers["ticket"] == expected
    assert "ticket_status" in [prompt.key for prompt in call.turn.prompts]


def test_a_process_that_died_before_it_could_say_the_number_costs_nothing(
    house: House, database: Away
) -> None:
    """The next one takes the same turn and tells a number; the ticket is found by it."""
    desk = house.desk(opener=database)
    at_confirm = to_confirm(desk, desk.begin(arrival()))
    saved = desk._stepped(at_confirm, Digits("1"))
    desk._performed(saved, "open_report")  # and killed
    call = desk.advance(at_confirm, Digits("1"))
    desk.end(call, "hangup")
    (ticket,) = replay(house, database)
    found = find_ticket(house.engine, told_in(call))
    assert found == ticket
    assert told_in(call) in (ticket.service_request_id, *ticket.attributes["told_references"])


def test_a_key_that_is_told_after_the_end_sends_what_had_waited(
    house: House, database: Away
) -> None:
    """Both wait on disk: one ticket, which is confirmed, under the number."""
    desk = house.desk(opener=database)
    call = to_confirm(desk, desk.begin(arrival()))
    desk.end(desk.advance(call, HungUp()), "hangup")
    ended = desk.find(call.call_id, ended=True)
    assert ended is not None
    again = desk.late(ended, call.turn.number, Digits("1"))
    assert again is not None
    desk.end(again, "hangup")
    (ticket,) = replay(house, database)
    assert ticket.service_request_id == told_in(again)
    assert "unconfirmed" not in ticket.attributes
    record, _ = house.written(call.call_id)
    assert record.tickets == (ticket.service_request_id,)


def test_who_hangs_up_while_the_number_is_found_has_it_in_the_record(
    house: House, database: Away
) -> None:
    """The server died after the key: the sweep ends the call, with what it had asked for."""
    desk = house.desk(opener=database)
    call = to_confirm(desk, desk.begin(arrival()))
    desk._saved(desk._stepped(call, Digits("1")))
    house.flush()
    house.clock.now = START + 3600
    database.back = False
    swept = house.desk(opener=database)
    sweep_once(swept, house.engine, house.journal, SweepPolicy(idle_s=0.0))
    (ticket,) = replay(house, database)
    record, _ = house.written(call.call_id)
    assert record.tickets == (ticket.service_request_id,)
    assert is_spare(ticket.service_request_id)


def test_a_report_that_waits_is_no_draft_any_more(house: House, database: Away) -> None:
    """Nor is it made again when its call is over."""
    desk = house.desk(opener=database)
    desk.end(play(desk, a_report(desk), HungUp()), "hangup")
    (ticket,) = replay(house, database)
    assert "unconfirmed" not in ticket.attributes


def test_a_caller_by_twilio_hears_the_number_too(house: House, database: Away) -> None:
    """Spoken, digit by digit, as any other."""
    desk = house.desk(opener=database)
    caller = TwilioClient(web_app(desk))
    caller.dial()
    caller.press(*REPORT)
    caller.act(RecordingSid=RECORDING, RecordingDuration="3", Digits="#")
    caller.press("1")
    assert caller.verbs == ["Gather"]
    held = desk.find(CALL_ID)
    assert held is not None
    number = told_in(held)
    assert is_spare(number)
    said = [prompt for prompt in held.turn.prompts if prompt.key == "reference"]
    assert dict(said[0].values)["reference"] == number
    caller.press("")
    assert caller.verbs == ["Hangup"]
    caller.status("completed")
    (ticket,) = replay(house, database)
    assert ticket.service_request_id == number
    record, _ = house.written(CALL_ID)
    assert (record.disposition, record.tickets) == ("completed", (number,))

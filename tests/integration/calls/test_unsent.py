"""What a call leaves behind, however it ends: a report that was given and never sent."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Call
from call_handlers.desk import CallDesk
from call_handlers.kept import make_kept
from call_handlers.records import replay_journal
from call_handlers.sweep import SweepPolicy, sweep_once
from ivr.event import Digits, HungUp, NoInput, Recorded, Transferred
from ivr.turn import HangUp
from tests.fixtures.calls import CALLER, START, House, arrival, play, to_confirm
from tests.fixtures.dialog import LOOKED_UP, REPORT
from tests.fixtures.world import updater
from tickets.model import NewTicket, Ticket
from tickets.schema import deliveries

End = Callable[[CallDesk, Call], None]


def by_a_hang_up(desk: CallDesk, call: Call) -> None:
    """Asterisk: the script meets it."""
    desk.end(desk.advance(call, HungUp()), "hangup")


def by_a_status(desk: CallDesk, call: Call) -> None:
    """Twilio: the final status."""
    desk.end(call, "hangup")


def by_an_operator(desk: CallDesk, call: Call) -> None:
    """People have talked."""
    desk.end(play(desk, call, "0"), "transferred")


def by_the_hang_up_handler(desk: CallDesk, call: Call) -> None:
    """The server that led the call died: all that is known is which call it was."""
    desk.end(arrival(), "hangup")


def without_an_operator(desk: CallDesk, call: Call) -> None:
    """Nobody took the call, and the caller has left."""
    by_a_hang_up(desk, play(desk, call, "0", Transferred("unavailable")))


@pytest.mark.parametrize(
    "end",
    [by_a_hang_up, by_a_status, by_an_operator, by_the_hang_up_handler, without_an_operator],
)
def test_a_report_that_was_spoken_and_never_sent_is_kept_once(house: House, end: End) -> None:
    """Whoever tells that the call is over, and however often."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    end(desk, call)
    by_a_status(house.desk(), call)
    house.desk().end(arrival(), "hangup")
    (ticket,) = house.tickets()
    assert (ticket.kind, ticket.service_code, ticket.phone) == ("report", "RD_HOLE", CALLER)
    assert ticket.address == {"building_number": "7421", "postal_code": "23218"}
    assert ticket.recording_ref == f"{call.call_id}-{len(REPORT) + LOOKED_UP + 1}"
    assert ticket.attributes["unconfirmed"] is True
    assert ticket.attributes["recording_ms"] == 3000
    record, _ = house.written(call.call_id)
    assert record.tickets == (ticket.service_request_id,)


def test_a_server_that_died_leaves_the_report_to_the_sweep(house: House) -> None:
    """Nobody told of the end: the sweep finds the call, and what it holds."""
    desk = house.desk()
    to_confirm(desk, desk.begin(arrival()))
    house.flush()
    house.clock.now = START + 3600
    sweep_once(house.desk(), house.engine, house.journal, SweepPolicy(idle_s=0.0))
    (ticket,) = house.tickets()
    assert ticket.attributes["unconfirmed"] is True


def test_a_report_that_was_sent_is_not_kept_again(house: House) -> None:
    """Nor one that was cancelled, nor one in which nobody was heard."""
    desk = house.desk()
    sent = play(desk, to_confirm(desk, desk.begin(arrival("1"))), "1")
    cancelled = play(desk, to_confirm(desk, desk.begin(arrival("2"))), "9")
    silent = play(desk, desk.begin(arrival("3")), *REPORT, NoInput())
    for call in (sent, cancelled, silent):
        by_a_hang_up(desk, call)
    (ticket,) = house.tickets()
    assert "unconfirmed" not in ticket.attributes


def test_who_hangs_up_into_the_recording_has_reported(house: House) -> None:
    """The recording is an event like any other; the next turn finds nobody there."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT, Recorded("words-9", 2500))
    by_a_hang_up(desk, call)
    (ticket,) = house.tickets()
    assert (ticket.recording_ref, ticket.attributes["unconfirmed"]) == ("words-9", True)


def test_a_message_counts_however_the_call_ends(house: House) -> None:
    """It is a call-back, and it has been spoken."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", "0", Transferred("busy"), "3")
    call = play(desk, call, Recorded("message-4", 4000))
    assert isinstance(call.turn.action, HangUp)
    by_a_hang_up(desk, call)
    (ticket,) = house.tickets()
    assert (ticket.kind, ticket.recording_ref) == ("inquiry", "message-4")
    assert ticket.callback_requested
    assert "unconfirmed" not in ticket.attributes


def test_a_call_back_has_the_report_and_the_message_with_it(house: House) -> None:
    """The report's recording stays the ticket's; the message is named beside it."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    call = play(desk, call, "0", Transferred("no_answer"), "3", Recorded("message-13", 4000))
    by_a_hang_up(desk, call)
    (ticket,) = house.tickets()
    assert (ticket.kind, ticket.service_code) == ("report", "RD_HOLE")
    assert ticket.recording_ref == f"{call.call_id}-{len(REPORT) + LOOKED_UP + 1}"
    assert ticket.attributes["message_ref"] == "message-13"
    assert ticket.attributes["message_ms"] == 4000
    assert ticket.callback_requested


def test_a_call_back_without_a_place_says_what_it_is_about(house: House) -> None:
    """It stays an inquiry: a report has a place."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", "1", "2", "1", "0", Transferred("busy"), "2")
    by_a_hang_up(desk, call)
    (ticket,) = house.tickets()
    assert (ticket.kind, ticket.service_code) == ("inquiry", "OTHER")
    assert ticket.attributes["about_service_code"] == "RD_HOLE"


# --- told in the other order -------------------------------------------------------------------


@pytest.mark.parametrize("told", [False, True])
def test_a_report_is_sent_once_though_its_last_key_is_told_after_the_end(
    house: House, told: bool
) -> None:
    """What the hang-up left is taken back; if the back office has it, it stays as it is."""
    desk = house.desk()
    call = to_confirm(desk, desk.begin(arrival()))
    by_a_status(desk, call)
    if told:
        with house.engine.begin() as connection:
            connection.execute(deliveries.update().values(attempts=1))
    ended = desk.find(call.call_id, ended=True)
    assert ended is not None
    again = desk.late(ended, call.turn.number, Digits("1"))
    assert again is not None
    by_a_status(desk, again)
    (ticket,) = house.tickets()
    assert ticket.attributes.get("unconfirmed", False) is told
    record, events = house.written(call.call_id)
    assert record.tickets == (ticket.service_request_id,)
    assert next(event.input for event in events if event.node == "confirm") == "1"


# --- the database away -------------------------------------------------------------------------


class Away:
    """A database that takes no ticket until it is `back`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.back = False

    def __call__(self, new: NewTicket, now: datetime, told: str | None = None) -> Ticket:
        """Open the ticket, or fail as SQL does."""
        if not self.back:
            raise OperationalError("insert", {}, Exception("away"))
        return self._house.open_ticket(new, now, told)


def test_what_is_left_while_the_database_is_away_is_opened_when_it_is_back(house: House) -> None:
    """As of the moment of the call, once, however often it is tried."""
    database = Away(house)
    desk = house.desk(opener=database)
    call = to_confirm(desk, desk.begin(arrival()))
    by_a_hang_up(desk, call)
    house.flush()
    assert house.tickets() == []
    database.back = True
    made = make_kept(database, house.request_review, updater(house.engine))
    assert replay_journal(house.engine, house.journal, made) >= 1
    assert replay_journal(house.engine, house.journal, made) == 0
    (ticket,) = house.tickets()
    assert ticket.attributes["unconfirmed"] is True
    assert ticket.requested_datetime.timestamp() == START


def test_a_caller_whose_message_waits_on_disk_is_told_that_it_is_kept(house: House) -> None:
    """Without a number: there is none yet."""
    desk = house.desk(opener=Away(house))
    call = play(desk, desk.begin(arrival()), "1", "0", Transferred("busy"), "3")
    call = play(desk, call, Recorded("message-4", 4000))
    assert [prompt.key for prompt in call.turn.prompts] == ["request_kept"]


def test_who_is_there_to_hear_a_number_gets_an_operator_instead(house: House) -> None:
    """A report is sent while SQL is away: a human has the call, and the report is kept."""
    database = Away(house)
    desk = house.desk(opener=database)
    call = play(desk, to_confirm(desk, desk.begin(arrival())), "1")
    assert [prompt.key for prompt in call.turn.prompts] == ["open_failed", "operator"]
    desk.end(call, "transferred")
    database.back = True
    replay_journal(
        house.engine,
        house.journal,
        make_kept(database, house.request_review, updater(house.engine)),
    )
    (ticket,) = house.tickets()
    assert ticket.attributes["transferred_to"] == "operators"


def test_a_restricted_callers_request_waits_on_disk_too(house: House) -> None:
    """It is noted when the database is back."""
    house.restrict(CALLER, days=7)

    def away(**_asked: object) -> object:
        raise OperationalError("insert", {}, Exception("away"))

    desk = house.desk(reviewer=away)
    call = play(desk, desk.begin(arrival()), "1", Recorded("review-2", 3000))
    assert [prompt.key for prompt in call.turn.prompts] == ["review_noted"] * 3
    noted: list[dict[str, object]] = []
    made = make_kept(house.open_ticket, lambda **asked: noted.append(asked), updater(house.engine))
    replay_journal(house.engine, house.journal, made)
    (asked,) = noted
    assert (asked["number"], asked["recording_ref"]) == (CALLER, "review-2")


def test_the_same_question_without_end_is_a_third_wrong_key(house: House) -> None:
    """Five times it is said again; then an operator has the call."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", *(Digits("#"),) * 5)
    assert call.session.node == "main"
    assert play(desk, call, "#").session.node == "operator"

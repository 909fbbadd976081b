"""A caller follows up: their own tickets and no others, notes, ratings, guesses. Real stores."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from blacklist.policy import ReferencePolicy
from call_handlers.arrival import Call
from call_handlers.guesses import RedisGuesses
from call_handlers.kept import make_kept
from call_handlers.records import replay_journal
from ivr.event import HungUp, Recorded
from ivr.pick import choices_of
from ivr.turn import Transfer
from people.person import Person
from store.breaker import Breaker
from tests.fixtures.calls import CALLER, START, House, arrival, play
from tests.fixtures.world import SERVICES, updater
from tickets.model import Address, NewTicket, Ticket
from tickets.outbox import list_deliveries
from tickets.reference import is_reference, new_reference
from tickets.schema import tickets as table
from tickets.update import Change
from tickets.working.change import Office, Work
from tickets.working.merging import merge
from tickets.working.status import set_status

OTHER = "+966559876543"
_CALLS = itertools.count()
NOW = datetime.fromtimestamp(START, UTC)


def given(
    house: House, origin: str, status: str = "open", days: float = 0, **changes: Any
) -> Ticket:
    """A ticket from before, in this status for so many days."""
    since = NOW - timedelta(days=days)
    new = NewTicket(
        origin=origin,
        service_code="RD_HOLE",
        phone=CALLER,
        reported_from=CALLER,
        address=Address(building_number="7421", postal_code="23218"),
        target_hours=SERVICES["RD_HOLE"].target_hours,
        recording_ref="their-own-words",
    )
    ticket = house.open_ticket(replace(new, **changes), since)
    its = table.c.idempotency_key == ticket.idempotency_key
    with house.engine.begin() as connection:
        values: dict[str, Any] = {"status": status, "status_datetime": since}
        connection.execute(table.update().where(its).values(values))
    return replace(ticket, **values)


def followed(house: House, *keys: str, caller: str = CALLER) -> Call:
    """A caller who follows up, and presses these."""
    desk = house.desk()
    call = desk.begin(arrival(f"call {next(_CALLS)}", caller=caller))
    return play(desk, call, "1", "4", *keys)


def said(call: Call) -> str:
    """All that is said in this turn, with its values."""
    return " ".join(" ".join((p.key, *p.values.values())) for p in call.turn.prompts)


def told(house: House, ticket: Ticket) -> list[tuple[str, str]]:
    """What the receivers are told of this ticket: to whom, and what."""
    found = list_deliveries(house.engine, reference=ticket.service_request_id)
    return sorted((one.destination, one.event) for one in found)


def now_is(house: House, ticket: Ticket) -> Ticket:
    """The ticket as it is now."""
    (found,) = [t for t in house.tickets() if t.idempotency_key == ticket.idempotency_key]
    return found


# --- whose tickets a caller hears -----------------------------------------------------------------


def test_a_caller_is_offered_what_was_reported_from_their_number_and_is_open(house: House) -> None:
    """The newest first; not what is done, nor what others have reported."""
    old = given(house, "1", days=3)
    new = given(house, "2", "in_progress", days=1)
    for number, status in enumerate(("closed", "fixed", "cancelled", "duplicate")):
        given(house, f"done {number}", status)
    given(house, "3", phone=OTHER, reported_from=OTHER)
    call = followed(house)
    offered = [one["ticket"] for one in choices_of(call.session.answers["own_tickets"])]
    assert offered == [new.service_request_id, old.service_request_id]


def test_a_ticket_is_theirs_who_called_and_not_whose_number_was_keyed(house: House) -> None:
    """Anybody can key a number; the network shows who calls."""
    ticket = given(house, "1", phone=OTHER, reported_from=CALLER)
    given(house, "2", phone=CALLER, reported_from=OTHER)
    given(house, "3", phone=CALLER, reported_from="", caller_id_withheld=False)
    offered = choices_of(followed(house).session.answers["own_tickets"])
    assert [one["ticket"] for one in offered] == [ticket.service_request_id]


def test_a_ticket_of_an_earlier_release_is_theirs_whom_it_has_as_contact(house: House) -> None:
    """It was not written down from where it was reported."""
    ticket = given(house, "1", reported_from=None)
    assert ticket.service_request_id in followed(house).session.answers["own_tickets"]


def test_the_reference_tells_where_it_stands_and_never_whose_it_is(house: House) -> None:
    """Not the name, the number, the place, or the words: to nobody, on no telephone."""
    ticket = given(house, "1", "in_progress", first_name="Amal", last_name="Badr")
    call = followed(house, ticket.service_request_id, caller=OTHER)
    assert [prompt.key for prompt in call.turn.prompts][:2] == ["ticket_status", "ticket_expected"]
    everything = f"{said(call)} {dict(call.session.answers)}"
    for private in ("Amal", "Badr", CALLER[4:], "7421", "23218", "their-own-words"):
        assert private not in everything


def test_a_status_has_the_day_it_is_since_and_the_day_it_is_expected(house: House) -> None:
    """What is done is expected no more."""
    ticket = given(house, "1", "in_progress", days=2)
    values = followed(house, ticket.service_request_id, caller=OTHER).session.answers
    assert values["ticket_since"] == f"gregorian:{NOW - timedelta(days=2):%Y-%m-%d}"
    assert values["ticket_expected"] == f"gregorian:{NOW + timedelta(days=1):%Y-%m-%d}"
    done = given(house, "2", "fixed")
    values = followed(house, done.service_request_id, caller=OTHER).session.answers
    assert (values["ticket_status"], values["ticket_expected"]) == ("fixed", "")


def test_what_the_back_office_makes_of_a_ticket_its_caller_hears(house: House) -> None:
    """In the next call, and in no other words than of any other ticket."""
    ticket = given(house, "1")
    office = Office(house.engine, lambda _ticket, before: before)
    huda = Person("huda", "operator")
    work = Work(huda, ticket.service_request_id, ticket.version, NOW + timedelta(days=1))
    set_status(office, work, "action_scheduled", SERVICES)
    values = followed(house, ticket.service_request_id, caller=OTHER).session.answers
    assert values["ticket_status"] == "action_scheduled"
    assert values["ticket_since"] == f"gregorian:{NOW + timedelta(days=1):%Y-%m-%d}"


def test_a_duplicate_that_its_caller_has_opened_again_repeats_nothing(house: House) -> None:
    """It is worked by itself again, as when the back office opens it."""
    parent, ticket = given(house, "1"), given(house, "2")
    office = Office(house.engine, lambda _ticket, before: before)
    work = Work(Person("huda", "operator"), ticket.service_request_id, ticket.version, NOW)
    merge(office, work, parent.service_request_id)
    call = followed(house, ticket.service_request_id, "2", caller=OTHER)
    assert call.turn.prompts[0].key == "ticket_reopened"
    found = now_is(house, ticket)
    assert (found.status, found.parent_service_request_id) == ("reopen", None)


# --- references that are guessed ------------------------------------------------------------------


def unknown_reference(house: House) -> str:
    """A number with a right check digit that no ticket has."""
    taken = {ticket.service_request_id for ticket in house.tickets()}
    return next(one for one in iter(new_reference, "") if one not in taken)


def guesses(house: House, wrong: int = 3) -> RedisGuesses:
    """As a process has it."""
    return RedisGuesses(house.client(), Breaker(0.0), ReferencePolicy(wrong, 600))


def test_who_guesses_too_often_is_led_to_an_operator_in_the_next_call_too(house: House) -> None:
    """Counted by number, with a right check digit alone; even a right one opens nothing then."""
    ticket = given(house, "1", phone=OTHER, reported_from=OTHER)
    for number in range(3):
        desk = house.desk(guesses=guesses(house))
        call = play(desk, desk.begin(arrival(str(number))), "1", "4", unknown_reference(house))
        assert call.turn.prompts[0].key == "nomatch_reference"
    desk = house.desk(guesses=guesses(house))
    call = play(desk, desk.begin(arrival("9")), "1", "4", ticket.service_request_id)
    assert call.turn.action == Transfer("operators")
    other = play(desk, desk.begin(arrival("10", caller=OTHER)), "1", "4", "1")
    assert other.session.answers["ticket"] == ticket.service_request_id
    assert 0 < house.client().ttl(f"hotline:guesses:{CALLER}") <= 600


def test_a_slip_of_the_finger_is_no_guess(house: House) -> None:
    """Its check digit is wrong. And the same turn, taken twice, is counted once."""
    counted = guesses(house, wrong=1)
    slip = next(str(n) for n in range(123456780, 123456790) if not is_reference(str(n)))
    desk = house.desk(guesses=counted)
    play(desk, desk.begin(arrival()), "1", "4", slip, slip)
    assert not counted.too_many(CALLER)
    counted = guesses(house, wrong=2)
    counted.note(CALLER, "call:7")
    counted.note(CALLER, "call:7")
    assert not counted.too_many(CALLER)
    counted.note(CALLER, "call:8")
    assert counted.too_many(CALLER)
    assert not counted.too_many(None)


@pytest.mark.parametrize("leaving", [(), ("*", "4")])
def test_five_wrong_references_in_a_call_lead_to_an_operator(
    house: House, leaving: tuple[str, ...]
) -> None:
    """Also of who leaves the question and comes back to it."""
    keys = ["111111111", "222222222", *leaving, "333333333", "444444444"]
    assert followed(house, *keys).session.node == "enter_reference"
    call = followed(house, *keys, "555555555")
    assert [prompt.key for prompt in call.turn.prompts] == ["references_wrong", "operator"]


# --- what is said of a ticket ------------------------------------------------------------------


def test_a_note_is_a_new_version_and_the_receiver_is_told(house: House) -> None:
    """With what was said, by its reference; the ticket's own words stay."""
    ticket = given(house, "1")
    call = followed(house, "1", "1")
    desk = house.desk()
    call = play(desk, call, Recorded("note-1", 4000))
    assert call.turn.prompts[0].key == "note_added"
    found = now_is(house, ticket)
    (note,) = found.attributes["notes"]
    assert (note["recording_ref"], note["recording_ms"]) == ("note-1", 4000)
    assert (note["call_id"], found.version) == (call.call_id, 2)
    assert (found.recording_ref, found.status) == ("their-own-words", "open")
    assert told(house, ticket) == [
        ("backoffice", "ticket.opened"),
        ("backoffice", "ticket.updated"),
    ]


def test_two_notes_of_a_call_are_two(house: House) -> None:
    """One that was told twice is one."""
    ticket = given(house, "1")
    desk = house.desk()
    call = play(desk, followed(house, "1", "1"), Recorded("note-1", 4000))
    call = play(desk, call, "1", Recorded("note-2", 2000), HungUp())
    desk.end(call, "hangup")
    house.desk().end(call, "hangup")
    notes = now_is(house, ticket).attributes["notes"]
    assert [note["recording_ref"] for note in notes] == ["note-1", "note-2"]


def test_who_hangs_up_into_a_note_has_noted_it(house: House) -> None:
    """It was recorded, and nothing was pressed."""
    ticket = given(house, "1")
    desk = house.desk()
    call = play(desk, followed(house, "1", "1"), Recorded("note-1", 4000, ""), HungUp())
    desk.end(call, "hangup")
    assert len(now_is(house, ticket).attributes["notes"]) == 1


class Away:
    """A database that does not take changes until it is `back`."""

    def __init__(self, engine: sa.Engine) -> None:
        self.back = False
        self._update = updater(engine)

    def __call__(self, reference: str, change: Change, now: datetime, /) -> Ticket | None:
        """The ticket. Raises OperationalError while it is away."""
        if not self.back:
            raise OperationalError("update", {}, Exception("away"))
        return self._update(reference, change, now)


def test_a_note_waits_on_disk_while_the_database_is_away(house: House) -> None:
    """It is added when that is back, and once."""
    ticket = given(house, "1")
    away = Away(house.engine)
    desk = house.desk(update=away)
    call = play(desk, desk.begin(arrival()), "1", "4", "1", "1", Recorded("note-1", 4000))
    assert call.turn.prompts[0].key == "note_added"
    assert "notes" not in now_is(house, ticket).attributes
    away.back = True
    desk.end(play(desk, call, HungUp()), "hangup")
    made = make_kept(house.open_ticket, house.request_review, away)
    replay_journal(house.engine, house.journal, made)
    assert len(now_is(house, ticket).attributes["notes"]) == 1


@pytest.mark.parametrize(
    ("status", "days", "node", "after"),
    [
        ("closed", 13.9, "ticket_reopened", "reopen"),
        ("no_further_action", 1, "ticket_reopened", "reopen"),
        ("closed", 14.1, "reopen_too_late", "closed"),
        ("in_progress", 90, "ticket_still_open", "in_progress"),
    ],
)
def test_a_ticket_is_opened_again_within_two_weeks_of_its_end(
    house: House, status: str, days: float, node: str, after: str
) -> None:
    """And the receiver is told of that."""
    ticket = given(house, "1", status, days)
    call = followed(house, ticket.service_request_id, "2", caller=OTHER)
    assert call.turn.prompts[0].key == node
    found = now_is(house, ticket)
    assert found.status == after
    changed = node == "ticket_reopened"
    assert found.version == (2 if changed else 1)
    assert (found.status_datetime == NOW) == changed
    again = NOW + timedelta(hours=SERVICES["RD_HOLE"].target_hours)
    assert found.expected_datetime == (again if changed else ticket.expected_datetime)
    assert (("backoffice", "ticket.updated") in told(house, ticket)) == changed


def test_who_has_it_opened_again_hears_a_new_date(house: House) -> None:
    """In the same call: the one before is over."""
    ticket = given(house, "1", "closed", 10)
    call = followed(house, ticket.service_request_id, "2", caller=OTHER)
    assert call.turn.prompts[0].key == "ticket_reopened"
    again = followed(house, ticket.service_request_id, caller=OTHER)
    expected = NOW + timedelta(hours=SERVICES["RD_HOLE"].target_hours)
    assert expected.astimezone(ZoneInfo("Asia/Riyadh")).date().isoformat() in said(again)


def test_a_rating_is_kept_and_may_be_changed(house: House) -> None:
    """The same one again changes nothing."""
    ticket = given(house, "1", "fixed")
    for stars, version in (("5", 2), ("5", 2), ("2", 3)):
        call = followed(house, ticket.service_request_id, "3", stars, caller=OTHER)
        assert call.turn.prompts[0].key == "ticket_rated"
        found = now_is(house, ticket)
        assert (found.satisfaction, found.version) == (int(stars), version)


def test_without_the_database_a_caller_is_led_to_an_operator(house: House) -> None:
    """Told why; what they asked for is not promised."""
    given(house, "1")
    desk = house.desk(update=Away(house.engine))
    call = play(desk, desk.begin(arrival()), "1", "4", "1", "3", "5")
    assert [prompt.key for prompt in call.turn.prompts] == ["update_failed", "operator"]


# --- a complaint about a ticket ------------------------------------------------------------------


def test_a_complaint_is_linked_to_the_ticket_that_it_is_about(house: House) -> None:
    """Filed under its service, and with its departments."""
    ticket = given(house, "1")
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", "2", "1", "1", Recorded("c-1", 3000), "1")
    assert [prompt.key for prompt in call.turn.prompts] == ["complaint_registered", "reference"]
    (complaint,) = [one for one in house.tickets() if one.kind == "complaint"]
    assert complaint.parent_service_request_id == ticket.service_request_id
    assert (complaint.service_code, complaint.recording_ref) == ("RD_HOLE", "c-1")
    assert complaint.agency_responsible == SERVICES["RD_HOLE"].departments
    assert complaint.attributes["complaint"] == "LATE"


def test_a_complaint_about_somebody_has_nothing_of_a_ticket_that_was_looked_at(
    house: House,
) -> None:
    """Who had followed up before in the same call complains of an employee."""
    given(house, "1")
    call = followed(house, "1", "*", "*", "2", "2")
    desk = house.desk()
    play(desk, call, Recorded("c-1", 3000), "1")
    (complaint,) = [one for one in house.tickets() if one.kind == "complaint"]
    assert (complaint.parent_service_request_id, complaint.service_code) == (None, "OTHER")

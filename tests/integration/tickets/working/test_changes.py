"""What a person does to a ticket: status, priority, whose it is; told, noted, never unseen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from people.person import NothingThere
from tests.fixtures.tickets import NOW
from tests.fixtures.working import (
    DEPARTMENTS,
    HUDA,
    LATER,
    OMAR,
    PEOPLE,
    SERVICES,
    changes_of,
    in_status,
    now_of,
    office_of,
    opened,
    work,
)
from tickets.model import STATUSES, UPDATED, Ticket, to_wire
from tickets.outbox import list_deliveries
from tickets.working.assigning import assign
from tickets.working.change import Office, Work
from tickets.working.refusals import (
    CannotMerge,
    ChangeRefused,
    IllegalTransition,
    SeenAnother,
    WrongAssignment,
)
from tickets.working.status import set_priority, set_status
from tickets.working.transitions import TRANSITIONS


def moved(office: Office, ticket: Ticket, status: str) -> Ticket:
    """The ticket, brought to a status."""
    return set_status(office, work(ticket), status, SERVICES)


def test_a_changed_status_is_the_next_version_and_is_told(engine: sa.Engine) -> None:
    """By the same outbox as every other change: whoever has the ticket hears of it."""
    ticket = opened(engine)
    changed = moved(office_of(engine), ticket, "investigating")
    assert (changed.status, changed.version) == ("investigating", 2)
    assert changed.status_datetime == changed.updated_datetime == LATER
    assert now_of(engine, ticket) == changed
    told = [(one.event, one.ticket_version) for one in list_deliveries(engine)]
    assert (UPDATED, 2) in told


def test_a_change_stands_in_the_audit_with_what_was_and_what_is(engine: sa.Engine) -> None:
    """Who, when, which ticket; nothing that its caller has said."""
    ticket = opened(engine, description="beside the school")
    moved(office_of(engine), ticket, "in_progress")
    (line,) = changes_of(engine, ticket)
    assert (line.who, line.role, line.action, line.at) == (
        "huda",
        "operator",
        "ticket_status",
        LATER,
    )
    assert line.details == {
        "before": {"status": "open"},
        "after": {"status": "in_progress"},
        "version": 2,
    }


@pytest.mark.parametrize("before", STATUSES)
def test_every_step_of_the_table_can_be_made_and_no_other(engine: sa.Engine, before: str) -> None:
    """What the table says is what happens, from every status; but for merging, which names two."""
    office = office_of(engine)
    for number, after in enumerate(STATUSES, 1):
        ticket = in_status(engine, before, number)
        if after == before:
            assert moved(office, ticket, after) == ticket
        elif after not in TRANSITIONS[before].to:
            with pytest.raises(IllegalTransition):
                moved(office, ticket, after)
        elif after == "duplicate":
            with pytest.raises(CannotMerge, match="merge it"):
                moved(office, ticket, after)
        else:
            assert moved(office, ticket, after).status == after


def test_what_is_opened_again_is_promised_anew(engine: sa.Engine) -> None:
    """The day before is over: its service's hours are counted from now."""
    ticket = in_status(engine, "fixed")
    changed = moved(office_of(engine), ticket, "reopen")
    assert changed.is_open
    assert changed.expected_datetime == LATER + timedelta(hours=SERVICES["RD_HOLE"].target_hours)
    (line,) = changes_of(engine, ticket)
    assert line.details["after"]["expected_datetime"] == changed.expected_datetime.isoformat()


def test_a_service_that_is_offered_no_more_promises_nothing(engine: sa.Engine) -> None:
    """Its tickets outlive it."""
    ticket = in_status(engine, "closed")
    changed = set_status(office_of(engine), work(ticket), "reopen", {})
    assert changed.expected_datetime is None


def test_nothing_is_written_over_that_was_not_seen(engine: sa.Engine) -> None:
    """Who looked at an earlier version is told so, and the ticket stays as the other made it."""
    office, ticket = office_of(engine), opened(engine)
    changed = moved(office, ticket, "investigating")
    with pytest.raises(SeenAnother, match="has version 2, and you have seen 1") as refused:
        set_priority(office, work(ticket, by=OMAR), "high")
    assert (refused.value.seen, refused.value.version) == (1, 2)
    assert now_of(engine, ticket) == changed
    assert [line.who for line in changes_of(engine, ticket)] == ["huda"]


def test_of_two_who_change_what_both_have_seen_one_is_refused(engine: sa.Engine) -> None:
    """At the same moment, too: one is first, and the other has not seen that."""
    office, ticket = office_of(engine), opened(engine)

    def attempt(priority: str) -> str:
        try:
            return set_priority(office, work(ticket), priority).priority
        except SeenAnother:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(attempt, ["low", "high"] * 4))
    assert sorted(came)[-7:] == ["refused"] * 7
    assert now_of(engine, ticket).version == 2


def test_what_changes_nothing_is_no_version_and_leaves_no_line(engine: sa.Engine) -> None:
    """A form that is sent as it came tells nobody anything."""
    office, ticket = office_of(engine), opened(engine)
    assert set_priority(office, work(ticket), "normal") == ticket
    same = assign(
        office, work(ticket), departments=["roads"], person=None, known=DEPARTMENTS, people=PEOPLE
    )
    assert same == ticket
    assert changes_of(engine, ticket) == []
    assert len(list_deliveries(engine)) == 1


def test_a_priority_is_told_and_noted(engine: sa.Engine) -> None:
    """It may route the ticket elsewhere."""
    ticket = opened(engine)
    changed = set_priority(office_of(engine, "backoffice", "crm"), work(ticket), "high")
    assert changed.priority == "high"
    assert {(one.destination, one.event) for one in list_deliveries(engine)} == {
        ("backoffice", "ticket.opened"),
        ("backoffice", "ticket.updated"),
        ("crm", "ticket.opened"),
    }
    assert changes_of(engine, ticket)[0].details["after"] == {"priority": "high"}


def test_a_ticket_is_given_to_departments_and_a_person(engine: sa.Engine) -> None:
    """Which of our people works it is told to nobody outside."""
    ticket = opened(engine)
    changed = assign(
        office_of(engine),
        work(ticket),
        departments=["lighting", "roads", "lighting"],
        person="omar",
        known=DEPARTMENTS,
        people=PEOPLE,
    )
    assert changed.agency_responsible == ("lighting", "roads")
    assert now_of(engine, ticket).assigned_to == "omar"
    assert "omar" not in str(to_wire(changed))
    (line,) = changes_of(engine, ticket)
    assert line.details["after"] == {
        "agency_responsible": ["lighting", "roads"],
        "assigned_to": "omar",
    }


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"departments": []}, "1 to 10 departments"),
        ({"departments": list("abcdefghijk")}, "1 to 10 departments"),
        ({"departments": ["space"]}, "no such department"),
        ({"departments": ["roads"], "person": ""}, "nobody of this name"),
        ({"departments": ["roads"], "person": "somebody"}, "nobody of this name"),
    ],
)
def test_what_is_no_department_or_no_name_is_refused(
    engine: sa.Engine, given: dict[str, Any], why: str
) -> None:
    """And nothing has changed."""
    ticket = opened(engine)
    with pytest.raises(WrongAssignment, match=why):
        assign(
            office_of(engine),
            work(ticket),
            **{"person": None, "known": DEPARTMENTS, "people": PEOPLE} | given,
        )
    assert now_of(engine, ticket) == ticket


def test_a_department_that_is_there_no_more_may_stay(engine: sa.Engine) -> None:
    """A file that changes takes no ticket from whoever works it."""
    ticket = opened(engine, agency_responsible=("harbour",))
    changed = assign(
        office_of(engine),
        work(ticket),
        departments=["harbour"],
        person="omar",
        known=DEPARTMENTS,
        people=PEOPLE,
    )
    assert (changed.agency_responsible, changed.assigned_to) == (("harbour",), "omar")


@pytest.mark.parametrize("status", ["parked", "", "OPEN"])
def test_an_unknown_status_or_priority_is_refused(engine: sa.Engine, status: str) -> None:
    """With those there are."""
    office, ticket = office_of(engine), opened(engine)
    with pytest.raises(ChangeRefused, match="for_triage"):
        moved(office, ticket, status)
    with pytest.raises(ChangeRefused, match="normal"):
        set_priority(office, work(ticket), status)


def test_a_ticket_that_is_not_there_cannot_be_changed(engine: sa.Engine) -> None:
    """And nothing is noted of it."""
    ticket = opened(engine)
    nowhere = replace(work(ticket), reference="572400002")
    with pytest.raises(NothingThere):
        set_priority(office_of(engine), nowhere, "high")


def test_a_change_that_cannot_be_noted_is_not_made(engine: sa.Engine) -> None:
    """Neither is kept without the other: what the audit refuses has not happened."""
    ticket = opened(engine)
    nobody = Work(replace(HUDA, name="x" * 100), ticket.service_request_id, 1, NOW)
    with engine.begin() as connection:
        connection.exec_driver_sql(_REFUSING[engine.dialect.name])
    try:
        with pytest.raises(sa.exc.DBAPIError):
            set_priority(office_of(engine), nobody, "high")
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(_NO_MORE[engine.dialect.name])
    assert now_of(engine, ticket) == ticket
    assert len(list_deliveries(engine)) == 1


_REFUSING = {
    "sqlite": "CREATE TRIGGER refuse BEFORE INSERT ON blacklist_audit "
    "BEGIN SELECT RAISE(ABORT, 'full'); END",
    "postgresql": "ALTER TABLE blacklist_audit ADD CONSTRAINT refuse CHECK (length(who) < 100) "
    "NOT VALID",
}
_NO_MORE = {
    "sqlite": "DROP TRIGGER refuse",
    "postgresql": "ALTER TABLE blacklist_audit DROP CONSTRAINT refuse",
}


def test_a_moment_without_a_zone_is_refused() -> None:
    """It would be another hour elsewhere."""
    with pytest.raises(ValueError, match="time zone"):
        Work(HUDA, "572400002", 1, datetime(2026, 11, 24, 12))  # noqa: DTZ001 - that is the point

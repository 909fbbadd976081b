"""Two reports of one thing become one, and a duplicate always names the ticket that is worked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.sql import reading
from tests.fixtures.tickets import NOW
from tests.fixtures.working import (
    SERVICES,
    changes_of,
    in_status,
    now_of,
    office_of,
    opened,
    work,
)
from tickets.model import CLOSED_STATUSES, UPDATED, Ticket
from tickets.outbox import list_deliveries
from tickets.working.merging import duplicates_of, merge
from tickets.working.refusals import CannotMerge, IllegalTransition, SeenAnother
from tickets.working.status import set_status


def merged(engine: sa.Engine, ticket: Ticket, parent: Ticket) -> Ticket:
    """The ticket as a duplicate of another, by whoever sees it as it is now."""
    now = now_of(engine, ticket)
    return merge(office_of(engine), work(now), parent.service_request_id)


def test_a_duplicate_names_the_ticket_that_is_worked(engine: sa.Engine) -> None:
    """Its destinations are told, the audit says of which, and the other is as it was."""
    ticket, parent = opened(engine, 1), opened(engine, 2)
    done = merged(engine, ticket, parent)
    assert (done.status, done.parent_service_request_id) == ("duplicate", parent.service_request_id)
    assert now_of(engine, parent) == parent
    told = list_deliveries(engine, reference=ticket.service_request_id)
    assert UPDATED in {one.event for one in told}
    (line,) = changes_of(engine, ticket)
    assert line.details["after"] == {
        "status": "duplicate",
        "parent_service_request_id": parent.service_request_id,
    }


def test_what_repeats_a_duplicate_repeats_its_parent(engine: sa.Engine) -> None:
    """Whatever was one of the ticket's moves along: none names a ticket that nobody works."""
    days = {number: NOW + timedelta(days=number) for number in (1, 2, 3)}
    first, second, third = (opened(engine, number, now=day) for number, day in days.items())
    merged(engine, first, second)
    merged(engine, second, third)
    assert now_of(engine, first).parent_service_request_id == third.service_request_id
    assert [line.action for line in changes_of(engine, first)] == ["ticket_merged"] * 2
    with reading(engine) as connection:
        found = duplicates_of(connection, third.service_request_id)
    assert found == [now_of(engine, first), now_of(engine, second)]


def test_a_parent_that_is_a_duplicate_is_refused_with_the_one_to_name(engine: sa.Engine) -> None:
    """The mend is in the message."""
    first, second, third = (opened(engine, number) for number in (1, 2, 3))
    merged(engine, first, second)
    with pytest.raises(CannotMerge, match=f"merge with {second.service_request_id}"):
        merged(engine, third, first)
    assert now_of(engine, third) == third


@pytest.mark.parametrize("status", CLOSED_STATUSES)
def test_nothing_is_merged_with_what_has_ended(engine: sa.Engine, status: str) -> None:
    """Nobody would work it any more, and its caller would wait for ever."""
    ticket, parent = opened(engine, 1), in_status(engine, status, 2)
    with pytest.raises(CannotMerge):
        merged(engine, ticket, parent)
    assert now_of(engine, ticket) == ticket


def test_what_has_ended_is_no_duplicate_of_anything(engine: sa.Engine) -> None:
    """It is only opened again, as the table of statuses says."""
    ticket, parent = in_status(engine, "fixed", 1), opened(engine, 2)
    with pytest.raises(IllegalTransition):
        merged(engine, ticket, parent)


def test_a_ticket_repeats_neither_itself_nor_what_is_not_there(engine: sa.Engine) -> None:
    """A slip of the keyboard changes nothing."""
    ticket = opened(engine)
    with pytest.raises(CannotMerge, match="itself"):
        merged(engine, ticket, ticket)
    with pytest.raises(CannotMerge, match="no ticket"):
        merge(office_of(engine), work(ticket), "572400002")
    assert now_of(engine, ticket) == ticket


def test_a_report_is_no_duplicate_of_its_own_complaint(engine: sa.Engine) -> None:
    """However many there are between them: no ticket stands above itself."""
    report = opened(engine, 1)
    about = {"kind": "complaint", "parent_service_request_id": report.service_request_id}
    complaint = opened(engine, 2, **about)
    again = opened(
        engine, 3, kind="complaint", parent_service_request_id=complaint.service_request_id
    )
    for below in (complaint, again):
        with pytest.raises(CannotMerge, match="the other way round"):
            merged(engine, report, below)
    assert now_of(engine, report) == report


def test_a_complaint_that_is_opened_again_is_about_its_report_again(engine: sa.Engine) -> None:
    """A merge that was a mistake can be taken back."""
    report = opened(engine, 1)
    about = {"kind": "complaint", "parent_service_request_id": report.service_request_id}
    complaint, other = opened(engine, 2, **about), opened(engine, 3, **about)
    done = merged(engine, complaint, other)
    again = set_status(office_of(engine), work(done), "reopen", SERVICES)
    assert again.parent_service_request_id == report.service_request_id
    assert again.attributes == complaint.attributes
    plain = merged(engine, opened(engine, 4), other)
    again = set_status(office_of(engine), work(plain), "reopen", SERVICES)
    assert again.parent_service_request_id is None


def test_a_ticket_that_was_changed_meanwhile_is_not_merged(engine: sa.Engine) -> None:
    """Nothing is written over that was not seen."""
    ticket, parent = opened(engine, 1), opened(engine, 2)
    set_status(office_of(engine), work(ticket), "investigating", SERVICES)
    with pytest.raises(SeenAnother):
        merge(office_of(engine), work(ticket), parent.service_request_id)


def test_two_who_merge_two_tickets_both_ways_leave_one_that_is_worked(engine: sa.Engine) -> None:
    """At the same moment: the second sees what the first has done, and neither waits for ever."""
    for number in range(1, 12, 2):
        one, other = opened(engine, number), opened(engine, number + 1)

        def attempt(pair: tuple[Ticket, Ticket]) -> bool:
            try:
                merge(office_of(engine), work(pair[0]), pair[1].service_request_id)
            except CannotMerge:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            came = list(pool.map(attempt, [(one, other), (other, one)]))
        assert sorted(came) == [False, True]
        assert sorted(now_of(engine, each).is_open for each in (one, other)) == [False, True]

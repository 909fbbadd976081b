"""Which status may follow which: the whole table, by what it promises."""

import pytest

from tickets.model import CLOSED_STATUSES, OPEN_STATUSES, STATUSES
from tickets.working.refusals import IllegalTransition
from tickets.working.transitions import TRANSITIONS, require_transition

PAIRS = [(before, after) for before in STATUSES for after in STATUSES]
DONE = {"fixed", "closed"}


def test_the_table_has_every_status_and_names_no_other() -> None:
    """A status that is added must be given its place, and a reason for it."""
    assert set(TRANSITIONS) == set(STATUSES)
    for status, step in TRANSITIONS.items():
        assert step.why
        assert set(step.to) <= set(STATUSES) - {status}
        assert len(set(step.to)) == len(step.to) > 0


@pytest.mark.parametrize("status", CLOSED_STATUSES)
def test_what_has_ended_is_only_opened_again(status: str) -> None:
    """Whoever reported it may have been told of its end."""
    assert TRANSITIONS[status].to == ("reopen",)


def test_what_is_opened_again_goes_on_as_what_is_new() -> None:
    """Somebody says that it was not done: it begins anew."""
    assert TRANSITIONS["reopen"] == TRANSITIONS["open"]


@pytest.mark.parametrize("status", ["open", "reopen", "for_triage"])
def test_nothing_is_done_that_nobody_has_looked_into(status: str) -> None:
    """A citizen is not told that it is fixed by somebody who has only sorted it."""
    assert not DONE & set(TRANSITIONS[status].to)


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_whatever_is_open_may_come_to_an_end(status: str) -> None:
    """No ticket stands where no way leads out; and none but an ended one is opened again."""
    assert set(TRANSITIONS[status].to) & set(CLOSED_STATUSES)
    assert "reopen" not in TRANSITIONS[status].to
    reached, ahead = {status}, [status]
    while ahead:
        ahead = [one for before in ahead for one in TRANSITIONS[before].to if one not in reached]
        reached.update(ahead)
    assert reached >= DONE


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_refusal_names_what_may_follow(before: str, after: str) -> None:
    """Every pair of statuses is either a step of the table or refused with the steps there are."""
    if after in TRANSITIONS[before].to:
        require_transition(before, after)
        return
    with pytest.raises(IllegalTransition) as refused:
        require_transition(before, after)
    assert refused.value.may == TRANSITIONS[before].to
    assert all(one in str(refused.value) for one in TRANSITIONS[before].to)


def test_a_status_that_nobody_knows_leads_nowhere() -> None:
    """One of a later release, or of a hand in the database, is left to whoever knows it."""
    with pytest.raises(IllegalTransition, match="nothing may follow it"):
        require_transition("parked", "open")

"""Redress: a request with a deadline, accepted or refused by a person who says why."""

from datetime import timedelta

import pytest

from blacklist.record.fields import Review
from blacklist.record.limits import Wanted
from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import count_due, list_reviews, open_review
from people.person import NotAllowed, NothingThere
from store.sql import reading
from tests.fixtures.record import AMAL, BADR, HIND, NUMBER, SALEM, Clock


def asks(register: BlacklistRegister, call: str = "c1") -> Review:
    """The caller asks for review."""
    return open_review(
        register.engine,
        number=NUMBER,
        call_id=call,
        recording_ref="r1.wav",
        now=register.now(),
        answer_within=timedelta(seconds=register.policy.reviews.answer_seconds),
    )


def test_a_request_has_a_deadline_and_is_due_after_it(
    register: BlacklistRegister, clock: Clock
) -> None:
    """It is listed at once, and as due once its time is over."""
    asked = asks(register)
    assert asked.due_at == clock.now + timedelta(days=3)
    with reading(register.engine) as connection:
        assert list_reviews(connection, clock.now) == [asked]
        assert list_reviews(connection, clock.now, only="due") == []
        assert count_due(connection, clock.now) == 0
        clock.forward(days=3)
        assert list_reviews(connection, clock.now, only="due") == [asked]
        assert count_due(connection, clock.now) == 1


def test_one_request_of_a_number_waits_at_a_time(register: BlacklistRegister, clock: Clock) -> None:
    """Asking again keeps the first deadline; the audit has every recording, each once."""
    first = asks(register)
    clock.forward(hours=1)
    assert asks(register) == first
    assert asks(register, "c2") == first
    assert [c.details["call"] for c in register.history(NUMBER)] == ["c2", "c1"]


def test_accepting_lifts_the_block_and_the_strikes_behind_it(
    register: BlacklistRegister, clock: Clock
) -> None:
    """The number is as if nothing had been; the audit still knows."""
    for person in (AMAL, BADR, HIND):
        register.strike(NUMBER, by=person, reason="abuse")
        clock.forward(minutes=1)
    standing = register.standing(NUMBER).entry
    assert standing is not None
    assert standing.disposition == "voicemail"
    done = register.decide_review(asks(register).id, accept=True, why="", by=SALEM)
    assert (done.state, done.decided_by) == ("accepted", "salem")
    after = register.standing(NUMBER)
    assert (after.entry, after.strikes) == (None, ())
    assert list(register.index.entries()) == []
    assert [c.action for c in register.history(NUMBER)][:3] == [
        "strikes_lifted",
        "review",
        "review_accepted",
    ]


def test_refusing_keeps_the_block_and_records_why(register: BlacklistRegister) -> None:
    """A decided request cannot be decided again; the caller may ask anew."""
    register.add(NUMBER, Wanted("abuse", days=3), by=SALEM)
    asked = asks(register)
    with pytest.raises(ValueError, match="why"):
        register.decide_review(asked.id, accept=False, why=" ", by=SALEM)
    done = register.decide_review(asked.id, accept=False, why="heard again", by=SALEM)
    assert (done.state, done.why) == ("refused", "heard again")
    assert register.standing(NUMBER).entry is not None
    with pytest.raises(NothingThere):
        register.decide_review(asked.id, accept=True, why="", by=SALEM)
    assert asks(register, "c9").id != asked.id


def test_an_operator_decides_no_review(register: BlacklistRegister) -> None:
    """Who struck is not who judges."""
    asked = asks(register)
    with pytest.raises(NotAllowed):
        register.decide_review(asked.id, accept=True, why="", by=AMAL)

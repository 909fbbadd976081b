"""What the dialog is told of a call before its first prompt."""

from datetime import UTC, datetime, timedelta

import pytest

from blacklist.numbers import CallerNumber
from blacklist.verdict import DISPOSITIONS, Disposition, Verdict
from call_handlers.given import CHALLENGE_DIGITS, days_left, draw_digit, given_answers

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def given(disposition: Disposition) -> dict[str, str]:
    """What a Saudi mobile under this verdict begins with."""
    number = CallerNumber("+966501234567", "full")
    until = NOW + timedelta(days=2, hours=1)
    verdict = Verdict(disposition, until=until)
    return given_answers(number, verdict, now=NOW.timestamp(), digit="4", kept_days=365)


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_only_who_is_held_back_waits_last(disposition: Disposition) -> None:
    """Low priority, and a challenge that was passed; nobody else."""
    last = given(disposition).get("queue") == "last"
    assert last == (disposition in ("low_priority", "challenge"))


def test_only_a_challenged_caller_has_a_digit_to_press() -> None:
    """And it is theirs."""
    assert given("challenge")["challenge"] == "4"
    assert "challenge" not in given("allow")
    assert given("allow") == {"contact": "0501234567", "days": "3", "kept_days": "365"}


def test_the_digit_is_neither_the_operator_nor_emergency() -> None:
    """Any of the others may come."""
    drawn = {draw_digit() for _ in range(500)}
    assert drawn == set(CHALLENGE_DIGITS)
    assert not drawn & {"0", "9"}


@pytest.mark.parametrize(
    ("until", "days"),
    [(None, "1"), (timedelta(0), "1"), (timedelta(days=1), "1"), (timedelta(days=7.1), "8")],
)
def test_begun_days_are_counted(until: timedelta | None, days: str) -> None:
    """A restriction that ends tonight is still one of a day."""
    verdict = Verdict("block", until=None if until is None else NOW + until)
    assert days_left(verdict, NOW.timestamp()) == days

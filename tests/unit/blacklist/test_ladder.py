"""Strikes: who counts, when they are forgotten, and what they come to."""

from datetime import UTC, datetime, timedelta

import pytest

from blacklist.ladder import Measure, Strike, counted, measures, step_reached
from people.person import Role
from tests.fixtures.screening import default_policy

POLICY = default_policy().strikes
START = datetime(2026, 11, 1, 8, tzinfo=UTC)


def strike(days: float, operator: str = "huda", role: Role = "operator") -> Strike:
    """A strike so many days after the start."""
    return Strike(START + timedelta(days=days), operator, "harassment", role)


def at(days: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=days)


def test_one_operator_counts_once_a_day() -> None:
    """However often they note it; another operator counts as well."""
    strikes = [strike(0), strike(0.2), strike(0.9), strike(0.3, "saad"), strike(1)]
    live = counted(strikes, POLICY, at(2))
    assert [(s.at, s.operator) for s in live] == [
        (at(0), "huda"),
        (at(0.3), "saad"),
        (at(1), "huda"),
    ]


def test_a_telephone_counts_as_the_person_who_struck_by_name() -> None:
    """The first two that meet within the day are a pair from then on; other telephones are not."""
    tel, other = "extension op-1", "extension op-2"
    strikes = [
        strike(0, tel),
        strike(0.1),
        strike(0.2, other),
        strike(1, "HUDA "),
        strike(1.5, tel),
    ]
    live = counted(strikes, POLICY, at(3))
    assert [(s.at, s.operator) for s in live] == [
        (at(0), tel),
        (at(0.2), other),
        (at(1), "HUDA "),
    ]


def test_a_telephone_and_a_name_on_other_days_count_and_are_no_two_people() -> None:
    """Three strikes of one man who uses both: each counts, and voicemail needs another person."""
    strikes = [strike(0, "extension op-1"), strike(2), strike(4, "extension op-1")]
    assert len(counted(strikes, POLICY, at(5))) == 3
    step = step_reached(strikes, POLICY)
    assert step is not None
    assert step.disposition == "challenge"
    step = step_reached([*strikes, strike(5, "saad")], POLICY)
    assert step is not None
    assert step.disposition == "voicemail"


def test_a_strike_is_forgotten_after_thirty_days() -> None:
    """To the second; what is yet to come does not count either."""
    assert len(counted([strike(0)], POLICY, at(30) - timedelta(seconds=1))) == 1
    assert counted([strike(0)], POLICY, at(30)) == ()
    assert counted([strike(5)], POLICY, at(4)) == ()


@pytest.mark.parametrize(
    ("strikes", "reached"),
    [
        ([], None),
        ([strike(0)], "warn"),
        ([strike(0), strike(1)], "challenge"),
        ([strike(0), strike(1), strike(2)], "challenge"),
        ([strike(0), strike(1), strike(2, "saad")], "voicemail"),
        ([strike(0), strike(1), strike(2, "saad"), strike(3)], "voicemail"),
        ([strike(0), strike(1), strike(2, "saad"), strike(3, "noura", "supervisor")], "block"),
        ([strike(0), strike(1), strike(2), strike(3, "noura", "manager")], "block"),
        ([strike(0, "noura", "supervisor"), strike(1), strike(2), strike(3)], "voicemail"),
    ],
)
def test_each_step_needs_its_people(strikes: list[Strike], reached: str | None) -> None:
    """Three by one operator are no voicemail; a block is the newest strike's supervisor's."""
    step = step_reached(strikes, POLICY)
    assert (step and step.disposition) == reached


def test_strikes_come_to_measures_that_end() -> None:
    """The second brings a challenge for a day, and a warning goes on for its month."""
    assert measures([strike(0)], POLICY, at(1)) == (
        Measure("warn", "harassment", at(30), "1 strikes"),
    )
    both = measures([strike(0), strike(3)], POLICY, at(3))
    assert both == (
        Measure("challenge", "harassment", at(4), "2 strikes"),
        Measure("warn", "harassment", at(30), "1 strikes"),
    )
    assert [m.disposition for m in measures([strike(0), strike(3)], POLICY, at(5))] == ["warn"]
    assert measures([strike(0), strike(3)], POLICY, at(40)) == ()


def test_strikes_alone_are_never_more_than_a_challenge() -> None:
    """Voicemail and blocks are entries, with evidence and review, that a person makes."""
    many = [strike(day, f"operator{day}", "manager") for day in range(10)]
    assert {m.disposition for m in measures(many, POLICY, at(9))} <= {"warn", "challenge"}

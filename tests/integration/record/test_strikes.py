"""What strikes come to, as the policy has it."""

from datetime import timedelta
from typing import Any

import pytest

from blacklist.entry import EntryRefused
from blacklist.record.limits import Wanted
from blacklist.record.register import BlacklistRegister
from people.person import Person
from tests.fixtures.record import AMAL, BADR, HIND, LINE, MAHA, NUMBER, OTHER, SALEM, Clock
from tests.fixtures.recorded import Kept, keep_calls


def step(register: BlacklistRegister, by: Person, **more: Any) -> tuple[str, int]:
    """Strike, and say what that comes to: a disposition and hours."""
    done = register.strike(NUMBER, by=by, reason="harassment", **more)
    assert done.step is not None
    return done.step.disposition, done.step.seconds // 3600


def test_the_ladder_is_climbed_strike_by_strike(register: BlacklistRegister, clock: Clock) -> None:
    """A warning, a challenge, voicemail, and with a supervisor a block, each for its time."""
    assert step(register, AMAL) == ("warn", 720)
    clock.forward(hours=1)
    assert step(register, BADR) == ("challenge", 24)
    assert register.standing(NUMBER).entry is None
    clock.forward(hours=1)
    assert step(register, HIND) == ("voicemail", 168)
    entry = register.standing(NUMBER).entry
    assert entry is not None
    assert (entry.disposition, entry.source, entry.who) == ("voicemail", "strikes", "hind")
    clock.forward(hours=1)
    assert step(register, SALEM, call_id="c4", recording="r4.wav") == ("block", 720)
    entry = register.standing(NUMBER).entry
    assert entry is not None
    assert (entry.disposition, entry.until) == ("block", clock.now + timedelta(days=30))
    assert (entry.calls, entry.recordings) == (("c4",), ("r4.wav",))


def test_an_operator_counts_once_a_day_and_the_audit_keeps_all(
    register: BlacklistRegister, clock: Clock
) -> None:
    """One angry operator cannot climb the ladder alone in an afternoon."""
    assert register.strike(NUMBER, by=AMAL, reason="abuse").counted
    for _ in range(3):
        clock.forward(hours=1)
        again = register.strike(NUMBER, by=AMAL, reason="abuse")
        assert (again.counted, again.live, again.entry) == (False, 1, None)
    clock.forward(days=1)
    assert register.strike(NUMBER, by=AMAL, reason="abuse").live == 2
    assert len([c for c in register.history(NUMBER) if c.action == "strike"]) == 5


def test_one_operator_alone_never_sends_to_voicemail(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Three strikes need two people."""
    for _ in range(5):
        done = register.strike(NUMBER, by=AMAL, reason="abuse")
        clock.forward(days=1, minutes=1)
    assert done.live == 5
    assert done.step is not None
    assert done.step.disposition == "challenge"
    assert register.standing(NUMBER).entry is None


def test_one_person_by_telephone_token_and_command_is_one(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Three strikes of one man, each by another way, send nobody to voicemail; a second does."""
    ways = ("extension op-1", "amal", "Amal, extension op-7", " AMAL ", "extension op-1")
    for name in ways:
        done = register.strike(NUMBER, by=Person(name, "operator"), reason="abuse")
        clock.forward(hours=2)
    assert (done.live, done.counted) == (1, False)
    for name in ways:
        clock.forward(days=2)
        done = register.strike(NUMBER, by=Person(name, "operator"), reason="abuse")
    assert done.live == 6
    assert done.step is not None
    assert done.step.disposition == "challenge"
    assert register.standing(NUMBER).entry is None
    assert step(register, BADR) == ("voicemail", 168)


def test_operators_alone_never_block(register: BlacklistRegister, clock: Clock) -> None:
    """The fourth strike blocks only by a supervisor."""
    for person in (AMAL, BADR, HIND, Person("ruba", "operator"), Person("sami", "operator")):
        step_now = step(register, person)
        clock.forward(hours=1)
    assert step_now == ("voicemail", 168)


def test_strikes_decay(register: BlacklistRegister, clock: Clock) -> None:
    """After thirty days a strike is as if it had not been."""
    step(register, AMAL)
    clock.forward(days=30, seconds=1)
    assert register.standing(NUMBER).strikes == ()
    assert step(register, BADR) == ("warn", 720)


def test_a_threat_blocks_for_six_months_when_a_manager_says_so(
    register: BlacklistRegister, clock: Clock
) -> None:
    """And somebody looks again before its end."""
    assert step(register, SALEM, threat=True) == ("warn", 720)
    assert step(register, MAHA, threat=True) == ("block", 183 * 24)
    entry = register.standing(NUMBER).entry
    assert entry is not None
    assert entry.until == clock.now + timedelta(days=183)
    assert entry.review_at is not None
    assert clock.now < entry.review_at < entry.until


def test_a_number_that_was_blocked_before_is_a_repeat(
    register: BlacklistRegister, clock: Clock
) -> None:
    """A first strike by a manager brings the long block after an earlier one ran out."""
    register.add(NUMBER, Wanted("abuse", days=1), by=SALEM)
    clock.forward(days=2)
    assert step(register, MAHA) == ("block", 183 * 24)


def test_a_block_that_was_lifted_makes_no_repeat(register: BlacklistRegister) -> None:
    """It was a mistake."""
    register.add(NUMBER, Wanted("abuse", days=1), by=SALEM)
    register.remove(NUMBER, by=SALEM, why="wrong number")
    assert step(register, MAHA) == ("warn", 720)


def test_strikes_never_soften_what_a_person_decided(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Three strikes under a long block leave the block."""
    block = register.add(NUMBER, Wanted("abuse", days=90), by=MAHA)
    for person in (AMAL, BADR, HIND):
        done = register.strike(NUMBER, by=person, reason="abuse")
        clock.forward(minutes=1)
    assert done.entry is None
    standing = register.standing(NUMBER).entry
    assert standing is not None
    assert standing.id == block.id


@pytest.mark.parametrize("raw", ["940", "911", "anonymous", "", "05", LINE, "0501234567\x00\n;9"])
def test_nobody_is_struck_who_is_no_caller(register: BlacklistRegister, raw: str) -> None:
    """The city, its partners and withheld callers cannot be struck."""
    with pytest.raises(EntryRefused):
        register.strike(raw, by=AMAL, reason="abuse")


def test_a_reason_must_be_one_of_the_misuses(register: BlacklistRegister) -> None:
    """Dislike is none."""
    with pytest.raises(EntryRefused, match="reason"):
        register.strike(NUMBER, by=AMAL, reason="dislike")


def test_strikes_weigh_nothing_against_calls_that_were_served(
    register: BlacklistRegister, clock: Clock
) -> None:
    """A parent's two reports outweigh a child's three strikes but for a warning.

    A call that was struck, one without a ticket and one of long ago outweigh nothing.
    """
    keep_calls(
        register.engine,
        [
            Kept(NUMBER, clock.now - timedelta(days=80), ticket=True),
            Kept(NUMBER, clock.now - timedelta(days=2), ticket=True),
            Kept(NUMBER, clock.now - timedelta(days=1)),
            Kept(NUMBER, clock.now - timedelta(days=91), ticket=True),
            Kept(OTHER, clock.now - timedelta(days=1), ticket=True),
        ],
    )
    steps = []
    for by in (AMAL, BADR, HIND):
        steps.append(register.strike(NUMBER, by=by, reason="harassment").step)
        clock.forward(hours=1)
    assert [step and step.disposition for step in steps] == [None, None, "warn"]
    assert register.standing(NUMBER).entry is None
    told = [change.details["served"] for change in register.history(NUMBER)]
    assert told == [2, 2, 2]


def test_a_struck_call_earns_its_number_nothing(register: BlacklistRegister, clock: Clock) -> None:
    """Who sends a false report has not been served."""
    keep_calls(
        register.engine,
        [Kept(NUMBER, clock.now - timedelta(days=2), ticket=True, operator="amal")],
    )
    done = register.strike(NUMBER, by=BADR, reason="false_report")
    assert done.step is not None
    assert done.step.disposition == "challenge"

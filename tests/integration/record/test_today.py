"""What a shift looks at first: the day as the city has it, the week, and what is due."""

from datetime import timedelta

from blacklist.record.limits import Wanted
from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import open_review
from blacklist.record.today import Figures, Today, figures_of_today, look_at_today
from tests.fixtures.record import AMAL, BADR, MAHA, NUMBER, OTHER, RIYADH, Clock
from tests.fixtures.recorded import Kept, keep_calls


def today(register: BlacklistRegister, limit: int = 20) -> Today:
    """How it stands now."""
    return look_at_today(register.engine, register.now(), RIYADH, register.met, limit=limit)


def test_who_met_a_measure_since_midnight_is_told(
    register: BlacklistRegister, clock: Clock
) -> None:
    """The day is the city's: an hour before its midnight was yesterday. Who passed is not there."""
    midnight = today(register).since
    assert midnight.astimezone(RIYADH).hour == 0
    later = midnight + timedelta(minutes=5)
    clock.now = midnight + timedelta(hours=9)
    keep_calls(
        register.engine,
        [
            Kept(NUMBER, midnight - timedelta(hours=1), verdict="block"),
            *[Kept(NUMBER, later, verdict="block")] * 3,
            Kept(OTHER, later, verdict="warn"),
            Kept(OTHER, later),
        ],
    )
    told = [(met.number, met.disposition, met.calls) for met in today(register).met]
    assert told == [(NUMBER, "block", 3), (OTHER, "warn", 1)]
    assert [met.number for met in today(register, limit=1).met] == [NUMBER]


def test_who_is_held_and_who_struck_is_told(register: BlacklistRegister, clock: Clock) -> None:
    """What stands is counted by what it does; strikes of a week by who gave them."""
    register.strike(OTHER, by=BADR, reason="abuse")
    clock.forward(days=8)
    for by, number in ((AMAL, NUMBER), (AMAL, OTHER), (BADR, NUMBER)):
        register.strike(number, by=by, reason="silent_call")
    register.add(NUMBER, Wanted("abuse"), by=MAHA)
    register.allow("+966500000001", by=MAHA)
    found = today(register)
    assert found.standing == {"allow": 1, "block": 1}
    assert [entry.subject for entry in found.held] == [NUMBER]
    told = [(one.operator, one.strikes, one.numbers) for one in found.strikers]
    assert told == [("amal", 2, 2), ("badr", 1, 1)]


def test_reviews_are_due_until_the_day_is_over(register: BlacklistRegister, clock: Clock) -> None:
    """Those of tomorrow are not yet; those of yesterday are, and dates that people set."""
    ahead = timedelta(days=2)
    open_review(
        register.engine,
        number=NUMBER,
        call_id="c",
        recording_ref="",
        now=register.now(),
        answer_within=ahead,
    )
    register.add(OTHER, Wanted("abuse"), by=MAHA, review_at=register.now() + ahead)
    assert (today(register).reviews, today(register).entries) == ([], [])
    assert figures(register) == Figures(restricted=1, reviews=0)
    for _ in range(2):
        clock.forward(days=2)
        found = today(register)
        assert [review.number for review in found.reviews] == [NUMBER]
        assert [entry.subject for entry in found.entries] == [OTHER]
        assert figures(register).reviews == 1


def figures(register: BlacklistRegister) -> Figures:
    """The same in numbers."""
    return figures_of_today(register.engine, register.now(), RIYADH)

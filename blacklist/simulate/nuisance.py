"""Callers who waste the centre's time. Each function gives a day's calls of one kind."""

from collections.abc import Iterator
from datetime import UTC, datetime

from blacklist.replay.history import PastCall
from blacklist.simulate.city import FRIDAY, SATURDAY
from blacklist.simulate.day import HOUR_S, Day, number

_THURSDAY = FRIDAY - 1
_FLOOD_NUMBERS = 1_000_000
_ROTATED_NUMBERS = 1_500_000


def pranks(day: Day) -> Iterator[PastCall]:
    """An evening's amusement: a few calls, minutes apart."""
    city = day.city
    chance = 1 / 3 if day.weekday in (_THURSDAY, FRIDAY, SATURDAY) else 1 / 5
    for index in range(day.scaled(city.pranksters)):
        if not day.happens(chance):
            continue
        caller = "" if day.happens(city.prank_withheld) else number("prank", index)
        at = day.between(15, 25)
        while True:
            yield PastCall(at, caller, "nuisance", "prank", "", day.operator(city.prank_struck))
            if day.happens(1 / city.prank_calls):
                break
            at += 20 + day.minutes(3, 0.8)


def harassers(day: Day) -> Iterator[PastCall]:
    """Grown-ups who insult the operators, night after night."""
    city = day.city
    for index in range(day.scaled(city.harassers)):
        if day.happens(0.6):
            for _ in range(day.poisson(city.harasser_calls)):
                striker = day.operator(city.harasser_struck)
                caller = number("harassment", index)
                yield PastCall(day.between(20, 27), caller, "nuisance", "harassment", "", striker)


def floods(day: Day) -> Iterator[PastCall]:
    """One number that calls without end, by machine or by hand."""
    city = day.city
    for _ in range(day.poisson(city.floods * day.scale)):
        hidden = day.happens(city.flood_withheld)
        caller = "" if hidden else number("flood", day.rng.randrange(_FLOOD_NUMBERS))
        machine = day.happens(0.5)
        every, longest, least = (30, 6, 5) if machine else (120, 3, 25)
        at = day.any_time()
        ends = at + day.rng.uniform(0.5, longest) * HOUR_S
        name = _name("f", at)
        while at < ends:
            yield PastCall(at, caller, "nuisance", "flood", name, day.operator(city.flood_struck))
            at += least + day.rng.expovariate(1 / (every - least))


def rotations(day: Day) -> Iterator[PastCall]:
    """A machine that shows another number with every call, out of a stock of them."""
    city = day.city
    for _ in range(day.poisson(city.rotations * day.scale)):
        stock = round(30 * 10 ** day.rng.random())
        first = day.rng.randrange(_ROTATED_NUMBERS)
        at = day.any_time()
        ends = at + day.rng.uniform(1, 3) * HOUR_S
        name = _name("r", at)
        while at < ends:
            caller = number("rotation", first + day.rng.randrange(stock))
            striker = day.operator(city.flood_struck)
            yield PastCall(at, caller, "nuisance", "rotation", name, striker)
            at += 5 + day.rng.expovariate(1 / 15)


def _name(letter: str, at: float) -> str:
    return f"{letter}-{datetime.fromtimestamp(at, UTC):%m%dT%H%M%S}"

"""Callers who waste the centre's time. Each function gives a day's calls of one kind."""

from collections.abc import Iterator
from datetime import UTC, datetime

from blacklist.replay.history import PastCall
from lab.simulate.city import FRIDAY, SATURDAY
from lab.simulate.day import HOUR_S, Day
from lab.simulate.network import Line

_THURSDAY = FRIDAY - 1
_FLOOD_NUMBERS = 1_000_000


def pranks(day: Day) -> Iterator[PastCall]:
    """An evening's amusement: a few calls, minutes apart."""
    city = day.city
    chance = 1 / 3 if day.weekday in (_THURSDAY, FRIDAY, SATURDAY) else 1 / 5
    for index in range(day.scaled(city.pranksters)):
        if not day.happens(chance):
            continue
        line = day.network.line("prank", index)
        line = day.withheld(line) if day.happens(city.prank_withheld) else line
        at = day.between(15, 25)
        while True:
            yield day.nuisance(at, line, "prank", city.prank_struck, served=city.prank_served)
            if day.happens(1 / city.prank_calls):
                break
            at += 20 + day.minutes(3, 0.8)


def harassers(day: Day) -> Iterator[PastCall]:
    """Grown-ups who insult the operators, night after night."""
    city = day.city
    for index in range(day.scaled(city.harassers)):
        if day.happens(0.6):
            line = day.network.line("harassment", index)
            for _ in range(day.poisson(city.harasser_calls)):
                yield day.nuisance(day.between(20, 27), line, "harassment", city.harasser_struck)


def floods(day: Day) -> Iterator[PastCall]:
    """One number that calls without end, by machine or by hand."""
    city = day.city
    for _ in range(day.poisson(city.floods * day.scale)):
        machine = day.happens(0.5)
        lines = _flooding(day, machine)
        every, longest, least = (30, 6, 5) if machine else (120, 3, 25)
        at = day.any_time()
        ends = at + day.rng.uniform(0.5, longest) * HOUR_S
        name = _name("f", at)
        while at < ends:
            line = day.rng.choice(lines)
            yield day.nuisance(at, line, "flood", city.flood_struck, flood=name)
            at += least + day.rng.expovariate(1 / (every - least))


def _flooding(day: Day, machine: bool) -> tuple[Line, ...]:
    city = day.city
    if day.happens(city.flood_shared):
        line = day.network.line("shared_line", day.rng.randrange(day.scaled(city.shared_lines)))
        return (line,)
    line = day.network.line("flood", day.rng.randrange(_FLOOD_NUMBERS))
    hides = day.happens(city.flood_withheld)
    if not machine:
        return (day.withheld(line) if hides else line,)
    lines = day.network.machine(day.rng, line.number)
    return tuple(line.withheld(False) for line in lines) if hides else lines


def rotations(day: Day) -> Iterator[PastCall]:
    """A machine that shows another number with every call, out of a stock of them."""
    city = day.city
    for _ in range(day.poisson(city.rotations * day.scale)):
        stock = day.network.spoofing(day.rng, round(30 * 10 ** day.rng.random()))
        at = day.any_time()
        ends = at + day.rng.uniform(1, 3) * HOUR_S
        name = _name("r", at)
        while at < ends:
            line = day.rng.choice(stock)
            yield day.nuisance(at, line, "rotation", city.flood_struck, flood=name)
            at += 5 + day.rng.expovariate(1 / 15)


def _name(letter: str, at: float) -> str:
    return f"{letter}-{datetime.fromtimestamp(at, UTC):%m%dT%H%M%S}"

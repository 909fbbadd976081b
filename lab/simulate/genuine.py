"""Callers who want something of the city. Each function gives a day's calls of one kind."""

import math
from collections.abc import Iterator

from blacklist.replay.history import PastCall
from lab.simulate.city import HOURS, WEEKDAYS
from lab.simulate.day import DAY_S, HOUR_S, Day
from lab.simulate.network import Line

_HOURS_MEAN = sum(HOURS) / len(HOURS)


def hour_of_citizens(day: Day, hour: int) -> Iterator[PastCall]:
    """The matters that ordinary citizens begin in this hour, with all the calls they cause."""
    city = day.city
    rate = city.matters_a_day * day.scale * WEEKDAYS[day.weekday] * HOURS[hour] / _HOURS_MEAN / 24
    for _ in range(day.poisson(rate)):
        yield from matter(day, day.between(hour, hour + 1), _citizen(day), "citizen")


def matter(day: Day, at: float, line: Line, kind: str) -> Iterator[PastCall]:
    """A citizen's calls about one matter: the first, tries after a call that failed, follow-ups."""
    city = day.city
    again, median, spread = city.again, 5.0, 1.0
    if day.happens(city.redialling):
        again, median, spread = city.redialling_again, 1.0, 0.6
    elif day.happens(city.impatient):
        again, median = city.impatient_again, 3.0
    while True:
        call = day.genuine(at, line, kind, city.served, city.mistaken_strike)
        yield call
        if call.outcome != "served" and day.happens(again):
            at += 20 + day.minutes(median, spread)
        elif day.happens(city.follow_up):
            at += DAY_S * (0.5 + day.rng.expovariate(1 / 4))
        else:
            return


def storm(day: Day) -> Iterator[PastCall]:
    """A storm, on the days that have one: everybody calls within some hours."""
    city = day.city
    if not day.happens(city.storms):
        return
    begins, hours = day.between(0, 24), day.rng.uniform(2, 6)
    ends = begins + hours * HOUR_S
    for _ in range(day.poisson(day.scaled(city.citizens) * city.storm_callers)):
        yield from _in_storm(day, begins, ends, _citizen(day))
    for line in range(day.scaled(city.shared_lines)):
        for _ in range(day.poisson(_people(day, line) * city.storm_callers)):
            yield from _in_storm(day, begins, ends, day.network.line("shared_line", line))


def _in_storm(day: Day, begins: float, ends: float, line: Line) -> Iterator[PastCall]:
    """One person's calls in a storm: one to three within an hour; some go on, a few and on."""
    served, struck = day.city.storm_served, day.city.mistaken_strike
    hour = day.rng.uniform(begins, ends)
    if day.happens(day.city.storm_redialling):
        for _ in range(day.rng.randint(10, 40)):
            yield day.genuine(hour, line, "storm", served, struck)
            hour += 20 + day.minutes(3, 0.6)
        return
    while hour < ends:
        for _ in range(day.rng.randint(1, 3)):
            yield day.genuine(hour + day.rng.random() * HOUR_S, line, "storm", served, struck)
        if not day.happens(day.city.storm_goes_on):
            return
        hour += HOUR_S


def outages(day: Day) -> Iterator[PastCall]:
    """A street without water or light: its people call, and call again as citizens do."""
    for _ in range(day.poisson(day.city.outages * day.scale)):
        begins, hours = day.any_time(), day.rng.uniform(1, 2)
        for _ in range(day.rng.randint(50, 400)):
            at = begins + day.rng.random() * hours * HOUR_S
            yield from matter(day, at, _citizen(day), "outage")


def caretakers(day: Day) -> Iterator[PastCall]:
    """Caretakers report what they find; now and then a whole round of matters."""
    if day.off:
        return
    city = day.city
    for index in range(day.scaled(city.caretakers)):
        line = day.network.line("caretaker", index)
        times = [day.between(7, 17) for _ in range(day.poisson(2))]
        if day.happens(city.caretaker_round):
            at = day.between(7, 16)
            for _ in range(day.rng.randint(4, 12)):
                times.append(at)
                at += 60 * day.rng.uniform(3, 8)
        for at in times:
            yield day.genuine(at, line, "caretaker", city.served, city.mistaken_strike)


def contractors(day: Day) -> Iterator[PastCall]:
    """Companies that work for the city: several calls, some minutes apart, a few times a day."""
    if day.off:
        return
    city = day.city
    for index in range(day.scaled(city.contractors)):
        line, left = day.network.line("contractor", index), day.poisson(city.contractor_calls)
        while left > 0:
            group = min(left, day.rng.randint(1, 3))
            left -= group
            at = day.between(6.5, 17)
            for _ in range(group):
                yield day.genuine(at, line, "contractor", city.served, city.mistaken_strike)
                at += day.minutes(6, 0.6)


def persistent(day: Day) -> Iterator[PastCall]:
    """People who call again and again, in runs, some days more than others."""
    city = day.city
    for index, usual in enumerate(day.persistent):
        line = day.network.line("persistent", index)
        left = day.poisson(usual * (3 if day.happens(city.persistent_bad_day) else 1))
        while left > 0:
            run, median = min(left, day.rng.randint(1, 4)), 12.0
            left -= run
            if day.happens(city.persistent_redialling):
                run, median = 10, 1.0
            at = day.between(7, 24)
            for _ in range(run):
                served, struck = city.persistent_served, city.persistent_struck
                yield day.genuine(at, line, "persistent", served, struck)
                at += day.minutes(median, 0.8)


def shared_lines(day: Day) -> Iterator[PastCall]:
    """Switchboards: one number, and each person behind it calls as any citizen does."""
    city = day.city
    for index in range(day.scaled(city.shared_lines)):
        line = day.network.line("shared_line", index)
        for _ in range(day.poisson(_people(day, index) * city.matters_a_day / city.citizens)):
            yield from matter(day, day.any_time(), line, "shared_line")


def exchanges(day: Day) -> Iterator[PastCall]:
    """Offices whose work it is to call the city, all by one number."""
    if day.off:
        return
    city = day.city
    for index in range(round(city.exchanges * day.scale)):  # one would be all that a village hears
        line = day.network.line("exchange", index)
        usual = city.exchange_calls * math.exp(math.log(4) * (_spread(index) - 0.5))
        for _ in range(day.poisson(usual)):
            yield from matter(day, day.between(7.5, 16.5), line, "exchange")


def hotels(day: Day) -> Iterator[PastCall]:
    """Guests call one by one; when something happens, many at once."""
    city = day.city
    for index in range(day.scaled(city.hotels)):
        line = day.network.line("hotel", index)
        for _ in range(day.poisson(0.5)):
            yield from matter(day, day.any_time(), line, "hotel")
        if day.happens(1 / 90):
            begins = day.any_time()
            for _ in range(day.rng.randint(3, 15)):
                yield from matter(day, begins + 1200 * day.rng.random(), line, "hotel")


def households(day: Day) -> Iterator[PastCall]:
    """Genuine calls from the numbers of the pranksters' families."""
    for index in range(day.scaled(day.city.pranksters)):
        if day.happens(day.city.household_matters):
            line = day.network.line("prank", index)
            yield from matter(day, day.any_time(), line, "household")


def _citizen(day: Day) -> Line:
    line = day.network.line("citizen", day.rng.randrange(day.scaled(day.city.citizens)))
    return day.withheld(line) if day.happens(day.city.withheld) else line


def _people(day: Day, line: int) -> int:
    """People behind a line: a sixth of the median to six times as many, the same every day."""
    return round(day.city.shared_people * math.exp(math.log(40) * (_spread(line) - 0.5)))


def _spread(index: int) -> float:
    """A figure from 0 to 1 for each index, evenly spread."""
    return (index * 0.618_034) % 1

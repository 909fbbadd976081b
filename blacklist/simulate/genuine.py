"""Callers who want something of the city. Each function gives a day's calls of one kind."""

import math
from collections.abc import Iterator

from blacklist.replay.history import PastCall
from blacklist.simulate.city import HOURS, WEEKDAYS
from blacklist.simulate.day import DAY_S, HOUR_S, Day, number

_HOURS_MEAN = sum(HOURS) / len(HOURS)


def hour_of_citizens(day: Day, hour: int) -> Iterator[PastCall]:
    """The matters that ordinary citizens begin in this hour, with all the calls they cause."""
    city = day.city
    rate = city.matters_a_day * day.scale * WEEKDAYS[day.weekday] * HOURS[hour] / _HOURS_MEAN / 24
    everyone = day.scaled(city.citizens)
    for _ in range(day.poisson(rate)):
        caller = (
            "" if day.happens(city.withheld) else number("citizen", day.rng.randrange(everyone))
        )
        yield from matter(day, day.between(hour, hour + 1), caller, "citizen")


def matter(day: Day, at: float, caller: str, kind: str) -> Iterator[PastCall]:
    """A citizen's calls about one matter: the first, tries after a call that failed, follow-ups."""
    city = day.city
    impatient = day.happens(city.impatient)
    again, median = (city.impatient_again, 3.0) if impatient else (city.again, 5.0)
    while True:
        yield PastCall(at, caller, "genuine", kind, "", day.operator(city.mistaken_strike))
        if day.happens(again):
            at += day.minutes(median, 1.0)
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
    everyone = day.scaled(city.citizens)
    ends = begins + hours * HOUR_S
    for _ in range(day.poisson(everyone * city.storm_callers)):
        yield from _in_storm(day, begins, ends, _citizen(day, everyone))
    for line in range(day.scaled(city.shared_lines)):
        for _ in range(day.poisson(_people(day, line) * city.storm_callers)):
            yield from _in_storm(day, begins, ends, number("shared_line", line))


def _in_storm(day: Day, begins: float, ends: float, caller: str) -> Iterator[PastCall]:
    """One person's calls in a storm: one to three within an hour; some go on."""
    hour = day.rng.uniform(begins, ends)
    while hour < ends:
        for _ in range(day.rng.randint(1, 3)):
            at = hour + day.rng.random() * HOUR_S
            yield PastCall(at, caller, "genuine", "storm", "", _mistaken(day))
        if not day.happens(day.city.storm_goes_on):
            return
        hour += HOUR_S


def caretakers(day: Day) -> Iterator[PastCall]:
    """Caretakers report what they find; now and then a whole round of matters."""
    if day.off:
        return
    for index in range(day.scaled(day.city.caretakers)):
        caller = number("caretaker", index)
        for _ in range(day.poisson(2)):
            yield PastCall(day.between(7, 17), caller, "genuine", "caretaker", "", _mistaken(day))
        if day.happens(day.city.caretaker_round):
            at = day.between(7, 16)
            for _ in range(day.rng.randint(4, 8)):
                yield PastCall(at, caller, "genuine", "caretaker", "", _mistaken(day))
                at += 60 * day.rng.uniform(3, 8)


def contractors(day: Day) -> Iterator[PastCall]:
    """Companies that work for the city: several calls, some minutes apart, a few times a day."""
    if day.off:
        return
    for index in range(day.scaled(day.city.contractors)):
        left = day.poisson(day.city.contractor_calls)
        while left > 0:
            group = min(left, day.rng.randint(1, 3))
            left -= group
            at = day.between(6.5, 17)
            for _ in range(group):
                caller = number("contractor", index)
                yield PastCall(at, caller, "genuine", "contractor", "", _mistaken(day))
                at += day.minutes(6, 0.6)


def persistent(day: Day) -> Iterator[PastCall]:
    """People who call again and again, in runs, some days more than others."""
    city = day.city
    for index, usual in enumerate(day.persistent):
        caller = number("persistent", index)
        left = day.poisson(usual * (3 if day.happens(city.persistent_bad_day) else 1))
        while left > 0:
            run = min(left, day.rng.randint(1, 4))
            left -= run
            at = day.between(7, 24)
            for _ in range(run):
                striker = day.operator(city.persistent_struck)
                yield PastCall(at, caller, "genuine", "persistent", "", striker)
                at += day.minutes(12, 0.8)


def shared_lines(day: Day) -> Iterator[PastCall]:
    """Switchboards: one number, and each person behind it calls as any citizen does."""
    city = day.city
    for line in range(day.scaled(city.shared_lines)):
        for _ in range(day.poisson(_people(day, line) * city.matters_a_day / city.citizens)):
            yield from matter(day, day.any_time(), number("shared_line", line), "shared_line")


def households(day: Day) -> Iterator[PastCall]:
    """Genuine calls from the numbers of the pranksters' families."""
    for index in range(day.scaled(day.city.pranksters)):
        if day.happens(day.city.household_matters):
            yield from matter(day, day.any_time(), number("prank", index), "household")


def _citizen(day: Day, everyone: int) -> str:
    hidden = day.happens(day.city.withheld)
    return "" if hidden else number("citizen", day.rng.randrange(everyone))


def _people(day: Day, line: int) -> int:
    """People behind a line: a sixth of the median to six times as many, the same every day."""
    times = math.exp(math.log(40) * ((line * 0.618_034) % 1 - 0.5))
    return round(day.city.shared_people * times)


def _mistaken(day: Day) -> str:
    return day.operator(day.city.mistaken_strike)

"""The simulated city: the same for the same seed, shaped like a city, and made of nobody."""

from collections import Counter, deque
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import islice
from random import Random

import pytest

from blacklist.numbers import normalise
from blacklist.replay.history import PastCall
from lab.simulate.city import City, drawn
from lab.simulate.stream import START, simulate

RIYADH = timezone(timedelta(hours=3))
DAY = 86_400
MANY_FLOODS = City(floods=20.0, rotations=10.0, storms=0.3)
"""A small city has few floods; these are for looking at them."""


@pytest.fixture(scope="module")
def calls() -> list[PastCall]:
    """A small city."""
    return list(simulate(940, 20_000, MANY_FLOODS))


def test_the_same_seed_gives_the_same_calls() -> None:
    """Seed, number and city decide every call; another seed gives others."""
    once, again, other = (list(simulate(seed, 3_000)) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_exactly_as_many_calls_as_asked_for_oldest_first(calls: list[PastCall]) -> None:
    """Neither more nor fewer, and in the order a replay needs."""
    assert len(calls) == 20_000
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    assert calls[0].at >= START


@pytest.mark.parametrize("number", [5_000, 40_000])
def test_histories_span_about_ninety_days_whatever_their_size(number: int) -> None:
    """Fewer calls are those of a smaller city, not of a shorter time."""
    last = deque(simulate(3, number), maxlen=1).pop()
    assert 60 < (last.at - START) / DAY < 130


def test_every_kind_of_caller_is_there_with_its_label(calls: list[PastCall]) -> None:
    """Nuisance is what the docstring of the city calls so, all else is genuine."""
    kinds = {(call.label, call.kind) for call in calls}
    nuisance = {"prank", "harassment", "flood", "rotation"}
    assert {kind for label, kind in kinds if label == "nuisance"} == nuisance
    genuine = {kind for label, kind in kinds if label == "genuine"}
    people = {"citizen", "storm", "caretaker", "contractor", "persistent", "shared_line", "hotel"}
    assert people | {"household", "outage", "exchange"} >= genuine >= people


def test_simulated_numbers_belong_to_nobody(calls: list[PastCall]) -> None:
    """They are too long to be anybody's, or of a country code that is nobody's."""
    shown = {call.caller for call in calls if call.caller}
    assert len(shown) > 5_000
    assert all(normalise(number).e164 is None for number in islice(shown, 300))
    assert any(not call.caller for call in calls)


def test_kinds_of_callers_share_no_numbers_but_a_household_with_its_prankster(
    calls: list[PastCall],
) -> None:
    """Or the truth about a caller would be two truths."""
    families = {"household": "prank", "storm": "citizen", "outage": "citizen"}
    owners: dict[str, set[str]] = {}
    for call in calls:
        if call.caller and call.kind != "rotation":  # a machine shows anybody's
            owners.setdefault(call.caller, set()).add(families.get(call.kind, call.kind))
    mixed = {frozenset(kinds) for kinds in owners.values() if len(kinds) > 1}
    behind = {"citizen", "shared_line", "flood"}  # a switchboard in a storm, or misused by somebody
    assert all(kinds <= behind and "shared_line" in kinds for kinds in mixed)


def test_days_and_weeks_have_the_shape_of_a_citys() -> None:
    """Nights and Fridays are quiet, late mornings are not."""
    hours, weekdays = Counter[int](), Counter[int]()
    for call in simulate(5, 30_000, City(storms=0.0)):
        moment = datetime.fromtimestamp(call.at, RIYADH)
        hours[moment.hour] += 1
        weekdays[moment.weekday()] += 1
    assert hours[11] > 5 * hours[3]
    assert min(weekdays, key=weekdays.__getitem__) == 4


def test_in_a_storm_everybody_calls_one_to_three_times_an_hour() -> None:
    """A storm makes its hours the busiest, by many callers and not by many calls of one."""
    city = City(matters_a_day=0.001, storms=1.0, shared_lines=1, shared_people=1)
    storm = [call for call in simulate(7, 4_000, city) if call.kind == "storm" and call.caller]
    calls = Counter(call.caller for call in storm)
    assert 1.5 < len(storm) / len(calls) < 4
    once_or_thrice = sum(number <= 3 for number in calls.values())
    assert once_or_thrice / len(calls) > 0.6


def test_floods_of_one_number_and_rotations_are_named_and_told_apart(
    calls: list[PastCall],
) -> None:
    """A flood has one caller, a rotation many; every call of either names it."""
    callers: dict[tuple[str, str], set[str]] = {}
    for call in calls:
        assert bool(call.flood) == (call.kind in ("flood", "rotation"))
        if call.flood:
            callers.setdefault((call.kind, call.flood), set()).add(call.caller)
    floods = [found for (kind, _), found in callers.items() if kind == "flood"]
    rotations = [found for (kind, _), found in callers.items() if kind == "rotation"]
    assert sum(len(found) == 1 for found in floods) > 0.9 * len(floods)
    assert any(found == {""} for found in floods)
    assert max(map(len, rotations)) > 20


def test_operators_strike_pranksters_often_and_others_by_mistake(calls: list[PastCall]) -> None:
    """The labels say which calls an operator would strike, and who."""
    pranks = [call for call in calls if call.kind == "prank"]
    assert 0.35 < sum(bool(call.striker) for call in pranks) / len(pranks) < 0.65
    assert len({call.striker for call in pranks if call.striker}) > 10
    citizens = [call for call in calls if call.kind == "citizen"]
    assert sum(bool(call.striker) for call in citizens) < 20


def test_every_seed_is_another_city() -> None:
    """Figures and network are drawn; a city that is given is taken as it is."""
    cities = [drawn(Random(seed)) for seed in range(40)]
    floods = [city.floods / City().floods for city in cities]
    assert 0.6 <= min(floods) < 0.75
    assert 1.3 < max(floods) <= 5 / 3
    networks = {len({call.trunk for call in simulate(seed, 3_000)}) for seed in range(8)}
    assert len(networks) > 1


def test_what_the_hotline_sees_of_a_call_fits_its_caller(calls: list[PastCall]) -> None:
    """A number keeps to its trunk and to who vouches for it; machines come through gateways."""
    citizens: dict[str, set[tuple[str, str]]] = {}
    for call in calls:
        if call.kind == "citizen" and call.caller:
            citizens.setdefault(call.caller, set()).add((call.trunk, call.attestation))
    assert all(len(ways) == 1 for ways in citizens.values())
    turned = [call for call in calls if call.kind == "rotation"]
    assert {call.attestation for call in turned} == {"B", "C"}
    assert {call.outcome for call in turned} == {"nothing"}
    served = [call.outcome == "served" for call in calls if call.kind == "citizen"]
    assert 0.5 < sum(served) / len(served) < 0.6
    hidden = [call for call in calls if call.hidden]
    assert hidden
    assert not any(call.caller for call in hidden)


def test_an_assumption_can_be_changed() -> None:
    """Whoever doubts a figure tries another."""
    none = replace(City(), withheld=0.0, prank_withheld=0.0, flood_withheld=0.0)
    assert all(call.caller for call in simulate(1, 3_000, none))


def test_a_number_keeps_to_its_way(calls: list[PastCall]) -> None:
    """Its trunk, who vouches for it, and where it enters: always the same, and always named."""
    ways: dict[str, set[tuple[str, str, str]]] = {}
    for call in calls:
        if call.label == "genuine" and call.caller:
            ways.setdefault(call.caller, set()).add(call.way)
    assert {len(found) for found in ways.values()} == {1}
    assert all(call.origin for call in calls)


def test_machines_come_by_several_origins_but_where_a_network_vouches_for_them() -> None:
    """A number is one network's; whoever shows others' calls by the cheapest."""
    split = replace(MANY_FLOODS, machine_split=0.9)
    ways: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
    for call in simulate(941, 20_000, split):
        if call.flood:
            ways.setdefault((call.flood, call.attestation), set()).add(call.way)
    in_full = [len(found) for (_, attested), found in ways.items() if attested == "A"]
    others = [len(found) for (_, attested), found in ways.items() if attested != "A"]
    assert set(in_full) == {1}
    assert 2 <= max(others) <= 4

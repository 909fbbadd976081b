"""Whom the shipped policy wrongs and whom it holds: people as they call, and those who waste time.

Everything here is decided by the model of the script; `test_model.py` shows that both are one.
"""

from collections.abc import Iterable, Iterator
from random import Random

from blacklist.replay.history import PastCall
from blacklist.replay.run import Replay
from lab.simulate.network import NOBODYS
from tests.fixtures.replay import DAY, HOUR, call
from tests.fixtures.screening import default_policy

EXCHANGE = f"{NOBODYS}00000001"


def number(index: int) -> str:
    """Numbers of people who have nothing to do with each other."""
    return f"{NOBODYS}{index * 7_919_003 % 10**8:08d}"


def behind(calls: Iterable[PastCall], replay: Replay | None = None) -> list[str]:
    """Who was put last or worse, once for each call."""
    replay = replay or Replay(default_policy())
    in_order = sorted(calls, key=lambda one: one.at)
    found = [(one, replay.take(one).disposition) for one in in_order]
    return [one.caller for one, disposition in found if disposition not in ("allow", "warn")]


def steadily(
    caller: str, every: float, times: int, after: float = 0, **facts: str
) -> Iterator[PastCall]:
    """Calls of one number at a pace."""
    for one in range(times):
        yield call(after + one * every, caller=caller, **facts)


def test_an_old_man_who_redials_ten_times_in_ten_minutes_is_not_put_last() -> None:
    """Nor when his line drops for a quarter of an hour, on two days in a row."""
    calls = [*steadily(number(1), 60, 10), *steadily(number(1), 50, 15, after=DAY)]
    assert behind(calls) == []


def test_a_storm_night_puts_nobody_last() -> None:
    """Three hundred citizens call forty times each in three hours, nobody being served."""
    rng = Random(1)
    calls = [
        call(rng.uniform(0, 3 * HOUR), caller=number(citizen))
        for citizen in range(300)
        for _ in range(40)
    ]
    assert behind(calls) == []


def test_a_flood_is_put_last_though_nothing_is_known_but_its_number() -> None:
    """A machine that calls every half minute: from the 19th call on, to the end."""
    last = behind(steadily(number(1), 30, 400))
    assert len(last) > 0.93 * 400


def test_a_flood_in_a_storm_does_not_last_for_ever() -> None:
    """While everybody redials a flood has more room, and no more than the policy says."""
    rng = Random(2)
    storm = [
        call(rng.uniform(0, 4 * HOUR), caller=number(citizen))
        for citizen in range(2, 200)
        for _ in range(12)
    ]
    last = behind([*storm, *steadily(number(1), 10, 1400)])
    assert set(last) == {number(1)}
    assert len(last) > 900


def test_an_exchange_shows_itself_by_calls_that_are_served() -> None:
    """Three hundred calls a working day by one number, most of them reports: none is put last."""
    rng = Random(3)
    calls = [
        call(
            day * DAY + rng.uniform(7, 17) * HOUR,
            caller=EXCHANGE,
            outcome="served" if rng.random() < 0.6 else "nothing",
        )
        for day in range(20)
        for _ in range(300)
    ]
    assert behind(calls) == []


def test_an_exchange_of_sixty_calls_a_day_needs_no_proof() -> None:
    """Nothing is known of what its calls came to."""
    rng = Random(4)
    calls = [
        call(day * DAY + rng.uniform(7, 17) * HOUR, caller=EXCHANGE)
        for day in range(30)
        for _ in range(60)
    ]
    assert behind(calls) == []


def test_who_was_struck_lately_has_less_room() -> None:
    """By hand, every two minutes, and an operator struck the third call: last from the fifth on."""
    calls = list(steadily(number(1), 120, 30))
    calls[2] = call(240, caller=number(1), striker="amal")
    assert len(behind(calls)) == 30 - 4


def test_a_strike_of_weeks_ago_takes_no_room() -> None:
    """It still warns, and the old man may redial."""
    struck = call(0, caller=number(1), striker="amal")
    assert behind([struck, *steadily(number(1), 60, 15, after=10 * DAY)]) == []


def test_a_strike_weighs_nothing_against_a_call_that_was_served() -> None:
    """A parent who reported is not put last for a child's three strikes; a stranger is stopped."""
    pranks = [
        call(DAY + 600 * one, caller=number(1), striker=operator)
        for one, operator in enumerate(("amal", "badr", "hind"))
    ]
    parent = call(2 * DAY, caller=number(1))
    assert behind([*pranks, parent]) == [number(1)] * 2
    reports = [call(600 * one, caller=number(1), outcome="served") for one in range(2)]
    assert behind([*reports, *pranks, parent]) == []


def test_numbers_in_a_row_that_nobody_vouches_for_are_put_last() -> None:
    """A machine that shows one of sixty numbers after another, every twenty seconds."""
    calls = [
        call(20 * one, caller=f"{NOBODYS}1234{one % 60:04d}", attestation="C", trunk="north")
        for one in range(360)
    ]
    assert len(behind(calls)) > 0.8 * 360


def test_any_numbers_by_a_gateway_are_put_last_when_their_turn_comes_again() -> None:
    """Fifty numbers that have nothing in common; people who call by the same gateway stay."""
    machine = [
        call(20 * one, caller=number(one % 50), attestation="C", trunk="north")
        for one in range(360)
    ]
    people = [
        call(300 * one + 7, caller=number(1000 + one), attestation="C", trunk="north")
        for one in range(24)
    ]
    last = behind([*machine, *people])
    assert len(last) > 0.6 * 360
    assert set(last) <= {one.caller for one in machine}


def test_the_same_calls_touch_nobody_whose_network_vouches_for_them() -> None:
    """Employees of one company show numbers in a row; abroad everybody comes by a gateway."""
    company = [
        call(20 * one, caller=f"{NOBODYS}1234{one % 60:04d}", attestation="A") for one in range(360)
    ]
    abroad = [
        call(20 * one, caller=f"+99950{one % 50 * 7_919_003:09d}", attestation="C", trunk="abroad")
        for one in range(360)
    ]
    assert behind([*company, *abroad]) == []


def test_a_flood_without_a_number_leaves_those_of_other_trunks_alone() -> None:
    """Nor does it touch whom the network tells apart though they withhold their number."""
    flood = [call(30 * one, caller="", trunk="north", attestation="C") for one in range(200)]
    others = [
        call(120 * one + 5, caller="", trunk=trunk, attestation=attestation, hidden=hidden)
        for trunk, attestation, hidden in (
            *(("south", "C", ""), ("north", "A", "")),
            *(("north", "C", "966500000000001"), ("north", "", "")),
        )
        for one in range(8)
    ]
    replay = Replay(default_policy())
    dispositions = [
        (one in flood, replay.take(one).disposition)
        for one in sorted((*flood, *others), key=lambda one: one.at)
    ]
    assert [made for of_flood, made in dispositions if not of_flood] == ["allow"] * 32
    assert sum(made != "allow" for of_flood, made in dispositions if of_flood) > 150


def rotating(machine: str, times: int) -> Iterator[PastCall]:
    """A machine that shows no number twice, by one origin, every twenty seconds."""
    for one in range(times):
        shown = number(500_000 + one)
        yield call(20 * one, caller=shown, trunk="n", attestation="C", origin=machine)


def test_numbers_that_never_come_twice_are_put_last_by_where_they_come_from() -> None:
    """And nobody who comes by another origin of the same trunk, whoever vouches for them."""
    people = [
        call(900 * one + 7, caller=number(one), trunk="n", attestation=attestation, origin=origin)
        for one, attestation, origin in (
            *((one, "C", "other") for one in range(4)),
            *((one, "B", "machine") for one in range(4, 8)),
            *((one % 8, "A", "machine") for one in range(8, 64)),
        )
    ]
    last = behind([*rotating("machine", 180), *people])
    assert len(last) > 0.8 * 180
    assert not set(last) & {one.caller for one in people}


def test_who_comes_by_a_busy_gateway_is_not_taken_for_the_machine_beside_them() -> None:
    """By it much comes to something: then only who comes again in the machine's hours."""
    way = {"trunk": "n", "attestation": "C", "origin": "busy"}
    starts = 7 * DAY
    before = [
        call(HOUR * one, caller=number(one), outcome="served", **way) for one in range(7 * 24)
    ]
    people = [call(starts + 120 * one, caller=number(1000 + one), **way) for one in range(60)]
    once = [call(starts + 20 * one, caller=number(2000 + one), **way) for one in range(360)]
    assert behind([*before, *people, *once]) == []
    again = [call(starts + 20 * one, caller=number(2000 + one % 60), **way) for one in range(360)]
    last = behind([*before, *people, *again])
    assert len(last) > 0.6 * 360
    assert not set(last) & {one.caller for one in people}


def test_an_origin_that_changes_with_every_call_hides_nothing() -> None:
    """What was never seen counts as the rest of its trunk does."""
    way = {"trunk": "n", "attestation": "C"}
    hiding = [call(30 * one, caller="", origin=f"o{one}", **way) for one in range(200)]
    assert len(behind(hiding)) > 150
    turning = [
        call(20 * one, caller=number(one % 50), origin=f"o{one}", **way) for one in range(360)
    ]
    assert len(behind(turning)) > 0.6 * 360


def test_a_flood_without_a_number_touches_nobody_by_another_origin() -> None:
    """The same trunk, the same attestation."""
    way = {"trunk": "n", "attestation": "B"}
    flood = [call(30 * one, caller="", origin="machine", **way) for one in range(200)]
    others = [
        call(600 * one + 5, caller="", origin=f"o{one % 3}", kind="other", **way)
        for one in range(10)
    ]
    replay = Replay(default_policy())
    made = [
        (one.kind, replay.take(one).disposition)
        for one in sorted([*flood, *others], key=lambda one: one.at)
    ]
    assert {disposition for kind, disposition in made if kind == "other"} == {"allow"}
    assert sum(disposition != "allow" for _, disposition in made) > 180


def test_on_a_storm_night_all_origins_are_crowded_and_nobody_is_put_last() -> None:
    """A thousand people an hour, some by resellers and gateways, some without a number."""
    rng = Random(2)
    ways = [*[("A", "a")] * 160, *(("B", f"b{one}") for one in range(10)), *[("C", "c")] * 16]
    before = [
        call(
            HOUR * one, caller=number(one), trunk="n", attestation="C", origin="c", outcome="served"
        )
        for one in range(7 * 24)
    ]
    calls = []
    for citizen in range(3000):
        attestation, origin = rng.choice(ways)
        caller = "" if rng.random() < 0.01 else number(10_000 + citizen)
        for _ in range(rng.choice((1, 1, 2, 6))):
            at = 7 * DAY + rng.uniform(0, 3 * HOUR)
            calls.append(call(at, caller=caller, trunk="n", attestation=attestation, origin=origin))
    assert behind([*before, *calls]) == []

"""The index as the record tells it: what stands, and how a whole one takes the old one's place."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blacklist.entry import Entry
from blacklist.index import RedisIndex
from blacklist.ladder import Measure
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.projected import Projected, allow_of, entry_of, prefix_of, strikes_of
from store.redis_clients import make_redis
from tests.fixtures.screening import Screened, screened

CALLER = "+966501234567"
OTHER = "+966509999999"
PREFIX = "+96650888"


@pytest.fixture
def here(redis_url: str) -> Iterator[Screened]:
    """An empty index whose clock the test sets."""
    with screened(redis_url) as made:
        yield made


def entry(here: Screened, number: str = CALLER, days: float = 1) -> Entry:
    """A block of so many days."""
    now = here.clock.now
    return Entry(number, "harassment", now + timedelta(days=days), now, "test", "", "block")


def measure(here: Screened, days: float = 1) -> Measure:
    """A challenge of so many days."""
    return Measure("challenge", "abuse", here.clock.now + timedelta(days=days), "2 strikes")


def test_what_was_put_is_there_and_nothing_else(here: Screened) -> None:
    """All kinds, once each however often they are told; what is dropped is gone."""
    for _ in range(2):
        here.index.put(entry(here))
        here.index.put_strikes(CALLER, [measure(here)])
        here.index.put_allow(OTHER, None)
        here.index.put_prefix(PREFIX, measure(here))
    expected = {
        entry_of(entry(here)),
        strikes_of(CALLER, [measure(here)]),
        allow_of(OTHER, None),
        prefix_of(PREFIX, measure(here)),
    }
    assert set(here.index.entries()) == expected
    assert here.index.count() == 2
    here.index.drop(CALLER)
    here.index.drop_allow(OTHER)
    here.index.drop_prefix(PREFIX)
    assert list(here.index.entries()) == [strikes_of(CALLER, [measure(here)])]
    here.index.put_strikes(CALLER, [])
    assert list(here.index.entries()) == []
    assert here.client.keys("hotline:b*") == []


def test_a_key_lasts_as_long_as_its_last_measure(here: Screened) -> None:
    """Not a second longer: nobody has to sweep."""
    here.index.put(entry(here, days=1))
    here.index.put_strikes(CALLER, [measure(here, days=3)])
    (key,) = here.client.keys("hotline:b*")
    assert isinstance(key, bytes)
    assert here.client.expiretime(key.decode()) == (here.clock.now + timedelta(days=3)).timestamp()
    here.index.put_strikes(CALLER, [])
    assert here.client.expiretime(key.decode()) == (here.clock.now + timedelta(days=1)).timestamp()


def test_only_a_rebuild_makes_the_index_whole(here: Screened) -> None:
    """One change to an emptied Redis does not: everything else would be missing."""
    assert not here.index.built
    here.index.put(entry(here))
    assert not here.index.built
    assert here.call(CALLER).disposition == "block"
    here.index.commit_rebuild(here.index.begin_rebuild())
    assert here.index.built
    assert list(here.index.entries()) == []


def test_the_old_index_counts_until_the_new_one_is_whole(here: Screened) -> None:
    """Calls are screened all along, by the one and then, from one call to the next, the other."""
    here.index.put(entry(here))
    for blocked, free in ((OTHER, CALLER), (CALLER, OTHER)):
        rebuild = here.index.begin_rebuild()
        here.index.project(rebuild, [entry_of(entry(here, blocked))])
        here.index.project(rebuild, [prefix_of(PREFIX, measure(here))])
        assert here.call(blocked).disposition == "allow"
        assert here.call(free).disposition == "block"
        here.index.commit_rebuild(rebuild)
        assert here.call(blocked).disposition == "block"
        assert here.call(free).disposition == "allow"
        assert here.call(f"{PREFIX}1111").disposition == "challenge"
        here.client.delete(*here.client.keys("hotline:n:*"))
    assert len(here.client.keys("hotline:b*")) == 1


def test_what_changes_while_a_rebuild_runs_is_not_lost(here: Screened) -> None:
    """Neither what is put nor what is lifted after the record was read comes out as it was."""
    here.index.put(entry(here, CALLER))
    rebuild = here.index.begin_rebuild()
    here.index.put_strikes(CALLER, [measure(here)])
    here.index.drop(CALLER)
    here.index.put(entry(here, OTHER, days=2))
    here.index.drop_prefix(PREFIX)
    read_before = [entry_of(entry(here, CALLER)), entry_of(entry(here, OTHER, days=1))]
    here.index.project(rebuild, [*read_before, prefix_of(PREFIX, measure(here))])
    here.index.commit_rebuild(rebuild)
    assert set(here.index.entries()) == {
        strikes_of(CALLER, [measure(here)]),
        entry_of(entry(here, OTHER, days=2)),
    }


def test_no_call_slips_through_while_rebuilds_run(here: Screened) -> None:
    """Rebuilds one after another: every call of a blocked number is stopped, no other is."""
    here.index.commit_rebuild(here.index.begin_rebuild())
    blocked = [f"+96650{number:07d}" for number in range(30)]
    for number in blocked:
        here.index.put(entry(here, number))
    stop = threading.Event()
    failures: list[BaseException] = []

    def rebuilds() -> None:
        with make_redis(
            f"redis://127.0.0.1:{here.client.connection_pool.connection_kwargs['port']}/0",
            fast=False,
        ) as client:
            index = RedisIndex(client)
            try:
                for _ in range(15):
                    running = index.begin_rebuild()
                    index.project(running, [entry_of(entry(here, number)) for number in blocked])
                    index.commit_rebuild(running)
            except BaseException as error:  # the thread's, told by the test
                failures.append(error)
            finally:
                stop.set()

    thread = threading.Thread(target=rebuilds)
    thread.start()
    wrong, calls = [], 0
    while not stop.is_set():
        for number in blocked:
            calls += 1
            if here.call(number).disposition != "block":
                wrong.append(number)
        here.clock.move(minutes=10)
        if here.call(f"+96655{calls:07d}").disposition != "allow":
            wrong.append("free")
    thread.join()
    assert not failures
    assert calls
    assert not wrong


def test_a_rebuild_that_was_overtaken_writes_nothing_more(here: Screened) -> None:
    """The later one counts; the earlier one is told."""
    first = here.index.begin_rebuild()
    second = here.index.begin_rebuild()
    with pytest.raises(RebuildOvertaken):
        here.index.project(first, [entry_of(entry(here))])
    with pytest.raises(RebuildOvertaken):
        here.index.project(first, [prefix_of(PREFIX, measure(here))])
    with pytest.raises(RebuildOvertaken):
        here.index.commit_rebuild(first)
    here.index.commit_rebuild(second)
    assert list(here.index.entries()) == []


def test_many_entries_come_in_pages(here: Screened) -> None:
    """More than one page in, and out."""
    made = [entry_of(entry(here, f"+96650{number:07d}")) for number in range(2500)]
    rebuild = here.index.begin_rebuild()
    here.index.project(rebuild, iter(made))
    here.index.commit_rebuild(rebuild)
    assert here.index.count() == 2500
    assert set(here.index.entries()) == set(made)


def test_what_is_alike_in_a_row_is_still_each_number_s_own(here: Screened) -> None:
    """Numbers about which the same stands, others between them, one of which changes meanwhile."""
    numbers = [f"+96650{number:07d}" for number in range(60)]
    made = [
        entry_of(entry(here, number, days=1 if at // 5 % 2 else 2))
        for at, number in enumerate(numbers)
    ]
    made[20:20] = [
        strikes_of(CALLER, [measure(here)]),
        allow_of(CALLER, None),
        allow_of(OTHER, None),
    ]
    rebuild = here.index.begin_rebuild()
    here.index.drop(numbers[7])
    here.index.put(entry(here, numbers[8], days=3))
    here.index.project(rebuild, made)
    here.index.commit_rebuild(rebuild)
    changed = {numbers[8]: entry_of(entry(here, numbers[8], days=3))}
    assert set(here.index.entries()) == {
        changed.get(item.subject, item) for item in made if item.subject != numbers[7]
    }
    ends = {here.client.expiretime(f"hotline:b{rebuild.slot}:{number[1:]}") for number in numbers}
    assert len(ends - {-2}) == 3
    assert here.client.ttl(f"hotline:b{rebuild.slot}:{OTHER[1:]}") == -1


def test_evidence_cannot_break_what_is_kept(here: Screened) -> None:
    """Whatever stands in it, the parts of the value stay apart."""
    now = datetime.now(UTC)
    made = Measure("warn", "abuse", now + timedelta(days=30), "eb:9;ebh0:x;\nü")
    here.index.put_strikes(CALLER, [made])
    (kept,) = here.index.entries()
    assert kept == Projected("strikes", CALLER, kept.holds)
    assert kept.holds[0].evidence == "eb9ebh0x"


def test_the_index_says_when_redis_is_away(tmp_path: Path, here: Screened) -> None:
    """People are told; nothing is silently lost."""
    with make_redis(f"unix://{tmp_path}/none.sock", fast=True) as client:
        index = RedisIndex(client)
        with pytest.raises(RegisterUnavailable, match="is Redis running"):
            index.put(entry(here))
        with pytest.raises(RegisterUnavailable):
            list(index.entries())
        with pytest.raises(RegisterUnavailable):
            index.begin_rebuild()

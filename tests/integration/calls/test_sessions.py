"""The session store: compare-and-set by turn, and never a caller who waits for it."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from call_handlers.sessions import (
    FINISHED_TTL_S,
    SESSION_TTL_S,
    MemorySessions,
    SessionStore,
    StoreAway,
)
from tests.fixtures.calls import House, arrival, play
from tests.fixtures.dialog import REPORT
from tests.fixtures.processes import hang
from tests.fixtures.redis_process import RedisProcess


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest, house: House) -> SessionStore:
    """Both stores keep the same promises."""
    return house.sessions() if request.param == "redis" else MemorySessions()


def test_a_call_that_nobody_stored_is_none(store: SessionStore) -> None:
    """Not an error."""
    assert store.load("c") is None
    assert store.events("c") == []


def test_a_call_of_which_nothing_is_known_is_ended_by_whoever_has_it(store: SessionStore) -> None:
    """An emptied store cannot say that somebody else did so; the record takes the first end."""
    assert store.finish("c") is True
    assert store.load("c", ended=True) is None


def test_the_newest_turn_is_kept_with_all_events(store: SessionStore) -> None:
    """In the order in which they happened."""
    assert store.save("c", 1, "one", []) is None
    assert store.save("c", 2, "two", ["a", "ب"]) is None
    assert store.save("c", 5, "five", ["c"]) is None
    assert (store.load("c"), store.events("c")) == ("five", ["a", "ب", "c"])


def test_state_and_events_come_back_together_as_they_were(store: SessionStore) -> None:
    """Whatever text they carry: in JSON only a line break is a line break."""
    state, events = (
        [json.dumps(f"{c}ب", ensure_ascii=False) for c in "\n\r\u2028"],
        ["{}", '"\x85"'],
    )
    for turn, text in enumerate(state, start=1):
        store.save("c", turn, text, events)
        assert store.load_whole("c") == (text, events * turn, False)
    assert store.finish("c")
    assert store.load_whole("c") == (state[-1], events * len(state), True)
    assert store.load_whole("nobody") is None


def test_scripts_that_redis_has_forgotten_are_sent_again(house: House) -> None:
    """As after a restart: neither a load nor a save is lost over it."""
    store, client = house.sessions(), house.client()
    client.script_flush()
    assert store.save("c", 1, "one", ["a"]) is None
    client.script_flush()
    assert store.load_whole("c") == ("one", ["a"], False)


@pytest.mark.parametrize("turn", [1, 2])
def test_a_turn_that_was_taken_is_not_taken_again(store: SessionStore, turn: int) -> None:
    """What is stored comes back, and nothing of the second is kept."""
    store.save("c", 2, "two", ["a"])
    assert store.save("c", turn, "other", ["b"]) == "two"
    assert (store.load("c"), store.events("c")) == ("two", ["a"])


def test_a_call_is_ended_once(store: SessionStore) -> None:
    """And then found only by who looks for ended ones."""
    store.save("c", 1, "one", [])
    assert [store.finish("c"), store.finish("c")] == [True, False]
    assert store.load("c") is None
    assert store.load("c", ended=True) == "one"


def test_a_turn_after_the_end_is_not_taken(store: SessionStore) -> None:
    """However new it is; what the call ended with comes back, and nothing of the turn is kept."""
    store.save("c", 1, "one", ["a"])
    store.finish("c")
    assert store.save("c", 2, "two", ["b"]) == "one"
    assert store.load_whole("c") == ("one", ["a"], True)
    assert store.load("c") is None


def test_of_many_that_take_a_turn_one_does(house: House) -> None:
    """Compare and set is one step on the server."""
    stores = [house.sessions() for _ in range(8)]

    def save(number: int) -> str | None:
        return stores[number].save("c", 1, f"by {number}", [str(number)])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, range(8)))
    kept = stores[0].load("c")
    assert answers.count(None) == 1
    assert {answer for answer in answers if answer} == {kept}
    assert stores[0].events("c") == [str(answers.index(None))]


def test_idle_calls_are_those_whose_last_turn_is_old(house: House) -> None:
    """Neither those that go on, nor those that were ended."""
    store = house.sessions()
    with redis.Redis.from_url(house.redis_url) as client:
        for name, age in (("new", 0), ("old", 400), ("older", 4000), ("ended", 400)):
            store.save(name, 1, "state", [])
            client.expire(f"hotline:call:{name}:state", SESSION_TTL_S - age)
    store.finish("ended")
    assert sorted(store.unfinished(300)) == ["old", "older"]
    assert sorted(store.unfinished(0)) == ["new", "old", "older"]


def test_nothing_is_kept_for_ever(house: House) -> None:
    """A session that nobody ends expires, an ended one sooner."""
    store = house.sessions()
    store.save("c", 1, "one", ["a"])
    with redis.Redis.from_url(house.redis_url) as client:
        keys = ("hotline:call:c:state", "hotline:call:c:events")
        assert all(SESSION_TTL_S - 5 < client.ttl(key) <= SESSION_TTL_S for key in keys)
        store.finish("c")
        assert all(FINISHED_TTL_S - 5 < client.ttl(key) <= FINISHED_TTL_S for key in keys)


def test_a_store_that_is_away_says_so(house: House, redis_server: RedisProcess) -> None:
    """Every question of it, and the breaker spares the next one."""
    store = house.sessions(open_seconds=60)
    redis_server.kill()
    try:
        with pytest.raises(StoreAway, match="ConnectionError"):
            store.unfinished(0)
        with pytest.raises(StoreAway, match="breaker"):
            store.load("c")
    finally:
        redis_server.start()


@pytest.mark.usefixtures("as_on_a_call")
def test_a_redis_that_hangs_keeps_no_caller_waiting(
    house: House, redis_server: RedisProcess
) -> None:
    """It takes connections and answers nothing: no step of a call waits for it again and again."""
    house.desk().begin(arrival("0"))  # the first call loads what is loaded once
    desk = house.desk(house.sessions(open_seconds=2.0))
    slowest = 0.0
    hang(redis_server.pid)
    try:
        started = time.monotonic()
        call = desk.begin(arrival())
        for key in REPORT:
            slowest = max(slowest, time.monotonic() - started)
            started = time.monotonic()
            call = play(desk, call, key)
        slowest = max(slowest, time.monotonic() - started)
        desk.end(call, "hangup")
    finally:
        os.kill(redis_server.pid, signal.SIGCONT)
    assert call.turn.node == "description"
    assert slowest < 2  # 0.2 s where nothing else runs
    record, events = house.written(call.call_id)
    assert (record.screening, len(events)) == ("degraded", 12)

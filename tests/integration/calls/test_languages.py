"""The language that a number chose last, in a real Redis."""

import redis

from call_handlers.languages import KEPT_S, RedisLanguages
from store.breaker import Breaker
from store.redis_clients import make_redis
from tests.fixtures.calls import CALLER, House, arrival, play
from tests.fixtures.processes import free_tcp_port


def languages(house: House) -> RedisLanguages:
    """As a process has it."""
    return RedisLanguages(house.client(), Breaker(0.0))


def test_the_next_call_of_a_number_is_in_the_language_it_chose_last(house: House) -> None:
    """And is not asked for it; another number is, and so is a withheld one."""
    desk = house.desk(languages=languages(house))
    first = play(desk, desk.begin(arrival("1")), "2")
    desk.end(first, "hangup")
    again = house.desk(languages=languages(house)).begin(arrival("2"))
    assert (again.turn.node, again.turn.language) == ("main", "en")
    changed = play(desk, again, "*", "1")
    assert changed.turn.language == "ar"
    desk.end(changed, "hangup")
    assert desk.begin(arrival("3")).turn.language == "ar"
    assert desk.begin(arrival("4", caller="+966559876543")).turn.node == "language"
    assert desk.begin(arrival("5", withheld=True)).turn.node == "language"


def test_who_chose_none_is_asked_again(house: House) -> None:
    """A call in the language of the house is no choice."""
    desk = house.desk(languages=languages(house))
    desk.end(desk.begin(arrival("1")), "hangup")
    assert desk.begin(arrival("2")).turn.node == "language"


def test_a_language_is_forgotten_a_year_after_the_last_call(house: House) -> None:
    """A number may be somebody else's by then."""
    languages(house).keep(CALLER, "en")
    left = house.client().ttl(f"hotline:language:{CALLER}")
    assert KEPT_S - 60 <= left <= KEPT_S


def test_without_redis_callers_are_asked_and_nothing_breaks() -> None:
    """Neither asking nor keeping raises, and the breaker learns of it."""
    client = make_redis(f"redis://127.0.0.1:{free_tcp_port()}/0", fast=True)
    breaker = Breaker(60.0)
    away = RedisLanguages(client, breaker)
    assert away.of(CALLER) == ""
    away.keep(CALLER, "en")
    while breaker.allows():
        away.of(CALLER)
    assert away.of(CALLER) == ""
    client.close()


def test_what_is_no_language_of_ours_is_asked_for(house: House, redis_url: str) -> None:
    """Whatever stands there, the caller is answered."""
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"hotline:language:{CALLER}", "klingon")
    assert house.desk(languages=languages(house)).begin(arrival("1")).turn.node == "language"

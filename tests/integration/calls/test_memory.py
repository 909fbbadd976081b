"""What a number leaves behind for its next call, in a real Redis: its language, its draft."""

import pytest
import redis

from call_handlers.arrival import Call
from call_handlers.memory import DRAFT_KEPT_S, KEPT_S, RedisMemory, Remembered
from ivr.event import Event, HungUp, NoInput, Recorded
from ivr.turn import Transfer
from store.breaker import Breaker
from store.redis_clients import make_redis
from tests.fixtures.calls import CALLER, House, arrival, play
from tests.fixtures.dialog import REPORT
from tests.fixtures.processes import free_tcp_port


def memory(house: House) -> RedisMemory:
    """As a process has it."""
    return RedisMemory(house.client(), Breaker(0.0))


def test_the_next_call_of_a_number_is_in_the_language_it_chose_last(house: House) -> None:
    """And is not asked for it; another number is, and so is a withheld one."""
    desk = house.desk(memory=memory(house))
    first = play(desk, desk.begin(arrival("1")), "2")
    desk.end(first, "hangup")
    again = house.desk(memory=memory(house)).begin(arrival("2"))
    assert (again.turn.node, again.turn.language) == ("main", "en")
    changed = play(desk, again, "*", "1")
    assert changed.turn.language == "ar"
    desk.end(changed, "hangup")
    assert desk.begin(arrival("3")).turn.language == "ar"
    assert desk.begin(arrival("4", caller="+966559876543")).turn.node == "language"
    assert desk.begin(arrival("5", withheld=True)).turn.node == "language"


def test_who_chose_none_is_asked_again(house: House) -> None:
    """A call in the language of the house is no choice."""
    desk = house.desk(memory=memory(house))
    desk.end(desk.begin(arrival("1")), "hangup")
    assert desk.begin(arrival("2")).turn.node == "language"


def test_a_language_is_forgotten_a_year_after_the_last_call(house: House) -> None:
    """A number may be somebody else's by then."""
    memory(house).keep_language(CALLER, "en")
    left = house.client().ttl(f"hotline:language:{CALLER}")
    assert KEPT_S - 60 <= left <= KEPT_S


def test_without_redis_callers_are_asked_and_nothing_breaks() -> None:
    """Neither asking nor keeping raises, and the breaker learns of it."""
    client = make_redis(f"redis://127.0.0.1:{free_tcp_port()}/0", fast=True)
    breaker = Breaker(60.0)
    away = RedisMemory(client, breaker)
    assert away.of(CALLER) == Remembered()
    away.keep_language(CALLER, "en")
    away.keep_draft(CALLER, "{}")
    away.drop_draft(CALLER)
    while breaker.allows():
        away.of(CALLER)
    assert away.of(CALLER) == Remembered()
    client.close()


def test_what_is_no_language_of_ours_is_asked_for(house: House, redis_url: str) -> None:
    """Whatever stands there, the caller is answered."""
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"hotline:language:{CALLER}", "klingon")
    assert house.desk(memory=memory(house)).begin(arrival("1")).turn.node == "language"


def begun(house: House, *keys: str | Event, number: str = "1") -> None:
    """A report that its caller has begun, by these keys after the language, and hung up on."""
    desk = house.desk(memory=memory(house))
    call = play(desk, desk.begin(arrival(number)), "1", "1", *keys, HungUp())
    desk.end(call, "hangup")


def taken_up(house: House, number: str = "2") -> Call:
    """The next call of that number, whose caller goes on with it."""
    desk = house.desk(memory=memory(house))
    call = desk.begin(arrival(number))
    assert [prompt.key for prompt in call.turn.prompts][-1] == "draft"
    return play(desk, call, "1")


@pytest.mark.parametrize(
    ("keys", "node"),
    [
        (("2",), "report_service_2"),
        (("2", "1"), "location"),
        (("2", "1", "1"), "ask_building"),
        (("2", "1", "1", "7421"), "ask_postal"),
        (("2", "1", "1", "7421", "23218"), "description"),
        (("2", "1", "3"), "areas"),
        (("2", "1", "2"), "ask_short_address"),
        (("2", "1", "1", "7421", "23218", NoInput()), "confirm"),
    ],
)
def test_a_report_goes_on_at_the_question_at_which_its_caller_hung_up(
    house: House, keys: tuple[str | Event, ...], node: str
) -> None:
    """With all that they had given, and the same way back."""
    begun(house, *keys)
    call = taken_up(house)
    assert call.session.node == node
    assert call.session.answers.get("service_code", "RD_HOLE") == "RD_HOLE"
    assert "draft" not in call.session.answers
    assert play(house.desk(), call, "0").turn.action == Transfer("operators")


def test_a_draft_is_offered_once_and_its_report_is_whole(house: House) -> None:
    """Taken up it is nobody's draft any more; sent, it has what both calls have given."""
    begun(house, "2", "1", "1", "7421")
    desk = house.desk(memory=memory(house))
    call = play(desk, taken_up(house), "23218", Recorded("2-9", 3000), "1")
    desk.end(call, "hangup")
    (ticket,) = house.tickets()
    assert (ticket.service_code, ticket.address["building_number"]) == ("RD_HOLE", "7421")
    assert house.desk(memory=memory(house)).begin(arrival("3")).turn.node == "main"


def test_who_begins_anew_is_not_offered_it_again(house: House) -> None:
    """Nor is another number, or one that is withheld."""
    begun(house, "2", "1")
    desk = house.desk(memory=memory(house))
    assert desk.begin(arrival("2", caller="+966559876543")).turn.node == "language"
    assert "draft" not in desk.begin(arrival("3", withheld=True)).session.answers
    call = play(desk, desk.begin(arrival("4")), "2")
    assert call.session.node == "main"
    assert desk.begin(arrival("5")).turn.node == "main"


def test_a_draft_is_kept_for_half_an_hour(house: House) -> None:
    """From the hang-up on."""
    begun(house, "2", "1")
    left = house.client().ttl(f"hotline:draft:{CALLER}")
    assert DRAFT_KEPT_S - 60 <= left <= DRAFT_KEPT_S == 1800


def test_a_report_that_was_sent_or_given_leaves_no_draft(house: House) -> None:
    """Nor does a call that asked for nothing, or cancelled."""
    desk = house.desk(memory=memory(house))
    spoken = (*REPORT[1:], Recorded("1-9", 3000))
    calls: list[list[str | Event]] = [[], ["4"], [*spoken, "1"], [*spoken], [*spoken, "9"]]
    for number, keys in enumerate(calls):
        call = play(desk, desk.begin(arrival(str(number))), *keys, HungUp())
        desk.end(call, "hangup")
        if number == 0:
            memory(house).keep_language(CALLER, "ar")
    assert house.client().exists(f"hotline:draft:{CALLER}") == 0
    assert len(house.tickets()) == 2


@pytest.mark.parametrize("kept", ["", "no JSON", "[]", '{"answers": 3}', '{"answers": {}}'])
def test_what_is_no_draft_is_none(house: House, kept: str) -> None:
    """Whatever stands there, the caller is answered as ever."""
    memory(house).keep_draft(CALLER, kept)
    memory(house).keep_language(CALLER, "ar")
    assert house.desk(memory=memory(house)).begin(arrival("1")).turn.node == "main"

"""Who calls: blocked, withheld, or whatever the network makes up."""

import pytest
import redis
import sqlalchemy as sa

from blacklist.record.schema import reviews
from call_handlers.arrival import Arrival
from ivr.event import Recorded
from ivr.turn import Transfer
from tests.fixtures.calls import CALLER, House, arrival, play
from tests.fixtures.dialog import LOOKED_UP, REPORT

# --- who calls ------------------------------------------------------------------------------------


def test_a_blocked_caller_is_told_for_how_long(house: House) -> None:
    """The dialog begins at the notice, with the days that are left, rounded up."""
    house.restrict(CALLER, days=7)
    house.clock.now += 3600
    desk = house.desk()
    call = desk.begin(arrival())
    assert (call.turn.node, call.turn.prompts[0].values) == ("blocked_notice", {"days": "7"})
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.verdict) == ("blocked", "block")
    assert record.verdict_reason == "harassment"
    assert record.verdict_rule.startswith("exact_number")


def test_the_record_says_which_limit_was_passed(house: House) -> None:
    """Whoever asks why a caller was put last finds the rule and the window."""
    desk = house.desk()
    for number in range(16):
        desk.end(desk.begin(arrival(str(number), trunk="north")), "hangup")
    record, _ = house.written(desk.begin(arrival("last", trunk="north")).call_id)
    assert (record.verdict, record.verdict_reason) == ("low_priority", "flood")
    assert (record.verdict_rule, record.trunk) == ("rate: window 1", "north")


def test_a_withheld_number_is_served_and_not_kept(house: House) -> None:
    """The network says that the caller does not want it shown."""
    desk = house.desk()
    call = desk.begin(arrival(withheld=True))
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    assert (record.withheld, record.e164, record.caller) == (True, None, "")


STRANGE = [
    "'; DROP TABLE calls; --",
    '"><script>alert(1)</script>',
    "0501234567\nSet-Cookie: x=1",
    "0501234567\r\nEXEC System rm",
    "SIP/trunk/0501234567&Local/911@agencies",
    "\u202e7654321050\u202c",
    "\u2066+966\u2069",
    "0501\x00234567",
    "\x1b[2J\x1b]0;owned\x07",
    "\udcff\udc80caller",
    "=cmd|' /C calc'!A0",
    "5" * 9000,
    "😀" * 3000,
    "%s%n{0}$(id)`id`",
]


@pytest.mark.parametrize("caller", STRANGE, ids=range(len(STRANGE)))
def test_whatever_the_network_sends_as_a_caller_is_harmless_text(house: House, caller: str) -> None:
    """The call is served; the record keeps printable text of at most 64 characters."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival(caller=caller, provider_id=caller)), "1")
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    for kept, most in ((record.caller, 64), (record.provider_id, 200)):
        assert kept.isprintable()
        assert len(kept) <= most
    assert record.disposition == "abandoned"
    assert desk.recording_name(call) == f"{call.call_id}-2"


@pytest.mark.parametrize("attestation", ["D", "AA", "a", "\n", "A\n"])
def test_an_attestation_that_does_not_exist_is_none(house: House, attestation: str) -> None:
    """Only the three letters of the standard."""
    call = house.desk().begin(arrival(attestation=attestation))
    assert house.written(call.call_id)[0].attestation == ""


def test_no_digits_that_a_caller_entered_are_in_the_record(house: House) -> None:
    """Of an address only the number of keys is kept, right or wrong."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT[:5], "7", "742", "7421", "23218")
    desk.end(call, "hangup")
    _, events = house.written(call.call_id)
    entered = [event for event in events if event.node.startswith("ask_")]
    assert [event.input for event in entered] == ["7", "3 keys", "4 keys", "5 keys"]
    assert all("7421" not in str(event) and "23218" not in str(event) for event in events)


def test_no_personal_data_is_in_what_the_store_calls_events(house: House) -> None:
    """Not in Redis either."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT)
    with redis.Redis.from_url(house.redis_url) as client:
        rows = client.lrange(f"hotline:call:{call.call_id}:events", 0, -1)
    assert len(rows) == len(REPORT) + LOOKED_UP
    assert all(b"7421" not in row and CALLER.encode() not in row for row in rows)


def test_an_arrival_without_anything_is_served(house: House) -> None:
    """No number, no attestation."""
    call = house.desk().begin(Arrival("test", ""))
    assert call.turn.node == "language"


def test_a_review_request_is_kept_with_its_recording(house: House) -> None:
    """Once, however often the effect runs; it waits for somebody to decide."""
    house.restrict(CALLER, days=7)
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1", Recorded("call-2", 3000))
    assert call.turn.node == "review_noted"
    desk.end(call, "done")
    with house.engine.begin() as connection:
        rows = connection.execute(sa.select(reviews)).all()
    assert [(row.number, row.call_id, row.recording_ref) for row in rows] == [
        (CALLER, call.call_id, "call-2")
    ]
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.verdict) == ("blocked", "block")


def test_the_challenge_lets_in_who_presses_its_digit(house: House) -> None:
    """The digit that the caller heard leads into the menu; the queue takes them last."""
    house.restrict(CALLER, days=1, disposition="challenge")
    desk = house.desk()
    call = desk.begin(arrival())
    digit = call.turn.prompts[0].values["challenge"]
    wrong = "1" if digit != "1" else "2"
    call = play(desk, call, wrong)
    assert call.turn.node == "challenge_again"
    call = play(desk, call, digit, "1", "0")
    assert call.turn.action == Transfer("operators", last=True)
    desk.end(call, "transferred")

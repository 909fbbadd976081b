"""Ending a call: once, by whoever comes first, and with all that it made."""

import threading
from concurrent.futures import ThreadPoolExecutor

from ivr.event import HungUp, Transferred
from tests.fixtures.calls import House, arrival, play, to_confirm
from tests.fixtures.dialog import REPORT

# --- ending ---------------------------------------------------------------------------------------


def test_the_first_end_counts(house: House) -> None:
    """The channel, the hang-up handler and a second server may all tell the end."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    desk.end(call, "hangup")
    house.clock.now += 100
    desk.end(call, "done")
    house.desk().end(arrival(), "failed")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.seconds) == ("abandoned", 0.0)
    assert [event.kind for event in events] == ["digits", "end"]


def test_sixteen_ends_at_once_are_one(house: House) -> None:
    """Exactly one of them closes the record."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    barrier = threading.Barrier(16)

    def ended(number: int) -> bool:
        barrier.wait()
        return desk.ended(call if number % 2 else arrival(), "hangup")

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ended, range(16))) == 1


def test_the_hang_up_handler_ends_a_call_whose_server_died(house: House) -> None:
    """It knows the arrival alone; the answers and events are in the store."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), *REPORT[:6])
    house.desk().end(arrival(), "hangup")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.last_node) == ("abandoned", "ask_postal")
    assert len(events) == 7


def test_a_caller_who_hangs_up_while_the_ticket_is_opened_has_it_in_the_record(
    house: House,
) -> None:
    """The handler comes while the effect runs: it waits for nothing, and runs it too."""
    reached = threading.Event()
    go_on = threading.Event()

    def slow(new: object, now: object) -> object:
        reached.set()
        assert go_on.wait(10)
        return house.open_ticket(new, now)  # type: ignore[arg-type]

    desk = house.desk(opener=slow)  # type: ignore[arg-type]
    call = to_confirm(desk, desk.begin(arrival()))
    with ThreadPoolExecutor(1) as pool:
        advancing = pool.submit(play, desk, call, "1")
        assert reached.wait(10)
        house.desk().end(arrival(), "hangup")
        go_on.set()
        advancing.result(timeout=10)
    (ticket,) = house.tickets()
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.tickets) == ("completed", (ticket.service_request_id,))


def test_ending_what_never_began_does_nothing(house: House) -> None:
    """A hang-up before the first turn."""
    assert house.desk().ended(arrival("999"), "hangup") is False


def test_a_call_that_operators_took_without_us_was_transferred(house: House) -> None:
    """Every server was away, so the dialplan put it through."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "1")
    desk.end(arrival(), "transferred")
    record, _ = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == ("transferred", "operators")


def test_a_transfer_is_in_the_record(house: House) -> None:
    """To whom, and that the first try failed."""
    desk = house.desk()
    call = play(desk, desk.begin(arrival()), "0", Transferred("busy"), "0")
    desk.end(call, "transferred")
    record, events = house.written(call.call_id)
    assert (record.disposition, record.transferred_to) == ("transferred", "operators")
    assert ("transfer", "busy") in [(event.kind, event.input) for event in events]


def test_a_caller_who_hangs_up_is_an_event(house: House) -> None:
    """The channel says so by an event and then ends the call."""
    desk = house.desk()
    call = desk.advance(desk.begin(arrival()), HungUp())
    desk.end(call, "hangup")
    record, events = house.written(call.call_id)
    assert record.disposition == "abandoned"
    assert [event.kind for event in events] == ["hangup", "end"]

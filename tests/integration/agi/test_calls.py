"""Whole calls between the fake Asterisk and real FastAGI servers that share one desk."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.contextvars import bound_contextvars
from structlog.testing import capture_logs

from agi_scripts.channel import AgiChannel
from agi_scripts.connection import Connection
from agi_scripts.environment import Environment
from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from call_handlers.arrival import Call
from ivr.event import Digits, HungUp, NoInput, Recorded, Transferred
from ivr.turn import Collect, Record, Transfer
from lab.callers.asterisk_model import (
    Act,
    Caller,
    ChannelModel,
    HangUp,
    Listening,
    Press,
    Silent,
    Speak,
)
from lab.callers.fake_asterisk import FakeAsterisk, environment_lines
from tests.fixtures.agi import GOODBYE, ListDesk, dialog, serving, stub_sounds

MENU = (Collect(1), "main")
ENTRY = (Collect(4), "ask_building")


@contextlib.contextmanager
def asterisk_with(*desks: ListDesk) -> Iterator[tuple[FakeAsterisk, list[FastAgiServer]]]:
    """A fake Asterisk with one server for each desk."""
    servers = [
        FastAgiServer("127.0.0.1", 0, make_scripts(desk, stub_sounds(), recordings="/rec"))
        for desk in desks
    ]
    with serving(*servers):
        addresses = [("127.0.0.1", server.port) for server in servers]
        yield FakeAsterisk(addresses, seconds=10), servers


def acting(*acts: Act) -> Caller:
    """A caller who does these one after another, then hangs up."""
    left = list(acts)

    def caller(_listening: Listening) -> Act:
        return left.pop(0) if left else HangUp()

    return caller


def test_a_whole_call_is_lived_and_ended_once() -> None:
    """Begin, turns, end: the desk hears of each once, the caller hears each prompt once."""
    desk = ListDesk(dialog(MENU, ENTRY, (Record(60), "record_notice"), MENU, GOODBYE))
    with asterisk_with(desk) as (asterisk, _):
        lived = asterisk.call(
            acting(Press("1"), Press("7421"), Speak(3), Silent()),
            number="+966501234567",
            attestation="A",
        )
    assert desk.events == [Digits("1"), Digits("7421"), Recorded("rec-3", 3000), NoInput()]
    assert [listening.files for listening, _ in lived.turns] == [
        ("/s/ar/main",),
        ("/s/ar/ask_building",),
        ("/s/ar/record_notice",),
        ("/s/ar/main",),
    ]
    assert lived.last_heard == ("/s/ar/goodbye",)
    assert (lived.done, lived.hung_up, lived.alone) == ("hangup", True, False)
    assert [visit.script for visit in lived.visits] == ["call"]
    assert [reason for _, reason in desk.ends] == ["done"]
    arrival = desk.arrivals[0]
    assert (arrival.caller, arrival.attestation) == ("+966501234567", "A")


def test_a_caller_who_hangs_up_ends_the_call() -> None:
    """The desk hears of it as an event and as an end."""
    desk = ListDesk(dialog(MENU, ENTRY))
    with asterisk_with(desk) as (asterisk, _):
        lived = asterisk.call(acting(Press("1"), HangUp()))
    assert desk.events == [Digits("1"), HungUp()]
    assert [reason for _, reason in desk.ends] == ["hangup"]
    assert lived.done == ""
    assert [(visit.script, visit.status) for visit in lived.visits] == [("call", "HANGUP")]


def test_an_end_that_the_dialplan_does_not_hear_of_counts_all_the_same() -> None:
    """The record is closed before it is told; the handler then comes, and changes nothing."""
    desk = ListDesk(dialog(GOODBYE))
    script = make_scripts(desk, stub_sounds(), recordings="/rec")["call"]
    environment = Environment({"agi_uniqueid": "1.1", "agi_network_script": "call"})
    ours, theirs = socket.socketpair()
    with bound_contextvars(call_id=""), ours, theirs:  # the script binds its own, in this thread
        theirs.sendall(b"200 result=0\n200 result=1 (SUCCESS)\n200 result=1\n")
        theirs.shutdown(socket.SHUT_WR)
        assert script(AgiChannel(Connection(ours), environment)) == "hangup"
    assert [reason for _, reason in desk.ends] == ["done"]


def test_a_transfer_that_is_answered_ends_in_the_handler() -> None:
    """The script has ended by then; the hang-up handler tells the desk."""
    desk = ListDesk(dialog(MENU, (Transfer("911"), "connecting")))
    with asterisk_with(desk) as (asterisk, _):
        lived = asterisk.call(acting(Press("4")))
    assert (lived.done, lived.transferred_to) == ("transfer", "911")
    assert [reason for _, reason in desk.ends] == ["transferred"]


@pytest.mark.parametrize("result", ["busy", "no_answer", "unavailable"])
def test_a_transfer_that_fails_goes_on_with_the_dialog(result: str) -> None:
    """The stored call comes back and is told the result."""
    desk = ListDesk(dialog(MENU, (Transfer("operators"), "connecting"), MENU, GOODBYE))
    with asterisk_with(desk) as (asterisk, _):
        lived = asterisk.call(acting(Press("0"), Press("3")), transfers=lambda _target: result)
    assert desk.events == [Digits("0"), Transferred(result), Digits("3")]
    assert [visit.script for visit in lived.visits] == ["call", "transferred"]
    assert [reason for _, reason in desk.ends] == ["done"]


def test_a_result_that_another_server_took_is_not_taken_twice() -> None:
    """That server died before it could act; its turn is performed and no event made."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    with asterisk_with(desk) as (asterisk, _):
        channel = ChannelModel(acting(Press("3")))
        environment = environment_lines("+966501234567", 0)
        asterisk.agi(asterisk.servers[0], "transferred", ["busy"], channel, environment)
    assert desk.events == [Digits("3")]
    assert channel.variables["IVR_DONE"] == "hangup"


@pytest.mark.parametrize(("act", "reason"), [(Press("1"), "done"), (HangUp(), "hangup")])
def test_the_end_is_told_by_the_script_that_led_there(act: Act, reason: str) -> None:
    """The record does not wait for the hang-up handler, which may not get through."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    scripts = make_scripts(desk, stub_sounds(), recordings="/rec")
    server = FastAgiServer("127.0.0.1", 0, {"call": scripts["call"]})
    with serving(server):
        FakeAsterisk([("127.0.0.1", server.port)]).call(acting(act))
    assert [ended for _, ended in desk.ends] == [reason]


def test_a_caller_who_hangs_up_while_waiting_for_an_operator_has_hung_up() -> None:
    """IVR_DONE says transfer, but nobody answered."""
    desk = ListDesk(dialog((Transfer("operators"), "connecting"), MENU))
    with asterisk_with(desk) as (asterisk, _):
        asterisk.call(acting(HangUp()), transfers=lambda _target: "no_answer")
    assert [reason for _, reason in desk.ends] == ["hangup"]


def test_a_server_that_dies_in_mid_call_leaves_the_turn_to_the_next() -> None:
    """The caller hears the same question again, and the answers given so far are there."""
    desk = ListDesk(dialog(MENU, ENTRY, GOODBYE))
    with asterisk_with(desk, desk) as (asterisk, servers):

        def caller(listening: Listening) -> Act:
            if listening.files == ("/s/ar/main",):
                return Press("1")
            if servers[0].in_progress:
                servers[0].stop()  # as the caller is asked for the building
                return Press("7421")
            return Press("9999")

        lived = asterisk.call(caller)
    assert [listening.files for listening, _ in lived.turns] == [
        ("/s/ar/main",),
        ("/s/ar/ask_building",),
        ("/s/ar/ask_building",),
    ]
    assert desk.events == [Digits("1"), Digits("9999")]
    assert [(visit.script, visit.status) for visit in lived.visits] == [
        ("call", "SUCCESS"),
        ("call", "SUCCESS"),
    ]
    assert [reason for _, reason in desk.ends] == ["done"]


def test_a_desk_that_fails_sends_the_call_to_a_human_and_others_go_on() -> None:
    """IVR_DONE stays unset, all servers are tried, then the operators; other calls go on."""

    def fail(_call: Call) -> None:
        raise RuntimeError("this desk cannot go on")

    failing, working = ListDesk(dialog(MENU), on_advance=fail), ListDesk(dialog(MENU, GOODBYE))
    with (
        asterisk_with(failing, failing) as (asterisk, _),
        asterisk_with(working) as (other, _),
        capture_logs() as logs,
    ):
        going_on = threading.Event()

        def patient(_listening: Listening) -> Act:
            assert going_on.wait(10)
            return Press("1")

        with ThreadPoolExecutor(1) as pool:
            theirs = pool.submit(other.call, patient)
            lived = asterisk.call(lambda _listening: Press("1"))
            going_on.set()
            assert theirs.result(10).done == "hangup"
    assert (lived.done, lived.alone, lived.transferred_to) == ("", True, "operators")
    assert [visit.script for visit in lived.visits] == ["call", "call", "call", "ended"]
    assert sum(entry["event"] == "agi_call_failed" for entry in logs) == 3


def test_a_call_without_any_server_reaches_the_operators() -> None:
    """Two refused connections, no third, and a human."""
    lived = FakeAsterisk([("127.0.0.1", 1), ("127.0.0.1", 1)]).call(acting())
    assert (lived.alone, lived.transferred_to) == (True, "operators")
    assert [(visit.script, visit.status) for visit in lived.visits] == [
        ("call", "FAILURE"),
        ("call", "FAILURE"),
        ("ended", "FAILURE"),
        ("ended", "FAILURE"),
    ]


def test_a_call_whose_first_prompt_cannot_be_played_goes_to_the_operators_at_once() -> None:
    """The server there has led it to a decision: no other is asked, who would fail alike."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    with asterisk_with(desk, desk) as (asterisk, _):
        asterisk.exists = lambda _path: False
        lived = asterisk.call(acting(Press("1")))
    assert (lived.transferred_to, lived.alone) == ("operators", False)
    assert [visit.script for visit in lived.visits] == ["call", "ended"]
    assert [reason for _, reason in desk.ends] == ["transferred"]


def test_a_full_server_sends_the_call_to_the_next() -> None:
    """Busy is no failure: the second server leads the call."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    scripts = make_scripts(desk, stub_sounds(), recordings="/rec")
    full = FastAgiServer("127.0.0.1", 0, scripts, max_calls=0)
    free = FastAgiServer("127.0.0.1", 0, scripts)
    with serving(full, free):
        asterisk = FakeAsterisk([("127.0.0.1", full.port), ("127.0.0.1", free.port)])
        lived = asterisk.call(acting(Press("1")))
    assert lived.done == "hangup"
    assert [visit.server[1] for visit in lived.visits] == [full.port, free.port]


def test_the_handler_of_a_call_that_no_script_finished_closes_its_record() -> None:
    """A hang-up that no server saw still ends the call, without a sound."""
    desk = ListDesk(dialog(MENU))
    with asterisk_with(desk) as (asterisk, servers):
        arrived = threading.Event()

        def caller(_listening: Listening) -> Act:
            servers[0].drain(0)
            arrived.set()
            return HangUp()

        addresses = list(asterisk.servers)
        with asterisk_with(desk) as (second, _):
            asterisk.servers = [*addresses, *second.servers]
            lived = asterisk.call(caller)
    assert arrived.is_set()
    assert lived.visits[-1].script == "ended"
    assert [reason for _, reason in desk.ends] == ["hangup"]


@pytest.mark.parametrize(
    "name",
    ['"\nEXEC System reboot', "=HYPERLINK(1)", "<script>", "n" * 9000, "\u202e\x00", "anonymous"],
)
def test_whatever_stands_in_a_name_the_call_is_led(name: str) -> None:
    """The name is not used, and nothing of it is sent back to Asterisk as a command."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    with asterisk_with(desk) as (asterisk, _):
        lived = asterisk.call(acting(Press("1")), extra={"agi_calleridname": name})
    assert lived.done == "hangup"
    assert lived.commands == 6


def test_a_number_with_a_newline_is_served_as_withheld() -> None:
    """It proves nothing, and turns nobody away."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    with asterisk_with(desk) as (asterisk, _):
        lived = asterisk.call(
            acting(Press("1")), number='"\nagi_callerid: +966500000001', attestation="A"
        )
    assert lived.done == "hangup"
    arrival = desk.arrivals[0]
    assert (arrival.caller, arrival.withheld, arrival.attestation) == ("", True, "")


def test_two_hundred_calls_at_once_keep_apart() -> None:
    """Every caller gets the dialog of their own call, to its end."""
    desk = ListDesk(dialog(MENU, ENTRY, MENU, GOODBYE))
    everybody = threading.Barrier(200)

    def live(asterisk: FakeAsterisk, n: int) -> tuple[str, int]:
        acts = acting(Press("1"), Press(f"{n:04d}"), Press("2"))

        def caller(listening: Listening) -> Act:
            if listening.files == ("/s/ar/ask_building",):
                everybody.wait(60)  # all are in their call at this moment
            return acts(listening)

        lived = asterisk.call(caller, number=f"+96650{n:07d}")
        return lived.done, len(lived.turns)

    with asterisk_with(desk) as (asterisk, servers):
        with ThreadPoolExecutor(200) as pool:
            done = list(pool.map(lambda n: live(asterisk, n), range(200)))
        assert servers[0].in_progress == 0
    assert done == [("hangup", 3)] * 200
    entered = {event.value for event in desk.events if isinstance(event, Digits)}
    assert entered == {"1", "2"} | {f"{n:04d}" for n in range(200)}
    assert len(desk.ends) == 200

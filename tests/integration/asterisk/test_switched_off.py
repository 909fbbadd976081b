"""FastAGI machines that are switched off: no caller waits for them, and not twice."""

import re
import socket
import time
from collections.abc import Mapping

import pytest

from embedded.asterisk.instance import AsteriskInstance
from lab.callers.baresip import SipCaller
from tests.fixtures.asterisk import NewCaller, running_asterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.swallowing import swallowing
from tests.integration.asterisk.scripted_agi import ScriptedAgi
from tests.integration.asterisk.test_dialplan import OPERATOR, answered, say_goodbye, wait_tone

pytestmark = pytest.mark.asterisk

FRESH_S = 0.1
"""A younger sign of life is believed without another look (HOTLINE_FRESH in extensions.conf)."""


def test_with_both_machines_off_a_human_answers_within_two_seconds(new_caller: NewCaller) -> None:
    """Each of them alone would hold AGI() for two seconds."""
    with swallowing() as first, swallowing() as second, running_asterisk(first, second) as asterisk:
        for _ in range(2):
            caller = new_caller(asterisk)
            begun = answered(caller)
            assert wait_tone(caller, OPERATOR) - begun <= 2.0
            caller.hang_up()


def test_both_machines_may_go_right_after_a_call(new_caller: NewCaller) -> None:
    """What was seen at the last call's beginning is not believed at the next one's."""
    with (
        ScriptedAgi(say_goodbye) as here,
        swallowing() as first,
        swallowing() as second,
        running_asterisk(here.address, here.address) as asterisk,
    ):
        caller, next_caller = new_caller(asterisk), new_caller(asterisk)
        answered(caller)
        caller.wait_closed()
        wait_until(lambda: seen_s_ago(asterisk) > FRESH_S, what="the last sign of life is old")
        for name, off in (("AGI_A", first), ("AGI_B", second)):
            asterisk.rx(f"dialplan set global {name} {off}")
        begun = answered(next_caller)
        assert wait_tone(next_caller, OPERATOR) - begun <= 2.0


def test_with_the_first_machine_off_the_second_leads_at_once(new_caller: NewCaller) -> None:
    """The first caller waits for a second, and those who come later for nothing."""
    with (
        swallowing() as first,
        ScriptedAgi(say_goodbye) as second,
        running_asterisk(first, second.address) as asterisk,
    ):
        for _ in range(3):
            caller = new_caller(asterisk)
            begun = answered(caller)
            second.next_call("call")
            assert time.monotonic() - begun <= 2.0
            caller.wait_closed()
            second.next_call("ended")


def test_a_program_that_hangs_is_passed_over(new_caller: NewCaller) -> None:
    """Its machine takes the connection and nobody speaks; Asterisk would wait for ever."""
    with (
        socket.create_server(("127.0.0.1", 0)) as hung,
        ScriptedAgi(say_goodbye) as second,
        running_asterisk(f"127.0.0.1:{hung.getsockname()[1]}", second.address) as asterisk,
    ):
        caller = new_caller(asterisk)
        begun = answered(caller)
        second.next_call("call")
        assert time.monotonic() - begun <= 2.0
        caller.wait_closed()
        wait_until(lambda: asterisk.active_calls() == 0, what="no look is left behind")


def test_a_machine_that_is_back_leads_again(new_caller: NewCaller) -> None:
    """Nobody waits for it meanwhile; the first look that succeeds is enough."""
    with (
        ScriptedAgi(say_goodbye) as second,
        ScriptedAgi(say_goodbye) as first,
        swallowing() as off,
        running_asterisk(off, second.address) as asterisk,
    ):
        servers = {"first": first, "second": second}
        assert leads(new_caller(asterisk), servers) == "second"
        asterisk.rx(f"dialplan set global AGI_A {first.address}")
        wait_until(lambda: leads(new_caller(asterisk), servers) == "first", 20, "the first is back")


def seen_s_ago(asterisk: AsteriskInstance) -> float:
    """How long ago a server last gave a sign of life, as the dialplan remembers it."""
    times = re.findall(r"HOTLINE_SEEN_[AB]=([0-9]+)", asterisk.rx("dialplan show globals"))
    return time.time() - max(map(int, times)) / 1000


def leads(caller: SipCaller, servers: Mapping[str, ScriptedAgi]) -> str:
    """Which server leads one more call."""
    answered(caller)
    caller.wait_closed()
    found = ""
    for name, server in servers.items():
        while not server.calls.empty():
            found = name if server.calls.get().script == "call" else found
    return found

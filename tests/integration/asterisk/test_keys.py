"""Keys on a real Asterisk, however a caller's network sends them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fixtures.asterisk import running_asterisk
from tests.fixtures.telephone import Telephone
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi

pytestmark = pytest.mark.asterisk

PAD = "0123456789*#"


def listen(agi: Agi) -> None:
    """A server that hears keys until none came for two seconds."""
    if agi.script != "call":
        return
    keys = ""
    while len(reply := agi.command("WAIT FOR DIGIT 2000").partition("result=")[2]) > 1:
        keys += chr(int(reply))
    agi.environment["keys"] = keys
    agi.done("hangup")


@contextmanager
def call(*, events: bool) -> Iterator[tuple[Telephone, ScriptedAgi]]:
    """A telephone that is answered, and the server that listens to it."""
    with (
        ScriptedAgi(listen) as server,
        running_asterisk(server.address) as asterisk,
        Telephone(asterisk.sip_address, events=events) as caller,
    ):
        caller.dial()
        yield caller, server


def heard(caller: Telephone, server: ScriptedAgi) -> str:
    """The keys that arrived, once the server has hung up."""
    leading = server.next_call("call")
    caller.wait_over(15)
    return leading.environment["keys"]


def test_keys_are_heard_as_tones_where_the_network_knows_no_events() -> None:
    """G.711 alone: the keys are in the sound (ITU-T Q.23)."""
    with call(events=False) as (caller, server):
        caller.press_in_sound(PAD)
        assert heard(caller, server) == PAD


def test_keys_are_heard_as_events_where_the_network_knows_them() -> None:
    """RFC 4733, each key once, three ends and all."""
    with call(events=True) as (caller, server):
        caller.press(PAD)
        assert heard(caller, server) == PAD


def test_a_network_that_sends_both_doubles_no_key() -> None:
    """Where events were agreed on, tones in the sound are sound."""
    with call(events=True) as (caller, server):
        caller.press("7742", tones_too=True)
        assert heard(caller, server) == "7742"

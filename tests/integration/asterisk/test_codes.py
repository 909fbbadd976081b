"""The codes on the centre's telephones, on a real Asterisk: who may press them, what is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty

import pytest

from embedded.asterisk.instance import AsteriskInstance
from lab.callers.baresip import CallerFailed, SipCaller
from tests.fixtures.asterisk import NewCaller, NewTelephone, running_asterisk
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi
from tests.integration.asterisk.test_dialplan import answered, wait_tone

pytestmark = pytest.mark.asterisk


def serve(agi: Agi) -> None:
    """A server that sends callers to the operators, and has said all on any code."""
    if agi.script == "call":
        agi.done("transfer", "operators")
    elif agi.script in ("inside", "strike"):
        agi.done("hangup")


@contextmanager
def centre(
    server: ScriptedAgi, *telephones: SipCaller, members: str = ""
) -> Iterator[AsteriskInstance]:
    """An Asterisk with these telephones; the first is called as OPERATORS, or all as `members`."""
    names = {one.number or "": one.address for one in telephones}
    told = {"OPERATORS": f"PJSIP/{next(iter(names))}"}
    with running_asterisk(server.address, globals=told, telephones=names) as asterisk:
        for one in telephones:
            one.target = asterisk.sip_address
        if members:
            asterisk.rx("queue remove member Local/s@hotline-operators/n from operators")
            asterisk.rx(f"queue add member {members} to operators")
        yield asterisk


def talking(caller: SipCaller, operator: SipCaller, server: ScriptedAgi) -> Agi:
    """The caller has reached the operator; the connection that led the call."""
    answered(caller)
    led = server.next_call("call")
    operator.wait_called()
    return led


def no_more(server: ScriptedAgi, seconds: float) -> bool:
    """Whether nothing is asked of the server for so long."""
    try:
        return server.calls.get(timeout=seconds) is None
    except Empty:
        return True


@pytest.mark.parametrize("members", ["", "PJSIP/operator-1"])
def test_an_operator_strikes_the_caller_on_the_line(
    new_caller: NewCaller, new_telephone: NewTelephone, members: str
) -> None:
    """With the call's id, the reason and the telephone, whether the queue rings it or Dial does."""
    operator = new_telephone("operator-1")
    with ScriptedAgi(serve) as server, centre(server, operator, members=members) as asterisk:
        call = talking(new_caller(asterisk), operator, server)
        operator.press("*352")
        strike = server.next_call("strike")
        unique = call.environment["agi_uniqueid"]
        assert strike.arguments == (unique, "2", "operator-1")
        assert strike.environment["agi_channel"].startswith("PJSIP/operator-1-")
        operator.press("*356")  # they talk on, and may press again
        assert server.next_call("strike").arguments == (unique, "6", "operator-1")


def test_a_caller_who_presses_the_same_keys_strikes_nobody(
    new_caller: NewCaller, new_telephone: NewTelephone
) -> None:
    """Only the operator's leg knows the codes."""
    operator = new_telephone("operator-1")
    with ScriptedAgi(serve) as server, centre(server, operator) as asterisk:
        caller = new_caller(asterisk)
        talking(caller, operator, server)
        caller.press("*352*351")
        operator.press("*353")  # a signal: what the caller pressed before has had its effect
        assert server.next_call("strike").arguments[1] == "3"
        assert no_more(server, 0.5)


def test_with_no_server_the_operator_hears_so_and_talks_on(
    new_caller: NewCaller, new_telephone: NewTelephone
) -> None:
    """Three short tones on the operator's side; the call stays."""
    operator = new_telephone("operator-1")
    with ScriptedAgi(serve) as server, centre(server, operator) as asterisk:
        talking(new_caller(asterisk), operator, server)
        server.refuse()
        operator.press("*351")
        wait_tone(operator, 950)
        assert asterisk.active_calls() > 0
        assert operator.closed is None


@pytest.mark.parametrize(("code", "name"), [("*30", "add"), ("*31", "remove"), ("*32", "last")])
def test_an_inside_telephone_dials_a_code(
    new_telephone: NewTelephone, code: str, name: str
) -> None:
    """The script hears which code, and whose telephone; none has had a caller yet."""
    telephone = new_telephone("desk-7")
    with ScriptedAgi(serve) as server, centre(server, telephone):
        telephone.dial(code)
        telephone.wait_established()
        assert server.next_call("inside").arguments[:2] == (name, "desk-7")
        telephone.wait_closed()


@pytest.mark.parametrize("members", ["", "PJSIP/operator-1"])
def test_the_last_caller_is_the_telephones_own(
    new_caller: NewCaller, new_telephone: NewTelephone, members: str
) -> None:
    """Not anybody's: another telephone has had none."""
    operator, other = new_telephone("operator-1"), new_telephone("operator-2")
    with ScriptedAgi(serve) as server, centre(server, operator, other, members=members) as asterisk:
        caller = new_caller(asterisk)
        call = talking(caller, operator, server)
        caller.hang_up()
        operator.wait_closed()
        server.next_call("ended")
        operator.dial("*32")
        asked = server.next_call("inside")
        assert asked.arguments == ("last", "operator-1", call.environment["agi_uniqueid"])
        other.dial("*32")
        assert server.next_call("inside").arguments[:2] == ("last", "operator-2")
        assert server.calls.empty()


def test_the_trunk_reaches_no_code_and_no_inside_telephone_reaches_the_hotline(
    new_caller: NewCaller, new_telephone: NewTelephone
) -> None:
    """Each side dials only what is its own."""
    telephone = new_telephone("desk-7")
    with ScriptedAgi(serve) as server, centre(server, telephone) as asterisk:
        caller = new_caller(asterisk)
        for one, number in ((caller, "*30"), (caller, "*31"), (caller, "*32"), (telephone, "940")):
            one.dial(number)
            with pytest.raises(CallerFailed, match="404"):
                one.wait_established()
        assert server.calls.empty()


def test_an_address_that_is_no_telephone_is_refused(new_telephone: NewTelephone) -> None:
    """Whatever name it gives."""
    known, stranger = new_telephone("desk-7"), new_telephone("operator-1")
    with ScriptedAgi(serve) as server, centre(server, known) as asterisk:
        stranger.target = asterisk.sip_address
        stranger.dial("*30")
        with pytest.raises(CallerFailed, match="403"):
            stranger.wait_established()
        assert server.calls.empty()

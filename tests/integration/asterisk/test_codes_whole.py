"""The codes from keys to the blocklist: real Asterisk, FastAGI, Redis and database."""

import queue
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agi_scripts.channel import AgiChannel
from agi_scripts.codes import make_code_scripts
from agi_scripts.scripts import Script, make_scripts
from agi_scripts.server import FastAgiServer
from call_handlers.history import Wanted, list_calls
from call_handlers.inside import InsideCall, InsideDesk
from embedded.asterisk.instance import AsteriskInstance
from hotline.bootstrap import Services
from hotline.codes import make_inside_desk
from hotline.register import make_register
from hotline.settings import Settings
from ivr.event import Event
from lab.callers.baresip import SipCaller
from people.person import Person
from people.pins import set_pin
from tests.fixtures.asterisk import NewCaller, NewTelephone, running_asterisk
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import database_url, wait_until

__all__ = ["database_url"]

pytestmark = [pytest.mark.asterisk, pytest.mark.alone("one call")]

CALLER = "+966501234567"
MAHA = Person("maha", "manager")


@dataclass
class Watched:
    """A desk that tells when a telephone is at a question, so that nobody has to guess when."""

    desk: InsideDesk
    nodes: queue.Queue[str] = field(default_factory=queue.Queue)

    def begin(self, code: str, extension: str, last_call: str = "") -> InsideCall:
        """Pass on."""
        return self._told(self.desk.begin(code, extension, last_call))

    def advance(self, call: InsideCall, event: Event) -> InsideCall:
        """Pass on."""
        return self._told(self.desk.advance(call, event))

    def strike(self, call_id: str, digit: str, extension: str) -> str:
        """Pass on."""
        return self.desk.strike(call_id, digit, extension)

    def telling(self, strike: Script) -> Script:
        """The script, which tells what came of it once all is said: keys are heard again then."""

        def told(channel: AgiChannel) -> str:
            outcome = strike(channel)
            self.nodes.put(outcome)
            return outcome

        return told

    def _told(self, call: InsideCall) -> InsideCall:
        self.nodes.put(call.turn.node)
        return call


@dataclass
class House:
    """Everything that runs."""

    services: Services
    asterisk: AsteriskInstance
    desk: Watched

    def keyed(self, telephone: SipCaller, node: str, keys: str) -> None:
        """At this question a telephone presses these keys."""
        assert self.desk.nodes.get(timeout=10) == node
        telephone.press(keys)


@contextmanager
def house(redis_url: str, database_url: str, folder: Path, telephone: SipCaller) -> Iterator[House]:
    """A centre with one telephone, which is the operators' too."""
    settings = Settings(
        redis_url=SecretStr(redis_url), database_url=SecretStr(database_url), state_dir=folder
    )
    name, port = telephone.number or "", free_tcp_port()
    address = f"127.0.0.1:{port}"
    with ExitStack() as stack:
        services = house_of(settings)
        stack.callback(services.close)
        asterisk = stack.enter_context(
            running_asterisk(
                address,
                address,
                sounds=settings.sounds,
                globals={"OPERATORS": f"PJSIP/{name}"},
                telephones={name: telephone.address},
            )
        )
        telephone.target = asterisk.sip_address
        desk, sounds = Watched(make_inside_desk(services)), services.sounds(asterisk.sounds_inside)
        passes_on: Any = desk  # all that the scripts ask of a desk
        codes = make_code_scripts(passes_on, sounds, language="ar")
        scripts = {
            **make_scripts(services.desk, sounds, recordings=asterisk.recordings_inside),
            "inside": codes["inside"],
            "strike": desk.telling(codes["strike"]),
        }
        server = FastAgiServer("127.0.0.1", port, scripts)
        server.start()
        stack.callback(server.stop)
        yield House(services, asterisk, desk)


def test_what_an_operator_strikes_and_a_supervisor_blocks_meets_the_next_call(
    redis_url: str,
    database_url: str,
    tmp_path: Path,
    new_caller: NewCaller,
    new_telephone: NewTelephone,
) -> None:
    """A call to an operator, *35 and a reason; the call over, *32; the caller tries once more."""
    telephone = new_telephone("operator-1")
    with house(redis_url, database_url, tmp_path, telephone) as here:
        engine, register = here.services.engine(), make_register(here.services)
        pin, _ = set_pin(engine, name="amal", role="supervisor", by=MAHA, now=datetime.now(UTC))
        caller = new_caller(here.asterisk, number=CALLER)
        caller.dial()
        caller.wait_established()
        caller.press("10")  # Arabic, then an operator
        telephone.wait_called()
        telephone.press("*352")
        assert here.desk.nodes.get(timeout=10) == "code_struck"
        telephone.press("*351")
        assert here.desk.nodes.get(timeout=10) == "code_struck_before"
        (strike,) = register.standing(CALLER).strikes
        assert (strike.operator, strike.reason) == ("extension operator-1", "false_report")
        caller.hang_up()
        telephone.wait_closed()
        (call,) = list_calls(engine, Wanted())
        assert strike.call_id == call.id
        wait_until(lambda: list_calls(engine, Wanted())[0].ended_at, "the call has ended")

        telephone.dial("*32")
        telephone.wait_established()
        here.keyed(telephone, "ask_pin", f"{pin}#")
        here.keyed(telephone, "read_back", "1")
        here.keyed(telephone, "ask_reason", "2")
        assert here.desk.nodes.get(timeout=10) == "code_blocked"
        telephone.wait_closed(20)
        entry = register.standing(CALLER).entry
        assert entry is not None
        assert (entry.who, entry.calls) == ("amal, extension operator-1", (call.id,))

        assert verdict_of_next_call(here, caller) == "block"


@pytest.mark.nightly
def test_a_number_that_a_supervisor_keys_is_blocked_and_let_in_again(
    redis_url: str,
    database_url: str,
    tmp_path: Path,
    new_caller: NewCaller,
    new_telephone: NewTelephone,
) -> None:
    """*30 on a telephone that has had no caller, and a call; *31, and another call."""
    telephone = new_telephone("desk-7")
    with house(redis_url, database_url, tmp_path, telephone) as here:
        engine = here.services.engine()
        pin, _ = set_pin(engine, name="amal", role="supervisor", by=MAHA, now=datetime.now(UTC))
        caller = new_caller(here.asterisk, number=CALLER)
        for code, verdict in (("*30", "block"), ("*31", "allow")):
            telephone.dial(code)
            telephone.wait_established()
            here.keyed(telephone, "ask_pin", f"{pin}#")
            here.keyed(telephone, "ask_number", "0501234567#")
            here.keyed(telephone, "read_back", "1")
            if code == "*30":
                here.keyed(telephone, "ask_reason", "4")
            assert here.desk.nodes.get(timeout=10).startswith("code_")
            telephone.wait_closed(20)
            assert verdict_of_next_call(here, caller) == verdict


def verdict_of_next_call(here: House, caller: SipCaller) -> str:
    """What screening says when this caller calls once more, and hangs up."""
    engine = here.services.engine()
    before = {one.id for one in list_calls(engine, Wanted())}
    caller.dial()
    caller.wait_established()
    (again,) = wait_until(
        lambda: [one for one in list_calls(engine, Wanted()) if one.id not in before],
        "the next call is recorded",
    )
    caller.hang_up()
    caller.wait_closed()
    return str(again.verdict)

"""A line kept for emergencies on a real Asterisk: the server is told how a call came."""

import shutil
from pathlib import Path

import pytest

from agi_scripts.arrival import arrival_of
from agi_scripts.environment import Environment
from call_handlers.arrival import Arrival
from tests.fixtures.asterisk import CONFIG, running_asterisk
from tests.fixtures.sipp import place_calls
from tests.integration.asterisk.scripted_agi import ScriptedAgi
from tests.integration.asterisk.test_dialplan import say_goodbye
from tests.integration.asterisk.test_sipp import HARMLESS, KEYS

pytestmark = pytest.mark.asterisk

HOTLINE = "exten => 940,1,NoOp()\n"
LINE = "exten => 9401,1,Goto(940,1)\n"
DIVERSION = "load = res_pjsip_diversion.so\n"


def arrived(folder: Path, *, service: str = "940", header: str = "") -> Arrival:
    """A call to `service` as the server learns of it; `header` is one more of SIP."""
    config, scenario = folder / "asterisk", folder.with_suffix(".xml")
    shutil.copytree(CONFIG, config)
    dialplan = config / "extensions.conf"
    text = dialplan.read_text(encoding="utf-8")
    assert text.count(HOTLINE) == 1
    dialplan.write_text(text.replace(HOTLINE, LINE + HOTLINE), encoding="utf-8")
    modules = config / "modules.conf"
    modules.write_text(modules.read_text(encoding="utf-8") + DIVERSION, encoding="utf-8")
    told = KEYS.read_text(encoding="utf-8")
    scenario.write_text(told.replace("Max-Forwards: 70\nP-A", f"Max-Forwards: 70\n{header}P-A"))
    with (
        ScriptedAgi(say_goodbye) as server,
        running_asterisk(server.address, config=config) as asterisk,
    ):
        place_calls(scenario, asterisk.sip_address, folder, service=service, names=HARMLESS)
        return arrival_of(Environment(server.next_call("call").environment))


def test_the_server_knows_the_line_that_was_dialled(tmp_path: Path) -> None:
    """Added to the dialplan by one line, it leads to the hotline and stays known."""
    assert arrived(tmp_path / "own", service="9401").dialled == "9401"
    assert arrived(tmp_path / "hotline").dialled == "940"


def test_the_server_knows_who_sent_the_call_on(tmp_path: Path) -> None:
    """As the trunk says it (Diversion, RFC 5806)."""
    header = "Diversion: <sip:997@127.0.0.1>;reason=unconditional\n"
    assert arrived(tmp_path / "sent", header=header).redirected == "997"
    assert arrived(tmp_path / "own").redirected == ""

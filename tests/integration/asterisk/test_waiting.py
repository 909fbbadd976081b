"""What becomes of the record of a caller who waits, on a real Asterisk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from call_handlers.fields import CallRecord
from call_handlers.history import Wanted, list_calls
from tests.fixtures.agi import serving, stub_sounds
from tests.fixtures.asterisk import NewCaller, running_asterisk
from tests.fixtures.calls import CALLER, House, open_house
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import wait_until
from tests.integration.asterisk.scripted_agi import ScriptedAgi
from tests.integration.asterisk.test_dialplan import (
    OPERATOR,
    answered,
    put_through_to,
    wait_tone,
)

pytestmark = pytest.mark.asterisk

SILENT = "Local/silent@hotline-lab"
WAITING_MUSIC = 392
RINGING = 425


@pytest.mark.parametrize(("target", "hertz"), [("operators", WAITING_MUSIC), ("997", RINGING)])
def test_who_hangs_up_while_it_rings_was_not_answered(
    new_caller: NewCaller, target: str, hertz: float
) -> None:
    """In the queue as at an agency: the server learns that nobody took the call."""
    told = {"OPERATORS": SILENT, "AGENCY_997": SILENT}
    with (
        ScriptedAgi(put_through_to(target)) as server,
        running_asterisk(server.address, globals=told) as asterisk,
    ):
        caller = new_caller(asterisk)
        answered(caller)
        server.next_call("call")
        wait_tone(caller, hertz)
        caller.hang_up()
        done, transfer, talked_ms = server.next_call("ended").arguments
        assert (done, transfer) == ("transfer", "")
        assert talked_ms in ("", "0")  # a queue counts from the first moment, Dial() from an answer


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A Redis, a database, and desks on them."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened


@pytest.mark.parametrize(
    ("operators", "hertz", "disposition", "to"),
    [
        ("Local/operator@hotline-lab", OPERATOR, "transferred", "operators"),
        (SILENT, WAITING_MUSIC, "abandoned", ""),
    ],
)
def test_a_call_that_no_server_led_is_recorded_by_whoever_is_back_at_its_end(
    new_caller: NewCaller, house: House, operators: str, hertz: float, disposition: str, to: str
) -> None:
    """Who called, since when, and whether an operator answered."""
    port = free_tcp_port()
    desk = house.desk()
    server = FastAgiServer("127.0.0.1", port, make_scripts(desk, stub_sounds(), recordings="/rec"))
    told = {"OPERATORS": operators, "LAB_SECONDS": "60"}
    with running_asterisk(f"127.0.0.1:{port}", globals=told) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        wait_tone(caller, hertz)
        with serving(server):
            caller.hang_up()
            record = wait_until(lambda: recorded(house.engine), "a record")
    assert (record.e164, record.screening, record.verdict) == (CALLER, "away", "allow")
    assert (record.disposition, record.transferred_to, record.last_node) == (
        *(disposition, to),
        "operators",
    )
    assert record.started_at < (record.ended_at or record.started_at)


def recorded(engine: sa.Engine) -> CallRecord | None:
    """The one call that is written down, if there is any."""
    return next(iter(list_calls(engine, Wanted())), None)

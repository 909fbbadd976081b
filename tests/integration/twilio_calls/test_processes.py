"""Any web process takes any turn: nothing of a call is in one of them alone."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from call_handlers.arrival import Arrival
from hotline.bootstrap import Services
from ivr.turn import Turn
from lab.callers.player import compare, play
from lab.callers.stores import Stores, WitnessedSessions
from lab.callers.twilio_caller import TwilioCall
from lab.callers.twilio_driver import TwilioLine
from lab.callers.twilio_forms import ANONYMOUS, Party
from lab.callers.twilio_http import Answer, Request, Send
from lab.callers.twilio_moment import Account
from lab.callers.twilio_server import PUBLIC_URL
from lab.transcript import Transcript, load_transcript
from tests.fixtures.callers import FOLDER
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.tickets import no_tickets
from tests.fixtures.unwritable import every_kind, unwritable
from tests.fixtures.web_processes import Balancer, WebProcess, web_process, web_processes

pytestmark = pytest.mark.xdist_group("two-web-processes")  # they are started once

ACCOUNT = Account(f"{PUBLIC_URL}/twilio/voice", f"{PUBLIC_URL}/twilio/status")


CONFIRMED = 9
"""The turn of the report in which it is confirmed."""


@dataclass(frozen=True)
class House:
    """The processes, and a look into their stores."""

    services: Services
    processes: list[WebProcess]

    def passes(self, transcript: Transcript, send: Send) -> None:
        """Play the transcript; every prompt, the record and the tickets must be as written."""
        party = Party(
            caller=ANONYMOUS if transcript.withheld else transcript.caller,
            attestation=transcript.attestation,
        )
        call_id = Arrival("twilio", party.sid).call_id

        def turns() -> Sequence[Turn]:
            call = self.services.desk.find(call_id, ended=True)
            return [] if call is None else [call.turn]

        call = TwilioCall(ACCOUNT, party, send, lambda _url: 1.0)
        line = TwilioLine(call, turns, self.services.catalogue)
        line.begin()
        heard = play(transcript, line, ())
        line.close()
        engine, desk = self.services.engine(), self.services.desk
        facts = Stores(Path(), engine, WitnessedSessions(), desk, ()).facts(call_id)
        assert compare(transcript.then, heard, facts) is None


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisProcess) -> Iterator[House]:
    """Two web processes on one Redis and one SQL."""
    folder = Path(tmp_path_factory.mktemp("house"))
    with web_processes(folder, redis_server.url, 2) as (services, processes):
        yield House(services, processes)


@pytest.fixture(autouse=True)
def _nobody_called_before(house: House) -> None:
    """All tests have the same caller, who reported nothing yet; the limits of calls are theirs."""
    house.services.slow_redis.flushdb()
    no_tickets(house.services.engine())


@pytest.fixture
def doomed(house: House) -> Iterator[WebProcess]:
    """A third process of the same house, to be killed."""
    with web_process(house.services.settings) as process:
        process.wait_ready()
        yield process


@pytest.mark.parametrize("name", ["report_roads", "silence", "withheld", "operator"])
def test_two_processes_take_turns(house: House, name: str) -> None:
    """Each request of a call goes to the process that did not have the last one."""
    with closing(Balancer(house.processes)) as balancer:
        house.passes(load_transcript(FOLDER / f"{name}.yaml"), balancer.send)
    first, second = (process.port for process in house.processes)
    answered = balancer.answered
    assert answered == [(first, second)[place % 2] for place in range(len(answered))]
    assert len(answered) > 3


@pytest.mark.parametrize("requests", [1, 8])
def test_a_process_that_is_killed_in_mid_call(
    house: House, doomed: WebProcess, requests: int
) -> None:
    """The others go on from the stored turn; the caller notices nothing."""

    def send(request: Request) -> Answer:
        if len(balancer.answered) == requests:
            doomed.kill()
        return balancer.send(request)

    with closing(Balancer([doomed, house.processes[0]])) as balancer:
        house.passes(load_transcript(FOLDER / "report_roads.yaml"), send)
    assert doomed.port in balancer.answered[:requests]
    assert doomed.port not in balancer.answered[requests:]
    assert len(balancer.answered) > requests


def test_a_process_that_is_killed_while_it_opens_a_ticket(house: House, doomed: WebProcess) -> None:
    """Whether it had opened it or not, the other one answers, and there is one ticket."""
    turns = 0

    def send(request: Request) -> Answer:
        nonlocal turns
        turns += "/twilio/turn/" in request.url
        if turns < CONFIRMED or doomed.process.returncode is not None:
            return balancer.send(request)
        assert balancer.next is doomed
        blow = threading.Timer(0.004, doomed.kill)
        blow.start()
        try:
            return balancer.send(request)
        finally:
            blow.join()

    with closing(Balancer([doomed, house.processes[0]])) as balancer:
        house.passes(load_transcript(FOLDER / "report_roads.yaml"), send)
    assert doomed.process.returncode is not None


@every_kind
def test_a_call_is_led_while_the_log_cannot_be_written(
    house: House, tmp_path: Path, kind: str
) -> None:
    """A full disk, a reader that is gone or hangs cost lines of the log and nothing else."""
    log = tmp_path / "log"
    with unwritable(kind, log) as broken, web_process(house.services.settings, log) as process:
        process.wait_ready()
        broken()
        with closing(Balancer([process])) as balancer:
            house.passes(load_transcript(FOLDER / "report_roads.yaml"), balancer.send)
        assert len(set(balancer.answered)) == 1


def test_a_call_goes_on_when_all_its_processes_are_hung_up(
    house: House, doomed: WebProcess
) -> None:
    """SIGHUP to the whole group, between two requests and in the middle of one."""

    def send(request: Request) -> Answer:
        if len(balancer.answered) == 4:
            blow = threading.Timer(0.002, os.killpg, (doomed.process.pid, signal.SIGHUP))
            blow.start()
            answer = balancer.send(request)
            blow.join()
            return answer
        if len(balancer.answered) == 8:
            os.killpg(doomed.process.pid, signal.SIGHUP)
        return balancer.send(request)

    with closing(Balancer([doomed])) as balancer:
        house.passes(load_transcript(FOLDER / "report_roads.yaml"), send)
    assert doomed.process.poll() is None

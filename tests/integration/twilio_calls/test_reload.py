"""The web application takes up changed files in all its processes, between two turns of a call."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from call_handlers.history import Wanted, list_calls
from host.word import Said, words
from hotline.main import cli
from hotline.menu import refuse_unfit
from hotline.setting_groups import WebSettings
from lab.callers.twilio_http import Answer, Request
from lab.transcript import load_transcript
from tests.fixtures.callers import FOLDER
from tests.fixtures.databases import lay_migrated
from tests.fixtures.edited import edit, next_flow, own_config
from tests.fixtures.house import house_of
from tests.fixtures.processes import wait_until
from tests.fixtures.tickets import no_tickets
from tests.fixtures.web_processes import Balancer, WebProcess, web_process, web_settings
from tests.integration.twilio_calls.test_processes import House

WORKERS = 1
"""Each takes files up by itself; beside them there is the process that they are forked from."""
STANDS = "report_service_2"
"""Where the caller is after four requests: the next flow has no node of that name."""


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """One web application, by a configuration of the test's own."""
    config = own_config(tmp_path)
    settings = web_settings(tmp_path, redis_url).model_copy(
        update={"config_dir": config, "web": WebSettings(workers=WORKERS, threads=4)}
    )
    lay_migrated(tmp_path / "hotline.db")
    with closing(house_of(settings)) as services, web_process(settings) as process:
        refuse_unfit(services)  # what looks from here has read the first files
        process.wait_ready()
        wait_until(lambda: len(said(settings.state_dir)) == WORKERS + 1, 60, "all have begun")
        yield House(services, [process])


def said(state_dir: Path) -> list[Said]:
    """What its processes say: those that answer, and the one that they were forked from."""
    return list(words(state_dir))


def test_a_call_goes_on_in_its_flow_and_the_next_one_begins_in_the_new(house: House) -> None:
    """No process is exchanged for it: nobody waits until another one has started."""
    settings = house.services.settings
    (process,) = house.processes
    before_it = house.services.flow.version
    before = {one.pid for one in said(settings.state_dir)}

    def send(request: Request) -> Answer:
        if len(balancer.answered) == 4:
            next_flow(settings.config_dir, node=STANDS, renamed="roads")
            edit(settings.config_dir, "services.yaml", "target_hours: 24", "target_hours: 25")
            done = CliRunner().invoke(cli, ["reload"], obj=settings)
            assert done.exit_code == 0, done.output
        return balancer.send(request)

    with closing(Balancer([process])) as balancer:
        house.passes(load_transcript(FOLDER / "report_roads.yaml"), send)
        house.services.slow_redis.flushdb()
        no_tickets(house.services.engine())
        looked = house_of(settings)  # by the files of now
        with closing(looked):
            House(looked, house.processes).passes(
                load_transcript(FOLDER / "report_water.yaml"), balancer.send
            )
            found = list_calls(looked.engine(), Wanted())
    assert [record.flow_version for record in reversed(found)] == [before_it, looked.flow.version]
    assert {one.pid for one in said(settings.state_dir)} == before


def test_a_process_that_is_started_anew_has_the_files_of_the_others(house: House) -> None:
    """Broken ones are on the disk: who comes in the place of one that died has the last good."""
    settings = house.services.settings
    (process,) = house.processes
    edit(settings.config_dir, "prompts/ar.yaml", "welcome:", "welcome: {")
    os.kill(process.process.pid, signal.SIGHUP)
    wait_until(
        lambda: all(one.what["faults"] for one in said(settings.state_dir)), 20, "all refuse it"
    )
    assert killed_workers(process, settings.state_dir) == WORKERS
    wait_until(lambda: len(said(settings.state_dir)) == WORKERS + 1, 60, "others have begun")
    with closing(Balancer([process])) as balancer:
        house.passes(load_transcript(FOLDER / "report_roads.yaml"), balancer.send)


def killed_workers(process: WebProcess, state_dir: Path) -> int:
    """Kill the processes that answer, and wait until they are gone; how many they were."""
    workers = [one.pid for one in said(state_dir) if one.pid != process.process.pid]
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not {one.pid for one in said(state_dir)} & set(workers), 10, "they are gone")
    return len(workers)


def test_a_call_goes_on_in_its_flow_after_its_process_was_started_anew(house: House) -> None:
    """By other files: who comes in its place finds the flow that the call began with."""
    settings = house.services.settings
    (process,) = house.processes
    version = house.services.flow.version
    with ExitStack() as stack:
        balancer = stack.enter_context(closing(Balancer([process])))

        def send(request: Request) -> Answer:
            nonlocal balancer
            if len(balancer.answered) == 4 and balancer.processes == [process]:
                process.kill()
                next_flow(settings.config_dir, node=STANDS, renamed="roads")
                anew = stack.enter_context(web_process(settings))
                anew.wait_ready()
                balancer = stack.enter_context(closing(Balancer([anew])))
            return balancer.send(request)

        house.passes(load_transcript(FOLDER / "report_roads.yaml"), send)
        (record,) = list_calls(house.services.engine(), Wanted())
    assert record.flow_version == version
    assert house.services.read_again().flow.version != version

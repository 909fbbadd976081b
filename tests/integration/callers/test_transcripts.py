"""The same transcripts give the same conversations on every driver."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from hotline.bootstrap import Services
from hotline.settings import CONFIG_DIR
from lab.callers.agi_driver import AgiDriver
from lab.callers.runs import Result, run
from lab.callers.stores import CallFacts, empty_database
from lab.transcript import load_transcript
from tests.fixtures.callers import (
    EVERYDAY_BY_TELEPHONE,
    LONG_BY_TELEPHONE,
    TELEPHONE_PATHS,
    by_engine,
    every_transcript,
    everyday_or_nightly,
    played,
    services_in,
    why,
)

by_telephone = everyday_or_nightly(EVERYDAY_BY_TELEPHONE - LONG_BY_TELEPHONE, TELEPHONE_PATHS)


@every_transcript
def test_by_the_engine(path: Path) -> None:
    """The pure dialog, through JSON at every turn."""
    result = by_engine(path)
    assert result.passed, why(result)


def test_the_call_of_the_demo_follows_the_menu_that_ships() -> None:
    """It is what a newcomer sees first; by telephone `make demo` alone places it."""
    result = by_engine(CONFIG_DIR / "demo.yaml")
    assert result.passed, why(result)


@every_transcript
def test_by_agi(path: Path, services: Services) -> None:
    """A fake Asterisk over a real socket; the record is the engine's, but for ids and times."""
    result = played(services, AgiDriver(services.catalogue), load_transcript(path))
    assert result.passed, why(result)
    assert _comparable(result) == _comparable(by_engine(path))


def _comparable(result: Result) -> dict[str, object]:
    """What must be the same on all drivers."""
    assert isinstance(result.facts, CallFacts)
    told = json.loads(result.facts.to_json())
    assert set(told) == {
        *("call_id", "disposition", "verdict", "language", "path", "turns", "tickets"),
        "transferred_to",
    }
    del told["call_id"]
    told["tickets"] = [
        {name: ticket[name] for name in ("kind", "service_code", "phone", "address", "language")}
        for ticket in told["tickets"]
    ]
    return told


class SipResults:
    """Results of SIP calls, several at once on as many Asterisks; begun when first asked for."""

    def __init__(self, folder: Path, stack: ExitStack, paths: list[Path]) -> None:
        from hotline.cli.building import build_with_progress
        from lab.callers.sip_driver import open_sip_driver

        self._services = services_in(folder)
        build_with_progress(self._services)
        self._database = stack.enter_context(empty_database(self._services))
        self._drivers: SimpleQueue[Any] = SimpleQueue()
        jobs = min(SIP_JOBS, len(paths))
        for _ in range(jobs):
            self._drivers.put(stack.enter_context(open_sip_driver(self._services)))
        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        # The longest first, so that none of them is left over when all others are done.
        self._futures: dict[Path, Future[Result]] = {
            path: pool.submit(self._run, path)
            for path in sorted(paths, key=lambda path: -len(load_transcript(path).steps))
        }
        stack.callback(pool.shutdown, cancel_futures=True)

    def __getitem__(self, path: Path) -> Result:
        return self._futures[path].result()

    def _run(self, path: Path) -> Result:
        driver = self._drivers.get()
        try:
            return run(self._services, driver, load_transcript(path), self._database)
        finally:
            self._drivers.put(driver)


SIP_JOBS = min(6, 3 * (os.cpu_count() or 1)) - 1
"""With one more, and that of the tests marked `alone("one call")` beside them, whoever listens is
late with the next key, or with hanging up."""


@pytest.fixture(scope="module")
def sip_results(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SipResults]:
    """The SIP calls of all tests of this module that are to run."""
    from tests.fixtures.asterisk import asterisk_root

    asterisk_root()
    paths: list[Any] = [
        item.callspec.params["path"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == "test_by_sip"
    ]
    with ExitStack() as stack:
        yield SipResults(Path(tmp_path_factory.mktemp("sip")), stack, paths)


@pytest.mark.asterisk
@pytest.mark.alone("many calls")
@pytest.mark.timeout(3600)  # at night the first one waits for all that are placed before it
@by_telephone
def test_by_sip(path: Path, sip_results: SipResults) -> None:
    """A real call through a real Asterisk: every prompt that is needed arrived as sound."""
    result = sip_results[path]
    assert result.passed, why(result)
    assert _comparable(result) == _comparable(by_engine(path))

"""Runs transcripts on a driver: each on stores of its own, several at once where that is wanted."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from hotline.bootstrap import Services
from lab.callers.line import CannotPlay, Difference, Differs, Driver
from lab.callers.player import CallDiffers, compare, play
from lab.callers.stores import CallFacts, empty_database, own_stores
from lab.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one transcript. `facts` is None for a call that never began."""

    transcript: Transcript
    facts: CallFacts | None = None
    difference: Difference | None = None
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Whether the call went as written."""
        return self.difference is None and not self.skipped


def run(services: Services, driver: Driver, transcript: Transcript, database: Path) -> Result:
    """Play one transcript; `database` is `empty_database`'s.

    Raises TranscriptError when a fact that it gives cannot be given.
    """
    difference: Difference | None = None
    heard: tuple[str, ...] = ()
    with own_stores(services, transcript, database) as stores:
        try:
            with driver.dial(transcript, stores) as line:
                heard = play(transcript, line, stores.references)
        except CannotPlay as reason:
            return Result(transcript, skipped=str(reason))
        except CallDiffers as differs:
            difference = differs.difference
        except Differs as differs:
            difference = Difference("the call", differs.expected, differs.heard)
        if not stores.sessions.call_id:
            return Result(transcript, difference=difference)
        facts = stores.facts(stores.sessions.call_id)
    return Result(transcript, facts, difference or compare(transcript.then, heard, facts))


def run_all(
    services: Services,
    open_driver: Callable[[], AbstractContextManager[Driver]],
    transcripts: Sequence[Transcript],
    jobs: int,
) -> Iterator[Result]:
    """Play all, `jobs` at a time on as many drivers; results in the order of the transcripts."""
    with ExitStack() as stack:
        database = stack.enter_context(empty_database(services))
        drivers: SimpleQueue[Driver] = SimpleQueue()
        for _ in range(min(jobs, len(transcripts))):
            drivers.put(stack.enter_context(open_driver()))

        def one(transcript: Transcript) -> Result:
            driver = drivers.get()
            try:
                return run(services, driver, transcript, database)
            finally:
                drivers.put(driver)

        with ThreadPoolExecutor(max_workers=jobs) as pool:
            yield from pool.map(one, transcripts)

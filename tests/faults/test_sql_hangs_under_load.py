"""However many callers there are, and however SQL hangs: nobody hears nothing for over 3 seconds.

All of them press the key that sends their report at once, so that each needs the database in the
same moment. One caller alone has it to itself, and tells nothing of this.
"""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from call_handlers.arrival import Arrival, Call
from hotline.bootstrap import Services
from hotline.settings import Settings
from ivr.event import Digits, Recorded
from ivr.turn import Collect
from lab.callers.fake_asterisk import FakeAsterisk, Lived
from lab.callers.twilio_http import Request, TwilioHttp
from lab.callers.twilio_server import PUBLIC_URL, TOKEN
from lab.own_postgres import postgres_programs, running_postgres
from store.migrations import upgrade
from tests.fixtures.dialog import REPORT
from tests.fixtures.house import house_of
from tests.fixtures.processes import descendants, hang, wait_until
from tests.fixtures.reporter import Ear, Reporter, place
from tests.fixtures.stack_looks import has_spare
from tests.fixtures.twilio import ACCOUNT
from tests.fixtures.web_processes import web_process, web_settings
from tests.fixtures.whole_stack import parts_of, with_redis
from tickets.reference import is_spare

CALLERS = 200
LONGEST_S = 3.0
"""What no caller's silence passes: the promise itself."""

pytestmark = [pytest.mark.alone, pytest.mark.timeout(280)]
needs_postgres = pytest.mark.skipif(postgres_programs() is None, reason="no PostgreSQL")
KINDS = ["sqlite", pytest.param("postgresql", marks=needs_postgres)]
LARGE_HOUSE = [pytest.param("sqlite", marks=pytest.mark.nightly), KINDS[1]]
"""A house with a hundred callers at once has PostgreSQL."""

Hung = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Hung]]:
    """A migrated database of each kind, and what makes it hang."""
    if request.param == "sqlite":
        path = tmp_path / "calls.db"
        prepare(f"sqlite:///{path}")
        yield f"sqlite:///{path}", lambda: locked(path)
        return
    with running_postgres() as url:
        prepare(url)
        yield url, stopped_postgres


def prepare(url: str) -> None:
    """Make its tables."""
    services = house_of(Settings(state_dir=Path("unused"), database_url=SecretStr(url)))
    upgrade(services.engine())
    services.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody holds the file, as a backup that hangs does."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


@contextmanager
def stopped_postgres() -> Iterator[None]:
    """Every process of the server keeps its connections and answers nothing."""
    pids = [pid for pid in descendants(os.getpid()) if _is_postgres(pid)]
    assert pids
    hang(*pids)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _is_postgres(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "comm").read_text().strip() == "postgres"
    except OSError:
        return False


@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_two_hundred_callers_of_asterisk_hear_a_number_each(
    settings: Callable[..., Settings],
    database_url: tuple[str, Hung],
    redis_url: str,
    ear: Ear,
) -> None:
    """At once: the menu to its end, and nobody another's; those who call afterwards as well."""
    url, hung = database_url
    made = settings(**with_redis(redis_url), database_url=SecretStr(url))
    silences: list[float] = []
    together = threading.Barrier(CALLERS + 1)

    def wait(question: str) -> None:
        if question == "confirm":
            together.wait(200)
            together.wait(200)

    def call(patience: Callable[[str], None]) -> tuple[list[str], Lived]:
        asterisk = FakeAsterisk(parts.agi, seconds=60.0, silence=silences.append)
        caller = Reporter(ear, on_question=patience)
        return caller.references, place(asterisk, caller)[1]

    with parts_of(made) as parts, ThreadPoolExecutor(CALLERS) as pool:
        parts.start("agi-1", "agi-2")
        parts.wait_spare()
        calls = [pool.submit(call, wait) for _ in range(CALLERS)]
        together.wait(200)
        silences.clear()
        with hung():
            together.wait(200)
            lived = [future.result() for future in calls]
            first = sorted(silences)
            silences.clear()
            lived += list(pool.map(lambda _: call(lambda _key: None), range(20)))
    told = f"longest {first[-1]:.2f} s, over 3 s: {sum(s > LONGEST_S for s in first)}"
    numbers = [number for references, _ in lived for number in references]
    assert len(numbers) == len(set(numbers)) == len(lived)
    assert all(map(is_spare, numbers))
    assert {one.transferred_to for _, one in lived} == {""}
    assert not [one for _, one in lived if one.alone]
    assert sum(silence > LONGEST_S for silence in (*first, *silences)) == 0, told


@pytest.mark.nightly
@pytest.mark.parametrize("database_url", KINDS, indirect=True)
def test_a_database_that_is_busy_takes_them_all(
    settings: Callable[..., Settings],
    database_url: tuple[str, Hung],
    redis_url: str,
    ear: Ear,
) -> None:
    """Nobody is led past one that works: the same callers, each with a ticket."""
    made = settings(**with_redis(redis_url), database_url=SecretStr(database_url[0]))
    together = threading.Barrier(CALLERS)

    def wait(question: str) -> None:
        if question == "confirm":
            together.wait(200)

    def call(_number: int) -> tuple[str, Lived]:
        asterisk = FakeAsterisk(parts.agi, seconds=60.0)
        return place(asterisk, Reporter(ear, on_question=wait))

    with parts_of(made) as parts, ThreadPoolExecutor(CALLERS) as pool:
        parts.start("agi-1", "agi-2")
        lived = list(pool.map(call, range(CALLERS)))
        assert [one.transferred_to for _, one in lived] == [""] * CALLERS
        assert parts.committed() == CALLERS


@pytest.mark.parametrize("database_url", LARGE_HOUSE, indirect=True)
def test_a_hundred_callers_by_twilio_hear_a_number_each(
    tmp_path: Path, database_url: tuple[str, Hung], redis_url: str
) -> None:
    """Their webhooks are answered in time, though there are few threads to answer them."""
    url, hung = database_url
    settings = web_settings(tmp_path, redis_url).model_copy(update={"database_url": SecretStr(url)})
    services = house_of(settings)
    calls = [at_confirm(services, number) for number in range(100)]
    ids = [call.call_id for call in calls]

    def send(call: Call) -> tuple[float, str]:
        with closing(TwilioHttp(PUBLIC_URL, process.url, TOKEN)) as http:
            form = {
                "AccountSid": ACCOUNT,
                "CallSid": call.facts.provider_id,
                "CallStatus": "in-progress",
                "From": "+966501234567",
                "To": "+966126140940",
                "Direction": "inbound",
                "ApiVersion": "2010-04-01",
                "Caller": "+966501234567",
                "Called": "+966126140940",
                "Digits": "1",
                "FinishedOnKey": "",
                "msg": "Gather End",
            }
            there = f"{PUBLIC_URL}/twilio/turn/{call.call_id}/{call.turn.number}"
            together.wait(60)
            started = time.monotonic()
            answer = http.send(Request(there, form))
            return time.monotonic() - started, answer.body.decode()

    together = threading.Barrier(len(calls))
    with web_process(settings) as process, ThreadPoolExecutor(len(calls)) as pool:
        process.wait_ready()
        wait_until(lambda: has_spare(services), 30, "spare numbers are reserved")
        with hung():
            answered = list(pool.map(send, calls))
    told = [held.session.answers["reference"] for held in map(services.desk.find, ids) if held]
    services.close()
    assert len(set(told)) == len(calls)
    assert all(map(is_spare, told))
    waits = sorted(seconds for seconds, _ in answered)
    assert all("<Gather" in body for _, body in answered), answered[0]
    assert sum(wait > LONGEST_S for wait in waits) == 0, waits[-1]


def at_confirm(services: Services, number: int) -> Call:
    """A call by Twilio, led to where its report is sent."""
    desk = services.desk
    arrival = Arrival("twilio", f"CA{number:032x}", caller="+966501234567")
    call = desk.begin(arrival)
    for entry in REPORT:
        call = desk.advance(call, Digits(entry))
    call = desk.advance(call, Recorded(desk.recording_name(call), 3000))
    assert call.session.node == "confirm"
    assert isinstance(call.turn.action, Collect)
    return call

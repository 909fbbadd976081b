"""The database takes nothing: a citizen who reports hears a number all the same, which is kept."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from call_handlers.arrival import Arrival, Call
from hotline.bootstrap import Services
from hotline.settings import Settings
from ivr.event import Digits, Recorded
from lab.callers.fake_asterisk import FakeAsterisk
from lab.callers.twilio_http import Request, TwilioHttp
from lab.callers.twilio_server import PUBLIC_URL, TOKEN
from tests.fixtures.databases import lay_migrated
from tests.fixtures.dialog import REPORT
from tests.fixtures.house import house_of
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.stack_looks import has_spare
from tests.fixtures.twilio import STANDARD
from tests.fixtures.web_processes import web_process, web_settings
from tests.fixtures.whole_stack import parts_of, with_redis
from tickets.open import find_ticket
from tickets.reference import is_spare


@contextmanager
def locked_by_another(settings: Settings) -> Iterator[None]:
    """Somebody holds the SQLite file, as a backup that hangs does: nobody else can write."""
    path = settings.state_dir / "hotline.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


def test_without_sql_the_caller_hears_a_number_and_the_ticket_has_it(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """The menu to its end, by both servers, one of which is killed: each number is its caller's.

    Once the database is back each report is a ticket under the number that was said, and is
    delivered once, however often the journal is replayed.
    """
    with parts_of(settings(**with_redis(redis_url))) as parts:
        parts.start("agi-1", "agi-2")
        parts.wait_spare()
        callers = [Reporter(ear), Reporter(ear)]
        with locked_by_another(parts.settings):
            first, lived = place(FakeAsterisk(parts.agi, seconds=20.0), callers[0])
            wait_journalled(parts.settings, first, 3, "begin, report and end")
            parts.kill("agi-1")
            second, _ = place(FakeAsterisk(parts.agi, seconds=20.0), callers[1])
            wait_journalled(parts.settings, second, 3, "begin, report and end")
        assert [caller.questions for caller in callers] == [list(QUESTIONS)] * 2
        assert (lived.done, lived.transferred_to) == ("hangup", "")
        (one,), (other,) = (caller.references for caller in callers)
        assert is_spare(one)
        assert is_spare(other)
        assert one != other
        kept = lines_of(parts.settings)
        parts.views.sweep()
        lay(parts.settings, kept)  # as a process that was killed before it could forget them
        parts.views.sweep()
        told = {call_id: parts.tickets(call_id) for call_id in (first, second)}
        numbers = {call: [made.service_request_id for made in told[call]] for call in told}
        assert numbers == {first: [one], second: [other]}
        for call_id, number in ((first, one), (second, other)):
            record = parts.wait_closed(call_id)
            assert (record.disposition, record.tickets) == ("completed", (number,))
            (ticket,) = told[call_id]
            assert record.ended_at is not None
            assert record.started_at <= ticket.requested_datetime <= record.ended_at
        parts.start("backoffice", "relay", "worker-1")
        parts.wait_delivered(2)
        assert sorted(got["service_request_id"] for got in parts.received()) == sorted([one, other])
        place(FakeAsterisk(parts.agi), again := Reporter(ear))
        assert not is_spare(again.references[0])


def test_without_sql_from_the_start_the_caller_hears_so_and_reaches_the_operators(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """No number was ever reserved, so none is told: a human, and the report waits in the journal.

    Once the database is back there is a ticket that says whom the caller talked to, so that the
    operator's own can be told from it.
    """
    with parts_of(settings(**with_redis(redis_url))) as parts:
        caller = Reporter(ear)
        with locked_by_another(parts.settings):
            parts.start("agi-1", "agi-2")
            call_id, lived = place(FakeAsterisk(parts.agi, seconds=20.0), caller)
            assert caller.questions == list(QUESTIONS[:-1])
            assert ear.prompts(lived.last_heard) == ["open_failed", "operator"]
            assert (lived.done, lived.transferred_to) == ("transfer", "operators")
            assert lived.visits[0].status == "SUCCESS"
            wait_journalled(parts.settings, call_id, 3, "begin, report and end")
        parts.views.sweep()
        record = parts.wait_closed(call_id)
        assert (record.disposition, record.transferred_to) == ("transferred", "operators")
        assert record.path[-3:] == ("operator", "open_unconfirmed", "over")
        (ticket,) = parts.tickets(call_id)
        assert ticket.attributes["unconfirmed"] is True
        assert ticket.attributes["transferred_to"] == "operators"
        assert not lines_of(parts.settings)
        place(FakeAsterisk(parts.agi), Reporter(ear))
        assert parts.committed() == 2


def test_a_caller_by_twilio_hears_a_number_that_outlives_the_process(
    tmp_path: Path, redis_url: str
) -> None:
    """Killed after it was said; the next process on that machine makes the ticket by itself."""
    settings = web_settings(tmp_path, redis_url)
    lay_migrated(tmp_path / "hotline.db")
    with closing(house_of(settings)) as services:
        call = at_confirm(services)
        with web_process(settings) as process:
            process.wait_ready()
            wait_until(lambda: has_spare(services), 30, "spare numbers are reserved")
            with locked_by_another(settings):
                there = f"{PUBLIC_URL}/twilio/turn/{call.call_id}/{call.turn.number}"
                form = {**STANDARD, "CallSid": call.facts.provider_id, "Digits": "1"}
                with closing(TwilioHttp(PUBLIC_URL, process.url, TOKEN)) as http:
                    answers = [http.send(Request(there, form)).body for _ in range(2)]
                process.kill()
        assert b"<Gather" in answers[0]
        assert answers[0] == answers[1]
        held = services.desk.find(call.call_id)
        assert held is not None
        number = held.session.answers["reference"]
        assert is_spare(number)
        assert find_ticket(services.engine(), number) is None
        with web_process(settings) as process:
            wait_until(lambda: find_ticket(services.engine(), number), 60, "the ticket is there")
        found = find_ticket(services.engine(), number)
        assert found is not None
        assert found.call_id == call.call_id


def at_confirm(services: Services) -> Call:
    """A call by Twilio, led to where its report is sent."""
    desk = services.desk
    call = desk.begin(Arrival("twilio", f"CA{'7' * 32}", caller="+966501234567"))
    for entry in REPORT:
        call = desk.advance(call, Digits(entry))
    return desk.advance(call, Recorded(desk.recording_name(call), 3000))


def wait_journalled(settings: Settings, call_id: str, count: int, what: str) -> None:
    """Wait until so many lines of this call are in the journal."""

    def there() -> bool:
        return sum(call_id in line for line in lines_of(settings)) == count

    wait_until(there, 30, f"{what} are journalled")


def lines_of(settings: Settings) -> list[str]:
    """What waits in the journal, also what a process is about to replay."""
    folder = settings.state_dir / "journal"
    texts = (path.read_text() for path in folder.glob("records.[jr]*") if path.exists())
    return [line for text in texts for line in text.splitlines()]


def lay(settings: Settings, lines: list[str]) -> None:
    """Lay these into the journal, each whole."""
    assert all(json.loads(line) for line in lines)
    with (settings.state_dir / "journal" / "records.jsonl").open("a") as journal:
        journal.writelines(f"{line}\n" for line in lines)

"""The database does not take anything: the caller hears the menu, then so, then a human."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.stack_looks import Looks
from tests.fixtures.whole_stack import parts_of, with_redis


@contextmanager
def locked_by_another(looks: Looks) -> Iterator[None]:
    """Somebody holds the SQLite file, as a backup that hangs does: nobody else can write."""
    path = looks.settings.state_dir / "hotline.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.execute("ROLLBACK")


def test_without_sql_the_caller_hears_so_and_reaches_the_operators(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """The menu to its end, no reference number, a human; record and report wait in the journal.

    Nobody is told a number, and nothing is lost: once the database is back there is a ticket that
    says whom the caller talked to, so that the operator's own can be told from it.
    """
    with parts_of(settings(**with_redis(redis_url))) as parts:
        parts.start("agi-1", "agi-2")
        journal = parts.settings.state_dir / "journal" / "records.jsonl"
        caller = Reporter(ear)
        with locked_by_another(parts):
            call_id, lived = place(FakeAsterisk(parts.agi, seconds=20.0), caller)
            assert caller.questions == list(QUESTIONS[:-1])
            assert ear.prompts(lived.last_heard) == ["open_failed", "operator"]
            assert (lived.done, lived.transferred_to) == ("transfer", "operators")
            assert lived.visits[0].status == "SUCCESS"
            wait_until(
                lambda: journalled(journal, call_id) == 3,
                30,
                "begin, report and end are journalled",
            )
        parts.views.sweep()
        record = parts.wait_closed(call_id)
        assert (record.disposition, record.transferred_to) == ("transferred", "operators")
        assert record.path[-3:] == ("operator", "open_unconfirmed", "over")
        (ticket,) = parts.tickets(call_id)
        assert ticket.attributes["unconfirmed"] is True
        assert ticket.attributes["transferred_to"] == "operators"
        assert not journal.read_text()
        place(FakeAsterisk(parts.agi), Reporter(ear))
        assert parts.committed() == 2


def journalled(journal: Path, call_id: str) -> int:
    """How many lines of the journal are of this call."""
    text = journal.read_text() if journal.exists() else ""
    return sum(call_id in line for line in text.splitlines())

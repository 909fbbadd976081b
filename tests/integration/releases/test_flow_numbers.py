"""Calls that were written down while flows had numbers for versions."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

import store.migrations
from call_handlers.history import find_call
from call_handlers.records import Record, write_records
from call_handlers.schema import calls, metadata
from lab.own_postgres import own_database
from store.database import make_engine
from store.migrations import differences
from tests.integration.calls.test_records import BEGUN, FACTS

MADE = "0014"
NUMBERS = """
    INSERT INTO calls (id, channel, provider_id, caller, withheld, attestation, language, flow,
        flow_version, verdict, verdict_reason, screening, started_at, disposition, transferred_to,
        tickets, last_node, turns, path)
    VALUES ('b', 'asterisk', '', '', FALSE, '', 'ar', '940', 2, 'allow', '', 'ok',
        '2026-11-01 00:00:00', '', '', '[]', '', 0, '[]')
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database of each kind, without a table."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'hotline.db'}")
        yield made
        made.dispose()
        return
    with own_database(request.getfixturevalue("postgres_server")) as url:
        made = make_engine(url)
        yield made
        made.dispose()


def revisions() -> tuple[list[ModuleType], ModuleType, list[ModuleType]]:
    """Those before the one that is meant, that one, and those after it."""
    folder = ScriptDirectory(str(Path(store.migrations.__file__).parent))
    found = [one.module for one in reversed(list(folder.walk_revisions()))]
    at = [one.revision for one in found].index(MADE)
    return found[:at], found[at], found[at + 1 :]


def test_a_number_is_read_as_text_and_sums_stay_what_they_are(engine: sa.Engine) -> None:
    """One that looks like a number too, of which a column of numbers would make another."""
    earlier, this, later = revisions()
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for one in earlier:
            one.upgrade()
        connection.execute(sa.text(NUMBERS))
        for one in (this, *later):
            one.upgrade()
    assert differences(engine, metadata) == []
    write_records(engine, [Record(replace(FACTS, flow_version="12345678e901")), of("123456789012")])
    assert version(engine, "b") == "2"
    assert version(engine, FACTS.call_id) == "12345678e901"
    assert version(engine, "c" * 32) == "123456789012"


def test_going_back_keeps_the_numbers_there_were(engine: sa.Engine) -> None:
    """A sum is no number: its calls are of none."""
    earlier, this, later = revisions()
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for one in (*earlier, this, *later):
            one.upgrade()
        connection.execute(sa.text(NUMBERS))
        row = calls.update().values(flow_version="7").where(calls.c.id == "b")
        connection.execute(row)
    write_records(engine, [Record(replace(FACTS, flow_version="c7a95d8867c5")), of("123456789012")])
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        for one in (*reversed(later), this):
            one.downgrade()
        found = connection.execute(sa.text("SELECT id, flow_version FROM calls")).all()
    assert {row[0]: row[1] for row in found} == {"b": 7, FACTS.call_id: 0, "c" * 32: 0}


def of(version: str) -> Record:
    """Another call, of a flow of that version."""
    return replace(BEGUN, facts=replace(FACTS, call_id="c" * 32, flow_version=version))


def version(engine: sa.Engine, call_id: str) -> str:
    """The version that its record tells."""
    found = find_call(engine, call_id)
    assert found is not None
    return found[0].flow_version

"""Spare reference numbers are reserved in SQL, once for ever, and kept in each machine's file."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

import store.migrations
from store.database import make_engine
from store.migrations import differences, upgrade
from tests.fixtures.tickets import NOW, new_ticket, python_process
from tickets.open import find_ticket, open_ticket
from tickets.reference import is_spare, spare_reference
from tickets.schema import metadata, reference_aliases, spare_references
from tickets.spare import LOOK_SECONDS, Fill, reserve, untold
from tickets.spare_file import NoneLeft, SpareFile

OURS, THEIRS = "a" * 32, "b" * 32


@pytest.fixture
def file(tmp_path: Path) -> SpareFile:
    """A machine's numbers, none yet."""
    return SpareFile(tmp_path / "spare-references")


def distinct(count: int) -> list[str]:
    """So many numbers, all different."""
    found: dict[str, None] = {}
    while len(found) < count:
        found[spare_reference()] = None
    return list(found)


def test_no_number_is_reserved_that_anybody_may_know(any_engine: sa.Engine) -> None:
    """Not a ticket's of an earlier release, not another number of one, not another machine's."""
    earlier, alias, theirs, *free = distinct(8)
    ticket = open_ticket(
        any_engine, new_ticket(), destinations=[], now=NOW, mint=iter([earlier]).__next__
    )
    with any_engine.begin() as connection:
        row = {"reference": alias, "ticket_id": ticket.idempotency_key}
        connection.execute(reference_aliases.insert(), row)
    assert reserve(any_engine, THEIRS, 1, iter([theirs]).__next__) == [theirs]
    drawn = cycle([earlier, alias, theirs, *free])
    assert sorted(reserve(any_engine, OURS, len(free), drawn.__next__)) == sorted(free)
    assert reserve(any_engine, OURS, 1, cycle([*free, earlier]).__next__) == []


def test_machines_that_reserve_at_once_have_different_numbers(any_engine: sa.Engine) -> None:
    """Though they draw the same."""
    numbers, barrier = distinct(60), threading.Barrier(4)

    def reserved(machine: int) -> list[str]:
        drawn = cycle(numbers)
        barrier.wait()
        return reserve(any_engine, str(machine) * 32, 15, drawn.__next__)

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(reserved, range(4)))
    told = [number for part in parts for number in part]
    assert len(told) == len(set(told)) == 60


def test_the_file_is_kept_full(any_engine: sa.Engine, file: SpareFile) -> None:
    """What was taken is replaced by others, and never by the same."""
    fill = Fill(any_engine, file, 30)
    fill.round()
    first = {file.take() for _ in range(30)}
    fill.round()
    second = {file.take() for _ in range(30)}
    assert len(first) == len(second) == 30
    assert not first & second
    assert all(map(is_spare, first | second))
    with any_engine.connect() as connection:
        kept = set(connection.scalars(sa.select(spare_references.c.reference)))
    assert kept == first | second


def test_a_file_that_is_full_asks_nothing_of_sql(any_engine: sa.Engine, file: SpareFile) -> None:
    """After the first look, but for another now and then."""
    moments = [0.0]
    fill = Fill(any_engine, file, 10, clock=lambda: moments[-1])
    fill.round()
    asked: list[str] = []
    sa.event.listen(any_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    fill.round()
    assert asked == []
    file.take()
    fill.round()
    assert asked
    asked.clear()
    moments.append(LOOK_SECONDS + 1)
    fill.round()
    assert [statement.split()[0] for statement in asked] == ["SELECT"]


def test_without_sql_at_the_first_start_there_is_no_number_until_it_comes(
    tmp_path: Path, file: SpareFile
) -> None:
    """Nobody is told one that was not reserved."""
    engine = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    fill = Fill(engine, file, 10)
    with pytest.raises(SQLAlchemyError):
        fill.round()
    with pytest.raises(NoneLeft):
        file.take()
    upgrade(engine)
    fill.round()
    assert file.count() == 10
    engine.dispose()


def test_what_the_database_does_not_know_any_more_is_not_told(
    any_engine: sa.Engine, file: SpareFile
) -> None:
    """It came back from a backup: others may reserve the same numbers now."""
    Fill(any_engine, file, 10).round()
    with any_engine.begin() as connection:
        connection.execute(spare_references.delete())
    Fill(any_engine, file, 10).round()  # as a process does at its start
    with any_engine.connect() as connection:
        kept = set(connection.scalars(sa.select(spare_references.c.reference)))
    assert {file.take() for _ in range(10)} == kept


def test_what_tickets_are_known_by_is_not_told_again(
    any_engine: sa.Engine, file: SpareFile
) -> None:
    """The machine came back from a snapshot, with numbers that it has told since."""
    owner = file.begin()
    told, also, left = reserve(any_engine, owner, 3)
    file.add([told, also, left])
    ticket = open_ticket(
        any_engine, new_ticket(), destinations=[], now=NOW, mint=iter([told]).__next__
    )
    with any_engine.begin() as connection:
        row = {"reference": also, "ticket_id": ticket.idempotency_key}
        connection.execute(reference_aliases.insert(), row)
    assert untold(any_engine, owner) == {left}
    Fill(any_engine, file, 1).round()
    assert file.take() == left


def test_going_back_to_the_release_before_and_forth_again(any_engine: sa.Engine) -> None:
    """Its tables are gone and come back; tickets stay, under the numbers that they have."""
    told, other = distinct(2)
    ticket = open_ticket(
        any_engine, new_ticket(), destinations=[], now=NOW, mint=iter([told]).__next__
    )
    with any_engine.begin() as connection:
        row = {"reference": other, "ticket_id": ticket.idempotency_key}
        connection.execute(reference_aliases.insert(), row)
    this = ScriptDirectory(str(Path(store.migrations.__file__).parent)).get_revision("0016")
    for step, there in ((this.module.downgrade, False), (this.module.upgrade, True)):
        with any_engine.begin() as connection:
            with Operations.context(MigrationContext.configure(connection)):
                step()
            tables = set(sa.inspect(connection).get_table_names())
            assert ({"reference_aliases", "spare_references"} <= tables) is there
    assert differences(any_engine, metadata) == []
    assert find_ticket(any_engine, told) == ticket
    assert find_ticket(any_engine, other) is None


_FILLER = """
import sys
from pathlib import Path
from store.database import make_engine
from tickets.spare import Fill
from tickets.spare_file import SpareFile
fill = Fill(make_engine(sys.argv[1]), SpareFile(Path(sys.argv[2])), 50)
for _ in range(20):
    fill.round()
"""


def test_processes_that_fill_one_file_at_once_fill_it_once(
    any_engine: sa.Engine, any_url: str, tmp_path: Path, file: SpareFile
) -> None:
    """Whoever comes second leaves it to the first."""
    path = str(tmp_path / "spare-references")
    with (
        python_process(_FILLER, any_url, path) as one,
        python_process(_FILLER, any_url, path) as other,
    ):
        assert (one.wait(60), other.wait(60)) == (0, 0)
    assert file.count() == 50
    with any_engine.connect() as connection:
        counted = sa.select(sa.func.count()).select_from(spare_references)
        assert connection.scalar(counted) == 50

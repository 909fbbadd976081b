"""Going back to the release before: it works on the tables that the newer one has made."""

from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy.engine.interfaces import ReflectedColumn

import store.migrations
from hotline.main import cli
from hotline.settings import load_settings
from store.database import make_engine
from store.migrations import current, head, is_newer, upgrade

NEWER = "9999"
Tables = dict[str, dict[str, ReflectedColumn]]


def test_a_database_of_a_newer_release_is_left_as_it_is(tmp_path: Path) -> None:
    """Both by a role that starts and by the command, and that is no fault."""
    url = f"sqlite:///{tmp_path / 'hotline.db'}"
    engine = make_engine(url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = :to"), {"to": NEWER})
    assert is_newer(NEWER)
    assert not is_newer(head())
    assert not is_newer(None)
    upgrade(engine)
    assert current(engine) == NEWER
    engine.dispose()
    settings = load_settings({"DATABASE_URL": url, "HOTLINE_STATE_DIR": str(tmp_path)})
    for words, told in ((["db", "upgrade"], "left as it is"), (["db", "revision"], NEWER)):
        done = CliRunner().invoke(cli, words, obj=settings)
        assert done.exit_code == 0, done.output
        assert told in done.output


def test_a_revision_only_adds_what_an_older_release_need_not_know() -> None:
    """It names every column that it writes; a column that it does not name needs a default."""
    folder = ScriptDirectory(str(Path(store.migrations.__file__).parent))
    revisions = list(reversed(list(folder.walk_revisions())))
    assert len(revisions) > 5
    missed: list[str] = []
    before: Tables = {}
    with sa.create_engine("sqlite://").connect() as connection:
        for revision in revisions:
            with Operations.context(MigrationContext.configure(connection)):
                revision.module.upgrade()
            after = tables_of(connection)
            missed += [f"{revision.revision}: {what}" for what in asked_of_the_old(before, after)]
            before = after
    assert missed == []


def tables_of(connection: sa.Connection) -> Tables:
    """Every table's columns by name."""
    found = sa.inspect(connection)
    return {
        table: {column["name"]: column for column in found.get_columns(table)}
        for table in found.get_table_names()
    }


def asked_of_the_old(before: Tables, after: Tables) -> Iterator[str]:
    """What a release that knows only `before` would miss, or would have to write."""
    for table, columns in before.items():
        now = after.get(table, {})
        yield from (f"{table}.{name} is gone" for name in columns.keys() - now.keys())
        for name, column in now.items():
            filled = column["nullable"] or column["default"] is not None
            if name not in columns and not filled:
                yield f"{table}.{name} has no default"

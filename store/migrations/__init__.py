"""The database's revisions, applied by the program itself: `upgrade` at every start.

Each room keeps its own MetaData; revisions of all rooms stand in one line under `versions/`.
"""

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

_POSTGRES_LOCK = 940_940_940
_WAIT_S = 60.0


def upgrade(engine: sa.Engine, *, wait_s: float = _WAIT_S) -> None:
    """Bring the database to the newest revision; safe when several processes start at once.

    One process migrates in one transaction, the others wait for it at most `wait_s` seconds. One
    that a newer release has made is left as it is: its revisions only add what this one need not
    know, so that a city can go back to the release before.
    Raises sqlalchemy.exc.OperationalError when the database is away or stays locked.
    """
    deadline = time.monotonic() + wait_s
    while (found := current(engine)) != head() and not is_newer(found):
        try:
            with engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_POSTGRES_LOCK)))
                # Another may have been quicker, and of a newer release.
                if not is_newer(MigrationContext.configure(connection).get_current_revision()):
                    command.upgrade(_config(connection), "head")
        except OperationalError:
            if time.monotonic() > deadline or engine.dialect.name != "sqlite":
                raise
            time.sleep(0.05)


def current(engine: sa.Engine) -> str | None:
    """The revision that the database is at, None when it is empty."""
    with engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        return MigrationContext.configure(plain).get_current_revision()


def is_newer(revision: str | None) -> bool:
    """Whether a newer release than this one has made this revision."""
    known = ScriptDirectory.from_config(_config(None)).walk_revisions()
    return revision is not None and revision not in {one.revision for one in known}


def head() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def serves(found: str | None) -> bool:
    """Whether this program can work on a database at the revision `found`.

    On its own, and on one that it does not know: a later release has been here, and leaves the one
    before what it needs.
    """
    return found == head() or is_newer(found)


def differences(engine: sa.Engine, metadata: sa.MetaData) -> list[object]:
    """What autogenerate would change in the tables of `metadata`; empty when nothing."""

    def of_this_room(
        thing: object, name: str | None, kind: str, _reflected: bool, _other: object
    ) -> bool:
        table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", None)
        return table in metadata.tables

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": of_this_room}
        )
        return list(compare_metadata(context, metadata))


def _config(connection: sa.Connection | None) -> Config:
    config = Config()
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config

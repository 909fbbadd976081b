"""Whether the database is there, at the newest revision, and takes what is written."""

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.doctor.check import Check
from people.pins import count_pins
from store.migrations import current, head, is_newer, serves
from store.sql import reading

_POOL_MODE = "PgBouncer in front of it needs pool_mode session or transaction"


def database_checks(services: Services) -> Iterator[Check]:
    """Of the database itself, then of what should be in it."""
    try:
        found = current(services.engine())
    except SQLAlchemyError as error:
        yield Check("database", False, _why(error), f"check DATABASE_URL; {_POOL_MODE}")
        return
    kind = services.engine().dialect.name
    newest = head()
    fits = serves(found)
    by_newer = " (made by a newer release)" if is_newer(found) else ""
    shown = f"{kind}, revision {found or 'empty'} of {newest}{by_newer}"
    yield Check("database", fits, shown, "run `hotline db upgrade`")
    yield _writes(services.engine())
    if fits:
        with reading(services.engine()) as connection:
            there = count_pins(connection, datetime.now(UTC))
        told = f"{there} in force" if there else "nobody has one: see `hotline pin set`"
        yield Check("pins", True, told)


def _writes(engine: sa.Engine) -> Check:
    """Whether a transaction that writes would be taken: a server may answer, and take none."""
    name = "database writes"
    mend = f"name the primary; {_POOL_MODE}"
    try:
        with engine.begin() as connection:  # on SQLite it takes the lock of those who write
            if connection.dialect.name == "postgresql":
                asked = sa.select(sa.func.current_setting("transaction_read_only"))
                if connection.scalar(asked) == "on":
                    return Check(name, False, "this server only reads", mend)
    except SQLAlchemyError as error:
        return Check(name, False, _why(error), mend)
    return Check(name, True, "transactions are taken")


def _why(error: SQLAlchemyError) -> str:
    told = str(error.args[0]).splitlines() if error.args else []
    return f"{type(error).__name__}: {told[0]}" if told else type(error).__name__

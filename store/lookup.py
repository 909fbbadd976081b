"""Questions that calls ask, by the shortest way to an answer.

On SQLite, a library in this process, SQLAlchemy takes ten times as long to ask as it to answer: 0.3
ms of the processor, where a whole call has some ten. So what every call asks is put into words
once, and asked on a connection of the pool itself; its deadlines are the pool's. Whatever goes
wrong on that way is asked again on the usual one, which tells errors as all others are told.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from typing import Any

import sqlalchemy as sa

from store.sql import reading

Row = Sequence[Any]


class Lookup:
    """A question with `bindparam`s, whose columns are of types that SQLite gives back as they are.

    (Text and numbers; no moments, no JSON.)
    """

    def __init__(self, asked: sa.Select[Any]) -> None:
        self.asked = asked
        self._words = ""
        self._values: tuple[str, ...] = ()
        self._set: Mapping[str, Any] = {}

    def rows(self, engine: sa.Engine, given: Mapping[str, Any]) -> list[Row]:
        """The rows, with these values. Raises SQLAlchemyError."""
        if engine.dialect.name == "sqlite":
            with suppress(sqlite3.Error):  # asked again below
                return self._shortly(engine, given)
        with reading(engine) as connection:
            return [tuple(row) for row in connection.execute(self.asked, given)]

    def is_quickly_empty(self, engine: sa.Engine, given: Mapping[str, Any]) -> bool:
        """Whether there is nothing, where that is known without a way to a server and back.

        Raises SQLAlchemyError.
        """
        return engine.dialect.name == "sqlite" and not self.rows(engine, given)

    def _shortly(self, engine: sa.Engine, given: Mapping[str, Any]) -> list[Row]:
        if not self._words:
            compiled = self.asked.compile(dialect=engine.dialect)
            self._set = compiled.params
            self._values = tuple(getattr(compiled, "positiontup", None) or ())
            self._words = str(compiled)
        values = [given[name] if name in given else self._set[name] for name in self._values]
        connection = engine.raw_connection()
        with closing(connection), closing(connection.cursor()) as cursor:
            cursor.execute(self._words, values)
            return list(cursor.fetchall())

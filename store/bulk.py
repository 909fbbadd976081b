"""Many rows of one table at once, as fast as the driver takes them.

What `Connection.execute` does for each row again (names to places, which value needs converting)
is done once for the table, and PostgreSQL is given them by its COPY: there one INSERT for each row
takes eight times as long.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

from store.sql import UtcDateTime, text_of_moment

CACHE_KB = 32_000


@contextmanager
def bulk_connection(engine: sa.Engine, cache_kb: int = CACHE_KB) -> Iterator[sa.Connection]:
    """A connection of its own for an import, which on SQLite may keep more of the file at hand.

    With the usual two megabytes a piece is written to the disk several times over. `cache_kb` is
    in kibibytes.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.detach()  # the next to use it would have the memory too
            with connection.begin():
                connection.exec_driver_sql(f"PRAGMA cache_size = -{cache_kb}")
        yield connection


class BulkInsert:
    """Inserts into `table`: `alike` holds the columns that all rows share, `names` the others.

    Columns of JSON are given as its text.
    """

    def __init__(
        self, dialect: sa.Dialect, table: sa.Table, names: Sequence[str], alike: Mapping[str, Any]
    ) -> None:
        self._sql, self._order = _statement(dialect, table, (*names, *alike))
        converters = {name: _converter(table.c[name], dialect) for name in self._order}
        self._converters = {name: converters[name] for name in names}
        self._alike = {
            name: value if (convert := converters[name]) is None else convert(value)
            for name, value in alike.items()
        }

    def __call__(self, connection: sa.Connection, columns: Mapping[str, Sequence[Any]]) -> None:
        """Insert rows, one at least, given as a sequence for each of `names`.

        On PostgreSQL the connection is of an engine that copies (`store.database.make_engine`).
        Raises SQLAlchemyError.
        """
        rows = zip(*(self._column(name, columns) for name in self._order), strict=False)
        connection.exec_driver_sql(self._sql, list(rows))

    def _column(self, name: str, columns: Mapping[str, Sequence[Any]]) -> Iterable[Any]:
        if name in self._alike:
            return repeat(self._alike[name])
        found, convert = columns[name], self._converters[name]
        if convert is None:
            return found
        converted = {value: convert(value) for value in set(found)}  # most are alike
        return map(converted.__getitem__, found)


def _statement(
    dialect: sa.Dialect, table: sa.Table, names: Sequence[str]
) -> tuple[str, Sequence[str]]:
    """What inserts into these columns, and the order in which it takes them."""
    if dialect.name == "postgresql":
        quoted = dialect.identifier_preparer
        columns = ", ".join(quoted.format_column(table.c[name]) for name in names)
        return f"COPY {quoted.format_table(table)} ({columns}) FROM STDIN", names
    kept = table.insert().compile(dialect=dialect, column_keys=names)
    return str(kept), kept.positiontup or names


def _converter(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """What makes a value into the driver's; None where it is that already, as JSON's text is."""
    if isinstance(column.type, sa.JSON):
        return None
    if isinstance(column.type, UtcDateTime) and dialect.name == "sqlite":
        return text_of_moment
    made: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return made


class RowsInsert:
    """An INSERT of a few rows that is made again and again.

    On SQLite, a library in this process, what each row's values need is found once for them all.
    """

    def __init__(self, insert: sa.Insert) -> None:
        self._insert = insert
        self._sql = ""
        self._values: Callable[[Mapping[str, Any]], tuple[Any, ...]]
        self._converters: tuple[tuple[int, Callable[[Any], Any]], ...] = ()

    def __call__(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that have the same names, two at least, if there are any rows.

        Raises SQLAlchemyError.
        """
        if not rows:
            return
        if connection.dialect.name != "sqlite":
            connection.execute(self._insert, rows)
            return
        if not self._sql:
            self._prepare(connection.dialect, list(rows[0]))
        connection.exec_driver_sql(self._sql, [self._converted(row) for row in rows])

    def _converted(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        values = list(self._values(row))
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return tuple(values)

    def _prepare(self, dialect: sa.Dialect, names: list[str]) -> None:
        compiled = self._insert.compile(dialect=dialect, column_keys=names)
        columns: Any = self._insert.table.c
        order = compiled.positiontup or names
        converters = (
            _json_text
            if isinstance(columns[name].type, sa.JSON)
            else _converter(columns[name], dialect)
            for name in order
        )
        self._converters = tuple(
            (place, convert) for place, convert in enumerate(converters) if convert is not None
        )
        self._values = itemgetter(*order)
        self._sql = str(compiled)


def _json_text(value: Any) -> str:
    return to_json(value).decode()

"""Many rows of one table at once, as fast as the driver takes them.

What `Connection.execute` does for each row again (names to places, which value needs converting)
is done once for the table. Columns that are alike in all rows are converted once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import sqlalchemy as sa


class BulkInsert:
    """Inserts into `table`: `alike` holds the columns that all rows share, `names` the others."""

    def __init__(
        self,
        connection: sa.Connection,
        table: sa.Table,
        names: Sequence[str],
        alike: Mapping[str, Any],
    ) -> None:
        dialect = connection.dialect
        kept = table.insert().compile(dialect=dialect, column_keys=[*names, *alike])
        self._connection = connection
        self._sql = str(kept)
        self._places = kept.positiontup
        self._order = kept.positiontup or (*names, *alike)
        converters = {name: _converter(table.c[name], dialect) for name in self._order}
        self._converters = {name: converters[name] for name in names}
        self._alike = {
            name: value if (convert := converters[name]) is None else convert(value)
            for name, value in alike.items()
        }

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert these, one at least. Raises SQLAlchemyError."""
        values = zip(*(self._column(name, rows) for name in self._order), strict=True)
        if self._places is None:
            named = [dict(zip(self._order, row, strict=True)) for row in values]
            self._connection.exec_driver_sql(self._sql, named)
        else:
            self._connection.exec_driver_sql(self._sql, list(values))

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
        if name in self._alike:
            return repeat(self._alike[name], len(rows))
        found = [row[name] for row in rows]
        convert = self._converters[name]
        return found if convert is None else map(convert, found)


def _converter(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """What makes a value into the driver's; None where it is that already."""
    made: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if made is None or not isinstance(column.type, sa.JSON):
        return made
    nothing, no_names = made([]), made({})  # as most are
    return lambda value: made(value) if value else nothing if value == [] else no_names

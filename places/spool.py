"""Checked rows, waiting on the disk until all of them are: memory stays the same for any number.

They come back in the order of their key, so that a database puts each beside the one before; and
what stands twice is found there, where both are together.
"""

import sqlite3
from collections.abc import Iterator, Sequence

from places.csv_read import CellError, Row

KEY = 3
"""How many of a row's first values are its key."""
_WIDTH = 12
_CACHE_KB = 16_000


class Spool:
    """A database of its own in a file that nobody sees, and that ends with the process."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect(
            "", isolation_level=None
        )  # SQLite's own: a file without a name
        columns = ", ".join(f"c{number}" for number in range(_WIDTH))
        for statement in (
            "PRAGMA journal_mode = OFF",
            f"PRAGMA cache_size = -{_CACHE_KB}",
            f"CREATE TABLE rows (number INTEGER PRIMARY KEY, {columns})",
            "BEGIN",
        ):
            self._rows.execute(statement)
        self._insert = f"INSERT INTO rows VALUES (?{', ?' * _WIDTH})"  # noqa: S608 - question marks

    def add(self, rows: Sequence[tuple[int, Row]]) -> None:
        """Keep these, by their number in the file."""
        self._rows.executemany(self._insert, [(number, *row) for number, row in rows])

    def sorted(self) -> Iterator[Row | CellError]:
        """Each key's first row, in the order of keys; a later one that says otherwise is an error.

        One that says the same is nothing.
        """
        before: tuple[object, ...] = ()
        for found in self._rows.execute("SELECT * FROM rows ORDER BY c0, c1, c2, number"):
            number, row = found[0], found[1:]
            if row[:KEY] != before[1 : KEY + 1]:
                yield row
                before = found
            elif row != before[1:]:
                yield CellError(
                    number,
                    "",
                    f"is the address of row {before[0]} with other values: keep one of the two",
                )

    def close(self) -> None:
        """Give its room back."""
        self._rows.close()

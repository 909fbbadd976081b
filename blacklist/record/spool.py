"""Checked rows, waiting in a file until all of them are: memory stays the same for any number."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

from blacklist.record.csv_read import Row

_UNTIL, _CALLS, _RECORDINGS = (Row._fields.index(name) for name in ("until", "calls", "recordings"))


def unpacked(spool: IO[str]) -> Iterator[Row]:
    """The rows that were packed into it, from the first on."""
    spool.seek(0)
    return (row for text in spool for row in unpack(text))


def pack(rows: Sequence[Row]) -> str:
    """Rows as one line of text: many at once, for a line has its price, and column by column."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    if columns:
        moments = columns[_UNTIL]
        texts = {moment: moment and moment.isoformat() for moment in set(moments)}
        columns[_UNTIL] = [texts[moment] for moment in moments]
    return json.dumps(columns) + "\n"


def unpack(text: str) -> Iterator[Row]:
    """What was packed as one line."""
    columns = json.loads(text)
    if columns:
        texts = columns[_UNTIL]
        moments = {text: text and datetime.fromisoformat(text) for text in set(texts)}
        columns[_UNTIL] = [moments[text] for text in texts]
        for place in (_CALLS, _RECORDINGS):
            columns[place] = map(tuple, columns[place])
    return map(Row._make, zip(*columns, strict=True))

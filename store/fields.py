"""One list of a record's fields: the dataclass, from which its table and its rows are made.

A field says by its type what column it has: `str` (and literals), `int`, `float`, `bool`,
`datetime`, and JSON for tuples and mappings; `None` among its types makes it nullable. What a type
cannot say stands beside it: `Annotated[str, Kept(32, index=True)]`. Whoever adds a field adds it
here, and a revision.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from store.sql import UtcDateTime

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Kept:
    """How a field is kept. `length` is of text, in characters.

    `earlier` is what rows have that an earlier release wrote, which knew no such field.
    """

    length: int | None = None
    key: bool = False
    index: bool = False
    unique: bool = False
    earlier: str | None = None


_TYPES: Mapping[type, type[sa.types.TypeEngine[Any]]] = {
    bool: sa.Boolean,
    int: sa.Integer,
    float: sa.Float,
    datetime: UtcDateTime,
}
_KNOWN_HINTS: dict[type, Mapping[str, Any]] = {}
_KNOWN_TUPLES: dict[type, frozenset[str]] = {}


def columns_of(record: type) -> list[sa.Column[Any]]:
    """The columns of a record, in the order of its fields. Raises TypeError for unbounded text."""
    return [_column(name, hint) for name, hint in _hints(record).items()]


def table_of(
    name: str, metadata: sa.MetaData, record: type, *more: SchemaItem, first: Iterable[Any] = ()
) -> sa.Table:
    """The table of `record`, with `first` columns before its own, and `more` after them."""
    return sa.Table(name, metadata, *first, *columns_of(record), *more)


def columns_in(table: sa.Table, record: type) -> list[sa.Column[Any]]:
    """Of a table that has more, the columns of a record."""
    return [table.c[name] for name in _hints(record)]


def record_of(record: type[Record], row: sa.Row[Any] | Mapping[str, Any]) -> Record:
    """The record that a row holds; columns that are none of its fields are left out."""
    tuples, held = _tuples(record), row if isinstance(row, Mapping) else row._mapping
    return record(
        **{name: tuple(held[name]) if name in tuples else held[name] for name in _hints(record)}
    )


def row_of(record: object) -> dict[str, Any]:
    """The row that a record becomes."""
    return {name: getattr(record, name) for name in _hints(type(record))}


def lengths_of(record: type) -> Mapping[str, int]:
    """How many characters each field of text may have."""
    kept = {name: _split(hint)[2].length for name, hint in _hints(record).items()}
    return {name: length for name, length in kept.items() if length is not None}


def _hints(record: type) -> Mapping[str, Any]:
    if record not in _KNOWN_HINTS:
        hints = get_type_hints(record, include_extras=True)
        _KNOWN_HINTS[record] = {field.name: hints[field.name] for field in fields(record)}
    return _KNOWN_HINTS[record]


def _tuples(record: type) -> frozenset[str]:
    if record not in _KNOWN_TUPLES:
        kinds = {name: _split(hint)[0] for name, hint in _hints(record).items()}
        _KNOWN_TUPLES[record] = frozenset(
            name for name, kind in kinds.items() if get_origin(kind) is tuple
        )
    return _KNOWN_TUPLES[record]


def _split(hint: Any) -> tuple[Any, bool, Kept]:
    """A field's type without None, whether it had None, and how it is kept."""
    kept = Kept()
    if get_origin(hint) is Annotated:
        hint, *notes = get_args(hint)
        kept = next((note for note in notes if isinstance(note, Kept)), kept)
    if get_origin(hint) in (Union, UnionType):
        (kind,) = (one for one in get_args(hint) if one is not NoneType)
        return kind, True, kept
    return hint, False, kept


def _column(name: str, hint: Any) -> sa.Column[Any]:
    kind, nullable, kept = _split(hint)
    kind = str if get_origin(kind) is Literal else kind
    if kind is str and kept.length is None:
        raise TypeError(f"{name}: text needs a length, as in Annotated[str, Kept(32)]")
    of = sa.String(kept.length) if kind is str else _TYPES.get(kind, sa.JSON)
    return sa.Column(
        name,
        of,
        primary_key=kept.key,
        nullable=nullable,
        index=kept.index or None,
        unique=kept.unique or None,
        server_default=kept.earlier,
    )

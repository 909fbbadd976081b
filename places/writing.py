"""Checked rows into the gazetteer: new ones are added, others brought to what they say."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from places.csv_read import Row
from places.fields import Address
from places.schema import gazetteer
from store.bulk import BulkInsert
from store.fields import columns_of

_NAMES = tuple(column.name for column in gazetteer.c)
_KEY = tuple(column.name for column in gazetteer.primary_key)
_REST = tuple(name for name in _NAMES if name not in _KEY)

_incoming = sa.Table(
    "gazetteer_incoming", sa.MetaData(), *columns_of(Address), prefixes=["TEMPORARY"]
)
for _index in list(_incoming.indexes):
    _incoming.indexes.remove(_index)

_ALIKE = sa.and_(*(gazetteer.c[name] == _incoming.c[name] for name in _KEY))
_DIFFERS = sa.or_(*(gazetteer.c[name].is_distinct_from(_incoming.c[name]) for name in _REST))
_IS_NEW = gazetteer.c[_KEY[0]].is_(None)
_COUNTED = sa.select(
    sa.func.count().filter(_IS_NEW), sa.func.count().filter(sa.and_(sa.not_(_IS_NEW), _DIFFERS))
).select_from(_incoming.outerjoin(gazetteer, _ALIKE))


class Writer:
    """Writes pieces of rows by one connection, which has a table of its own for them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._fill = BulkInsert(connection.dialect, _incoming, _NAMES, {})
        self._merge = _merging(connection.dialect)
        if connection.in_transaction():
            self._make()
        else:
            with connection.begin():
                self._make()

    def __call__(self, rows: Sequence[Row], *, dry_run: bool) -> tuple[int, int]:
        """How many of these rows, one for each key, are new, and how many others before."""
        execute = self._connection.execute
        execute(_incoming.delete())
        columns = dict(zip(_NAMES, zip(*rows, strict=True), strict=True))
        self._fill(self._connection, columns)
        new, others = execute(_COUNTED).one()
        if (new or others) and not dry_run:
            execute(self._merge)
        return new, others

    def _make(self) -> None:
        self._connection.execute(sa.schema.DropTable(_incoming, if_exists=True))
        self._connection.execute(sa.schema.CreateTable(_incoming))


def _merging(dialect: sa.Dialect) -> sa.Executable:
    """The upsert; a row that is as it was is not written again."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    rows = sa.select(*(_incoming.c[name] for name in _NAMES)).where(sa.true())
    made = insert(gazetteer).from_select(_NAMES, rows)
    given = made.excluded
    return made.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={name: given[name] for name in _REST},
        where=sa.or_(*(gazetteer.c[name].is_distinct_from(given[name]) for name in _REST)),
    )

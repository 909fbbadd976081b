"""What is kept of one person, table by table: the seam by which each room answers for its own.

A room that keeps anything by which a person can be found has `personal_data(connection, e164)`
and says in `PERSONAL` which tables that is. What is asked of all of them is an export for the
person (and later an erasure): nobody has to know where else to look.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

PersonalData = Mapping[str, list[dict[str, Any]]]
"""Rows by the name of their table, as JSON can hold them; times are UTC."""


def rows_of(
    connection: sa.Connection, wanted: Mapping[sa.Table, sa.ColumnElement[bool]]
) -> PersonalData:
    """Every row of each table that meets its condition, in the order of their keys."""
    return {
        table.name: [
            {name: _plain(value) for name, value in row._mapping.items()}
            for row in connection.execute(
                sa.select(table).where(condition).order_by(*table.primary_key.columns)
            )
        ]
        for table, condition in wanted.items()
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value

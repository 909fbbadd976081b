"""The tables of call records: `calls`, what happened in them, and what is kept of each hour.

Times are UTC. A call is searched by one thing and by when it was: so each index has both. What
nearly all calls have in common is in none of them, for there the calls of the time are looked
through as quickly.
"""

import sqlalchemy as sa

from call_handlers.fields import CallEvent, CallRecord
from store.fields import table_of
from store.sql import UtcDateTime, room_metadata

metadata = room_metadata()

calls = table_of("calls", metadata, CallRecord)

_USUAL = ("", "completed", "transferred", "abandoned")
OPEN = calls.c.ended_at.is_(None)
# An index that holds some rows alone is used where its condition is said word for word.
HIDDEN = calls.c.withheld.is_(sa.true())
UNNUMBERED = calls.c.e164.is_(None)
MEASURED = calls.c.verdict != sa.literal_column("'allow'")
UNUSUAL = calls.c.disposition.not_in([sa.literal_column(f"'{name}'") for name in _USUAL])


def _index(name: str, *columns: sa.Column[str], only: sa.ColumnElement[bool] | None = None) -> None:
    sa.Index(name, *columns, calls.c.started_at, sqlite_where=only, postgresql_where=only)


_index("ix_calls_e164_started_at", calls.c.e164)
_index("ix_calls_last_node_started_at", calls.c.last_node)
_index("ix_calls_open", only=OPEN)
"""The few calls that go on, or that nobody closed: the sweep looks for them all the time."""
_index("ix_calls_withheld", only=HIDDEN)
_index("ix_calls_unnumbered", calls.c.caller, only=UNNUMBERED)
_index("ix_calls_measured", calls.c.verdict, only=MEASURED)
_index("ix_calls_unusual", calls.c.disposition, only=UNUSUAL)


def is_unusual(disposition: str) -> bool:
    """Whether calls that came out so are few enough to be found by an index of their own."""
    return disposition not in _USUAL


call_events = table_of(
    "call_events",
    metadata,
    CallEvent,
    first=(
        sa.Column("call_id", sa.String(32), sa.ForeignKey(calls.c.id), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    ),
)

call_hours = sa.Table(
    "call_hours",
    metadata,
    # When the hour begins; its figures are those of the calls that began in it.
    sa.Column("begins", UtcDateTime, primary_key=True),
    sa.Column("figures", sa.JSON, nullable=False),
)

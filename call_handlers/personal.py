"""What calls keep of a person: the calls of their number, what happened in them, the recordings,
and machines' drafts of those.

Sessions (Redis) and the journal are left out: they hold calls for hours, and end in these tables.
"""

import sqlalchemy as sa

from call_handlers.schema import call_events, calls
from recordings.schema import drafts, recordings
from store.personal import PersonalData, rows_of

PERSONAL = (calls, call_events, recordings, drafts)


def personal_data(connection: sa.Connection, e164: str) -> PersonalData:
    """The calls of this number (E.164), and what belongs to them. Raises SQLAlchemyError."""
    theirs = sa.select(calls.c.id).where(calls.c.e164 == e164)
    return rows_of(
        connection,
        {
            calls: calls.c.e164 == e164,
            call_events: call_events.c.call_id.in_(theirs),
            recordings: recordings.c.call_id.in_(theirs),
            drafts: drafts.c.call_id.in_(theirs),
        },
    )

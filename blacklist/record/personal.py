"""What the blocklist keeps of a person: entries, strikes and reviews of their number, the audit.

A prefix that their number begins with says nothing of them, and is left out.
"""

import sqlalchemy as sa

from blacklist.record.schema import entries, reviews, strikes
from people.schema import audit
from store.personal import PersonalData, rows_of

PERSONAL = (entries, strikes, reviews, audit)


def personal_data(connection: sa.Connection, e164: str) -> PersonalData:
    """What is recorded of this number (E.164). Raises SQLAlchemyError."""
    return rows_of(
        connection,
        {
            entries: (entries.c.subject == e164) & (entries.c.kind != "prefix"),
            strikes: strikes.c.number == e164,
            reviews: reviews.c.number == e164,
            audit: audit.c.subject == e164,
        },
    )

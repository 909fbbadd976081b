"""What the back office keeps: a row per ticket, one per machine's draft, in its own SQLite file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import OperationalError

from store.database import make_engine
from store.sql import UtcDateTime, reading

metadata = sa.MetaData()

received = sa.Table(
    "received_tickets",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("idempotency_key", sa.String(64), nullable=False, unique=True),
    sa.Column("service_request_id", sa.String(64), nullable=False, unique=True),
    sa.Column("times_received", sa.Integer, nullable=False),
    sa.Column("first_received_at", UtcDateTime, nullable=False),
    sa.Column("last_received_at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
)


drafted = sa.Table(
    "received_drafts",
    metadata,
    sa.Column("webhook_id", sa.String(64), primary_key=True),
    sa.Column("idempotency_key", sa.String(64), nullable=False, index=True),
    sa.Column("recording_ref", sa.String(200), nullable=False),
    sa.Column("draft", sa.Text, nullable=False),
)


class OtherTicketHasReference(Exception):
    """A new idempotency key came with a reference number that another ticket has."""


@dataclass(frozen=True, slots=True)
class ReceivedTicket:
    """A ticket as it was first received. `times_received` counts every valid push of it."""

    id: str
    idempotency_key: str
    service_request_id: str
    times_received: int
    first_received_at: datetime
    last_received_at: datetime
    event: str
    data: dict[str, Any]
    drafts: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """The form that `GET /tickets` shows."""
        return {
            "id": self.id,
            "idempotency_key": self.idempotency_key,
            "service_request_id": self.service_request_id,
            "version": _version(self.data),
            "times_received": self.times_received,
            "first_received_at": self.first_received_at.isoformat(),
            "last_received_at": self.last_received_at.isoformat(),
            "event": self.event,
            "ticket": self.data,
            "machine_drafts": self.drafts,
        }


class BackofficeStore:
    """The back office's SQLite file. Tables are made when they are missing."""

    def __init__(self, path: Path) -> None:
        self._engine = make_engine(f"sqlite:///{path}")
        try:
            metadata.create_all(self._engine)
        except OperationalError:
            # Two processes may make the file at once: the second finds the tables.
            metadata.create_all(self._engine)

    def receive(self, event: str, data: dict[str, Any]) -> tuple[ReceivedTicket, bool]:
        """Keep the ticket once, by its newest version; whether it is new.

        Raises OtherTicketHasReference.
        """
        now = datetime.now(UTC)
        key, reference = data["idempotency_key"], data["service_request_id"]
        with self._engine.begin() as connection:
            again = connection.execute(
                received.update()
                .where(received.c.idempotency_key == key)
                .values(times_received=received.c.times_received + 1, last_received_at=now)
            ).rowcount
            if not again:
                taken = sa.select(received.c.number).where(
                    received.c.service_request_id == reference
                )
                if connection.execute(taken).first() is not None:
                    raise OtherTicketHasReference
                connection.execute(
                    received.insert(),
                    {
                        "idempotency_key": key,
                        "service_request_id": reference,
                        "times_received": 1,
                        "first_received_at": now,
                        "last_received_at": now,
                        "event": event,
                        "data": json.dumps(data, ensure_ascii=False),
                    },
                )
            kept = sa.select(received).where(received.c.idempotency_key == key)
            row = connection.execute(kept).one()
            if _version(json.loads(row.data)) < _version(data):
                newer = {"event": event, "data": json.dumps(data, ensure_ascii=False)}
                its = received.c.idempotency_key == key
                connection.execute(received.update().where(its).values(newer))
                row = connection.execute(kept).one()
        return self._with_drafts([row])[0], not again

    def receive_draft(self, webhook_id: str, data: dict[str, Any]) -> bool:
        """Keep a machine's draft beside its ticket, once; False where there is no such ticket."""
        key = data["idempotency_key"]
        with self._engine.begin() as connection:
            wanted = sa.select(received.c.number).where(received.c.idempotency_key == key)
            if connection.execute(wanted).first() is None:
                return False
            connection.execute(
                sqlite.insert(drafted).on_conflict_do_nothing(),
                {
                    "webhook_id": webhook_id,
                    "idempotency_key": key,
                    "recording_ref": data["recording_ref"],
                    "draft": json.dumps(data["machine_draft"], ensure_ascii=False),
                },
            )
        return True

    def find(self, reference: str) -> ReceivedTicket | None:
        """The ticket with this reference number."""
        statement = sa.select(received).where(received.c.service_request_id == reference)
        with reading(self._engine) as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else self._with_drafts([row])[0]

    def newest(self, limit: int) -> list[ReceivedTicket]:
        """The tickets received last, newest first."""
        statement = sa.select(received).order_by(received.c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            rows = list(connection.execute(statement))
        return self._with_drafts(rows)

    def since(self, moment: datetime) -> list[ReceivedTicket]:
        """All that were first received at `moment` (aware) or later, oldest first."""
        statement = (
            sa.select(received)
            .where(received.c.first_received_at >= moment)
            .order_by(received.c.number)
        )
        with reading(self._engine) as connection:
            rows = list(connection.execute(statement))
        return self._with_drafts(rows)

    def _with_drafts(self, rows: Sequence[sa.Row[Any]]) -> list[ReceivedTicket]:
        keys = [row.idempotency_key for row in rows]
        of_them = sa.select(drafted).where(drafted.c.idempotency_key.in_(keys))
        drafts: dict[str, dict[str, Any]] = {key: {} for key in keys}
        with reading(self._engine) as connection:
            for row in connection.execute(of_them):
                drafts[row.idempotency_key][row.recording_ref] = json.loads(row.draft)
        return [_received(row, drafts[row.idempotency_key]) for row in rows]

    def check(self) -> None:
        """Raises sqlalchemy.exc.SQLAlchemyError when the file cannot be read."""
        with reading(self._engine) as connection:
            connection.execute(sa.select(received.c.number).limit(1)).first()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _version(ticket: dict[str, Any]) -> int:
    version = ticket.get("version")
    return version if isinstance(version, int) else 0


def _received(row: sa.Row[Any], drafts: dict[str, Any]) -> ReceivedTicket:
    return ReceivedTicket(
        id=f"BO-{row.number:06d}",
        idempotency_key=row.idempotency_key,
        service_request_id=row.service_request_id,
        times_received=row.times_received,
        first_received_at=row.first_received_at,
        last_received_at=row.last_received_at,
        event=row.event,
        data=json.loads(row.data),
        drafts=drafts,
    )

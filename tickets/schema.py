"""The tables of tickets and of their ways to destinations. Times are UTC."""

import sqlalchemy as sa

from store.sql import UtcDateTime, room_metadata

metadata = room_metadata()

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("idempotency_key", sa.String(36), primary_key=True),
    sa.Column("service_request_id", sa.String(9), nullable=False, unique=True),
    sa.Column("origin", sa.String(200), nullable=False, unique=True),
    sa.Column("jurisdiction_id", sa.String(100), nullable=False),
    sa.Column("service_code", sa.String(32), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("status", sa.String(32), nullable=False),
    sa.Column("requested_datetime", UtcDateTime, nullable=False, index=True),
    sa.Column("updated_datetime", UtcDateTime, nullable=False),
    sa.Column("expected_datetime", UtcDateTime),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("caller_id_withheld", sa.Boolean, nullable=False),
    sa.Column("location_verified", sa.Boolean, nullable=False),
    sa.Column("call_id", sa.String(100), index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("phone", sa.String(16), index=True),
    sa.Column("first_name", sa.String(100)),
    sa.Column("last_name", sa.String(100)),
    sa.Column("description", sa.String(4000)),
    sa.Column("lat", sa.Float),
    sa.Column("long", sa.Float),
    sa.Column("address_string", sa.String(500)),
    sa.Column("address_id", sa.String(8)),
    sa.Column("address", sa.JSON, nullable=False),
    sa.Column("location_source", sa.String(32)),
    sa.Column("sub_municipality", sa.String(8)),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("agency_responsible", sa.JSON, nullable=False),
    sa.Column("priority", sa.String(16), nullable=False),
    sa.Column("parent_service_request_id", sa.String(9)),
    sa.Column("recording_ref", sa.String(200)),
    sa.Column("callback_requested", sa.Boolean, nullable=False),
    sa.Column("satisfaction", sa.Integer),
    sa.Column("external_ids", sa.JSON, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("ticket_id", sa.String(36), sa.ForeignKey(tickets.c.idempotency_key), nullable=False),
    sa.Column("destination", sa.String(64), nullable=False),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("ticket_version", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    # Attempts made before an admin put it back: the policy counts those after it.
    sa.Column("attempts_before_retry", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False),
    sa.Column("queued_at", UtcDateTime),
    sa.Column("queue_count", sa.Integer, nullable=False),
    sa.Column("lease_token", sa.String(32)),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String(500)),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("remote_id", sa.String(100)),
    sa.UniqueConstraint("ticket_id", "destination", "event", "ticket_version"),
    sa.Index(None, "state", "next_attempt_at"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("delivery_id", sa.String(32), sa.ForeignKey(deliveries.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("outcome", sa.String(16)),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.String(500)),
)

destinations = sa.Table(
    "destinations",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    # In a row, of what every ticket would have met.
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failing_since", UtcDateTime),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.String(500)),
)

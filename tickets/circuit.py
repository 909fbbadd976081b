"""The circuit of a destination: while it fails, it is left alone but for one attempt now and then.

It opens after some failures in a row of what every ticket would have met, or where the destination
asks for peace (429, 503 with `Retry-After`). Then one delivery is tried, a new one before one that
was tried already, at a tenth of the time that the trouble has lasted; these attempts are not
counted where the delivery's own schedule has not come so far. The first answer about a ticket
closes it, and all that waits is tried at once: an outage delays nothing by more than a tenth of
itself, and no ticket is given up for it sooner.

Nothing of this is for what may have gone out already to where a person would read it twice, nor for
what is to wait before its first attempt. A delivery that fails though its destination does well is
at fault itself: it waits its own time, unless a longer outage follows.

Who has answered 410 (RFC 9110, 15.5.11) is disabled: what is for them waits until a person
enables it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from outbox.periodic import Periodic
from outbox.schedule import MOST_ASKED_S
from store.sql import database_now, reading
from tickets.mobile import SMS
from tickets.schema import deliveries, destinations
from tickets.spoken import DRAFTS

log = structlog.get_logger()

UNGATED = (SMS, DRAFTS)
"""No ticket waits for these, and a person would read a message that was only to try."""
SOONEST_S, LATEST_S = 1.0, 300.0
"""Between two attempts while a circuit is open."""
EVERY_S = 1.0
_LONG = timedelta(minutes=1)
"""An outage of less may have been what a few tickets have met that are at fault themselves."""
OPEN_STATES = ("pending", "sent", "failed")
"""Of deliveries that something is still to be done about."""
GONE_OUT = "; it may have gone out"
"""Said of a message after an attempt of which nobody knows, where a person would read it twice."""
MAY_HAVE_GONE_OUT = sa.func.coalesce(deliveries.c.last_error.endswith(GONE_OUT), sa.false())
"""The condition that this was said of a delivery."""

_its = destinations.c.name == deliveries.c.destination
CLOSED_OR_TRIED = sa.or_(
    deliveries.c.destination.in_(UNGATED),
    ~sa.exists().where(
        _its,
        sa.or_(
            destinations.c.disabled_at.is_not(None),
            sa.and_(destinations.c.open_until.is_not(None), deliveries.c.early.is_not(True)),
        ),
    ),
)
"""The condition that a delivery's destination may be asked now."""


Beside = Callable[[sa.Connection], object]
"""What is written down with a change at a person's word, in its transaction."""


def nothing_beside(_connection: sa.Connection) -> None:
    """The change alone."""


def pause_s(failing_since: datetime | None, now: datetime) -> float:
    """Seconds until the next attempt at a destination that has failed since then."""
    lasted = timedelta() if failing_since is None else now - failing_since
    return min(max(lasted.total_seconds() / 10, SOONEST_S), LATEST_S)


def open_circuit(
    connection: sa.Connection,
    name: str,
    now: datetime,
    failing_since: datetime | None,
    asked_s: float | None,
) -> None:
    """Leave this destination alone until its next attempt; `asked_s` is its own wish."""
    asked_s = min(asked_s or 0.0, MOST_ASKED_S)
    pause = timedelta(seconds=max(pause_s(failing_since, now), asked_s))
    its = destinations.c.name == name
    opened = destinations.c.open_until.is_(None)
    change = destinations.update().values(open_until=now + pause)
    if connection.execute(change.where(its, opened)).rowcount:
        early = (deliveries.c.destination == name, deliveries.c.early.is_(True))
        connection.execute(deliveries.update().where(*early).values(early=None))
    else:
        connection.execute(change.where(its))


def close_circuit(
    connection: sa.Connection, name: str, now: datetime, failing_since: datetime | None
) -> None:
    """It has answered: whatever waits for it waits no longer."""
    its = destinations.c.name == name
    connection.execute(destinations.update().where(its).values(failures=0, open_until=None))
    if name not in UNGATED:
        waits = _may_go(name, now, failing_since)
        change = deliveries.update().values(early=True, queued_at=None)
        connection.execute(change.where(*waits))


def asked_for_peace(
    open_until: datetime | None, failing_since: datetime | None, now: datetime
) -> bool:
    """Whether a circuit is open for longer than we would leave it: that is the other's own wish."""
    if open_until is None or (failing_since is not None and failing_since > now):
        return False
    return open_until - now > timedelta(seconds=pause_s(failing_since, now) + 1)


def disable(connection: sa.Connection, name: str, now: datetime) -> bool:
    """Send this destination nothing more; False where that is so already."""
    its = (destinations.c.name == name, destinations.c.disabled_at.is_(None))
    return (
        connection.execute(destinations.update().where(*its).values(disabled_at=now)).rowcount > 0
    )


def disable_by_hand(engine: sa.Engine, name: str, beside: Beside = nothing_beside) -> bool:
    """The same at a person's word, also of one that has never failed. Raises SQLAlchemyError."""
    with engine.begin() as connection:
        kind = postgresql if connection.dialect.name == "postgresql" else sqlite
        fresh = kind.insert(destinations).values(name=name, failures=0)
        connection.execute(fresh.on_conflict_do_nothing(index_elements=[destinations.c.name]))
        done = disable(connection, name, database_now(connection))
        if done:
            beside(connection)
    if done:
        log.warning("destination_disabled_by_hand", destination=name)
    return done


def enable(engine: sa.Engine, name: str, beside: Beside = nothing_beside) -> int | None:
    """Send it again what waits for it, at once; how many. None where it is not disabled.

    Raises SQLAlchemyError.
    """
    with engine.begin() as connection:
        its = (destinations.c.name == name, destinations.c.disabled_at.is_not(None))
        if not connection.execute(
            destinations.update().where(*its).values(disabled_at=None)
        ).rowcount:
            return None
        since = sa.select(destinations.c.failing_since).where(destinations.c.name == name)
        close_circuit(connection, name, database_now(connection), connection.scalar(since))
        waits = (deliveries.c.destination == name, deliveries.c.state.in_(OPEN_STATES))
        count: int = connection.execute(sa.select(sa.func.count()).where(*waits)).scalar_one()
        beside(connection)
    log.warning("destination_enabled", destination=name, waiting=count)
    return count


def probing(engine: sa.Engine) -> Periodic:
    """For the process that runs the relay: chooses what is tried while a circuit is open."""
    return Periodic("circuits", EVERY_S, lambda: probe_once(engine))


def probe_once(engine: sa.Engine) -> list[str]:
    """Let one delivery through to each destination whose pause is over; their ids.

    A pause that began when the clock showed a later time is over too. Raises SQLAlchemyError.
    """
    columns = destinations.c
    with reading(engine) as connection:
        now = database_now(connection)
        over = sa.or_(columns.open_until <= now, columns.failing_since > now)
        paused = sa.select(columns.name).where(
            columns.open_until.is_not(None), columns.disabled_at.is_(None), over
        )
        names = connection.scalars(paused).all()
    return [found for name in names if (found := _probe(engine, name)) is not None]


def _probe(engine: sa.Engine, name: str) -> str | None:
    """The delivery that was tried least often goes: a ticket that is refused stops no other."""
    with engine.begin() as connection:
        now = database_now(connection)
        its = destinations.c.name == name
        row = connection.execute(sa.select(destinations).where(its).with_for_update()).one()
        if row.open_until is None or row.disabled_at is not None:
            return None
        pause = timedelta(seconds=pause_s(row.failing_since, now))
        found: str | None = connection.scalar(
            sa.select(deliveries.c.id)
            .where(
                *_may_go(name, now, row.failing_since),
                sa.or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now),
                FIRST_OF_ITS_TICKET,
            )
            .order_by(deliveries.c.attempts, deliveries.c.next_attempt_at)
            .limit(1)
        )
        if found is None:  # nothing waits: the next ticket is tried as it comes
            connection.execute(destinations.update().where(its).values(open_until=None))
            return None
        connection.execute(destinations.update().where(its).values(open_until=now + pause))
        one = deliveries.update().where(deliveries.c.id == found)
        connection.execute(one.values(early=True, queued_at=None))
    return found


def _may_go(
    name: str, now: datetime, failing_since: datetime | None
) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions that a delivery may be tried before its time."""
    columns = deliveries.c
    conditions = [
        columns.destination == name,
        columns.state.in_(OPEN_STATES),
        sa.or_(columns.attempts > 0, columns.next_attempt_at <= now),
        ~MAY_HAVE_GONE_OUT,
    ]
    if failing_since is None or now - failing_since < _LONG:
        conditions.append(columns.early.is_not(False))
    return tuple(conditions)


_earlier = deliveries.alias("earlier")
FIRST_OF_ITS_TICKET = ~sa.exists().where(
    _earlier.c.ticket_id == deliveries.c.ticket_id,
    _earlier.c.destination == deliveries.c.destination,
    _earlier.c.ticket_version < deliveries.c.ticket_version,
    _earlier.c.state.in_(OPEN_STATES),
)
"""The condition that a destination has all that was to be told of the ticket before, or was given
up: what happened to a ticket is told in its order."""

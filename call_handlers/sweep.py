"""Closing the records of calls that nobody ended.

A channel tells when a call is over, and even that can be lost: the server died and the hang-up
handler reached none, a status callback never came, the process that had the record in its hands was
killed. `sweep_once` finds such calls and closes each once, however many sweepers run:

1. The journal of records and requests that SQL did not take is replayed.
2. A record that is still open though its session has ended is written again from that session.
3. A record that is still open though its session is gone is closed as `failed`.
4. A session that has ended and has no closed record is written down: its process was killed between
   the two.
5. A session whose last turn is long past is ended as far as it had come, and with that turn: of
   what came later nothing is known.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog
from structlog.contextvars import bound_contextvars

from call_handlers import metrics
from call_handlers.arrival import Call
from call_handlers.desk import CallDesk
from call_handlers.hourly import forget_hours
from call_handlers.late import has_talked
from call_handlers.records import MakeKept, replay_journal
from call_handlers.schema import calls
from call_handlers.sessions import SESSION_TTL_S, StoreAway
from ivr.engine import TRANSFERRED
from ivr.turn import Collect, Record, Transfer
from store.journal import Journal
from store.sql import reading

log = structlog.get_logger()
FAILED = "failed"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SweepPolicy:
    """How long is long, in seconds.

    `idle_s` is more than any turn takes: the longest prompts and recording together. A transfer is
    a turn too, and lasts as long as the caller waits and talks: only a session about to expire
    (`transfer_s`) ends it. `look_back_s` bounds how old records are looked at. A call that
    has ended is written down within `written_s`, unless its process was killed.
    """

    idle_s: float = 300.0
    transfer_s: float = SESSION_TTL_S - 600.0
    look_back_s: float = 14 * 86_400.0
    written_s: float = 300.0
    most: int = 500


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep did, as numbers of calls. `complete` is False when the sessions were away."""

    replayed: int = 0
    ended: int = 0
    rewritten: int = 0
    failed: int = 0
    complete: bool = True


def sweep_once(
    desk: CallDesk,
    engine: sa.Engine,
    journal: Journal,
    policy: SweepPolicy | None = None,
    make_kept: MakeKept = lambda _entry: False,
) -> SweepReport:
    """Sweep once. Idempotent; safe beside other sweepers and beside the calls themselves.

    The time is the desk's clock. Raises SQLAlchemyError when the database is away: then the journal
    is kept, and nothing is ended that could not be written down.
    """
    policy = policy or SweepPolicy()
    replayed = replay_journal(engine, journal, make_kept)
    now = datetime.fromtimestamp(desk.clock(), UTC)
    open_calls = _open_calls(engine, now, policy)
    try:
        rewritten = gone = 0
        for call_id, started in open_calls.items():
            state = desk.sessions.load(call_id, ended=True)
            if state is not None:
                rewritten += _rewrite(desk, call_id)
            elif (now - started).total_seconds() > SESSION_TTL_S:
                gone += _fail(engine, call_id, started, now)
        ended_ids = desk.sessions.ended(policy.written_s)
        for call_id in _unwritten(engine, ended_ids):
            rewritten += _rewrite(desk, call_id)
        # Last, so that a record which is only just being written is not found open above.
        ended = sum(_end(desk, engine, call_id, now, policy) for call_id in _idle(desk, policy))
    except StoreAway:
        log.warning("sweep_incomplete", replayed=replayed)
        return SweepReport(replayed=replayed, complete=False)
    report = SweepReport(replayed, ended, rewritten, gone)
    if report != SweepReport():
        log.info("swept", replayed=replayed, ended=ended, rewritten=rewritten, failed=gone)
    return report


def _open_calls(engine: sa.Engine, now: datetime, policy: SweepPolicy) -> dict[str, datetime]:
    """Calls that should have ended by now and whose record is open: id and start."""
    statement = (
        sa.select(calls.c.id, calls.c.started_at)
        .where(
            calls.c.ended_at.is_(None),
            calls.c.started_at > now - timedelta(seconds=policy.look_back_s),
            calls.c.started_at < now - timedelta(seconds=policy.idle_s),
        )
        .order_by(calls.c.started_at)
        .limit(policy.most)
    )
    with reading(engine) as connection:
        return {row.id: row.started_at for row in connection.execute(statement)}


def _idle(desk: CallDesk, policy: SweepPolicy) -> Iterable[str]:
    return desk.sessions.unfinished(policy.idle_s)[: policy.most]


def _end(
    desk: CallDesk, engine: sa.Engine, call_id: str, now: datetime, policy: SweepPolicy
) -> bool:
    held = desk.find(call_id)
    if held is None:
        return False
    idle_s = now.timestamp() - held.at_ms / 1000
    talks = isinstance(held.turn.action, Transfer) and not held.late
    if idle_s < (policy.transfer_s if talks else policy.idle_s):
        return False
    with bound_contextvars(call_id=call_id):
        if not held.late and _is_closed(engine, call_id):
            desk.sessions.finish(call_id)  # whoever wrote the record could not reach the sessions
            return False
        return desk.ended(held, _reason(held), held.at_ms)


def _unwritten(engine: sa.Engine, call_ids: list[str]) -> list[str]:
    """Which of these calls have no closed record."""
    closed: set[str] = set()
    with reading(engine) as connection:
        for some in (call_ids[at : at + _AT_ONCE] for at in range(0, len(call_ids), _AT_ONCE)):
            statement = sa.select(calls.c.id).where(
                calls.c.id.in_(some), calls.c.ended_at.is_not(None)
            )
            closed |= set(connection.scalars(statement))
    return [call_id for call_id in call_ids if call_id not in closed]


def _is_closed(engine: sa.Engine, call_id: str) -> bool:
    statement = sa.select(calls.c.id).where(calls.c.id == call_id, calls.c.ended_at.is_not(None))
    with reading(engine) as connection:
        return connection.execute(statement).first() is not None


def _reason(held: Call) -> str:
    """Why a call ended that was left alone: at a question it was the caller who left."""
    if has_talked(held):
        return TRANSFERRED
    left = isinstance(held.turn.action, Collect | Record) or held.late
    return "hangup" if left else FAILED


def _rewrite(desk: CallDesk, call_id: str) -> bool:
    """Write the record of a call that was ended, but not written down by who ended it."""
    if desk.find(call_id) is not None:
        return False  # it goes on
    held = desk.find(call_id, ended=True)
    if held is None:
        return False
    with bound_contextvars(call_id=call_id):
        desk.close(held, _reason(held), held.at_ms)
    return True


def _fail(engine: sa.Engine, call_id: str, started: datetime, now: datetime) -> bool:
    """Close a record of which nothing more can be known. `ended_at` is when that was found."""
    statement = (
        calls.update()
        .where(calls.c.id == call_id, calls.c.ended_at.is_(None))
        .values(ended_at=now, disposition=FAILED)
    )
    with engine.begin() as connection:
        closed = connection.execute(statement).rowcount == 1
        forget_hours(connection, [started])
    if closed:
        log.warning("call_lost", call_id=call_id)
        metrics.ENDED.labels("unknown", FAILED).inc()
    return closed

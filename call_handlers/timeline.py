"""One call with all that belongs to it: what happened, what was spoken, opened, and struck.

Whoever reads it need not know in which table a thing stands; it takes a few questions, whatever
came of the call.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from blacklist.record.fields import NotedStrike, RecordedEntry
from blacklist.record.schema import entries, strikes
from call_handlers.fields import CallEvent, CallRecord
from call_handlers.history import find_call
from recordings.kept import is_kept
from recordings.schema import recordings
from store.fields import record_of
from store.sql import reading
from tickets.model import Ticket
from tickets.schema import tickets

_MOST = 50
"""Of what stands about a number, the newest."""
_RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the caller spoke in a turn. `reference` names its sound.

    `kept`: it can be heard here. `removed_at` is when it was destroyed, as far as that is known.
    `seconds` is how long it is; `at` when it ended.
    """

    reference: str
    turn: int
    at: datetime
    seconds: float
    kept: bool
    removed_at: datetime | None


Moment = CallEvent | Spoken | Ticket | NotedStrike


@dataclass(frozen=True, slots=True)
class CallStory:
    """A call and what belongs to it. `strikes` and `entries` are about its number, newest first.

    `tickets` are those that it opened, or added to: what its record names, and what names it.
    """

    record: CallRecord
    events: tuple[CallEvent, ...]
    spoken: tuple[Spoken, ...]
    tickets: tuple[Ticket, ...]
    strikes: tuple[NotedStrike, ...]
    entries: tuple[RecordedEntry, ...]

    @property
    def struck(self) -> tuple[NotedStrike, ...]:
        """The strikes for this very call."""
        return tuple(one for one in self.strikes if one.call_id == self.record.id)

    @property
    def rests_on_it(self) -> tuple[RecordedEntry, ...]:
        """The entries of the blocklist that name this call as evidence."""
        return tuple(one for one in self.entries if self.record.id in one.calls)

    @property
    def moments(self) -> tuple[tuple[datetime, Moment], ...]:
        """What happened, in the order in which it did; of one moment, the call's own first."""
        opened = (one for one in self.tickets if one.call_id == self.record.id)
        told: list[tuple[datetime, Moment]] = [
            *((one.at, one) for one in self.events),
            *((one.at, one) for one in self.spoken),
            *((one.requested_datetime, one) for one in opened),
            *((one.at, one) for one in self.struck),
        ]
        return tuple(sorted(told, key=lambda moment: moment[0]))


def story_of(engine: sa.Engine, call_id: str, folder: Path) -> CallStory | None:
    """The call of this id, with the sounds that are in `folder`; None when there is none.

    Raises SQLAlchemyError.
    """
    found = find_call(engine, call_id)
    if found is None:
        return None
    record, events = found
    with reading(engine) as connection:
        removed = _removed(connection, record.id)
        return CallStory(
            record,
            events,
            tuple(_spoken(record, events, folder, removed)),
            _tickets(connection, record),
            *_standing(connection, record.e164),
        )


def spoken_in(record: CallRecord, events: Iterable[CallEvent]) -> tuple[str, ...]:
    """The references of what the caller spoke, in its order; whether it is kept is not asked."""
    return tuple(_reference(record, event) for event in events if _is_spoken(event))


def _spoken(
    record: CallRecord,
    events: tuple[CallEvent, ...],
    folder: Path,
    removed: dict[int, datetime | None],
) -> Iterator[Spoken]:
    for event in filter(_is_spoken, events):
        reference = _reference(record, event)
        kept, seconds = is_kept(folder, reference), int(event.input.removesuffix(" ms")) / 1000
        yield Spoken(reference, event.turn, event.at, seconds, kept, removed.get(event.turn))


def _is_spoken(event: CallEvent) -> bool:
    return event.kind == _RECORDING and event.input.endswith(" ms")


def _reference(record: CallRecord, event: CallEvent) -> str:
    return f"{record.id}-{event.turn}"


def _removed(connection: sa.Connection, call_id: str) -> dict[int, datetime | None]:
    """When recordings were destroyed, by turn; of one that Asterisk has made nothing is known."""
    columns = recordings.c
    rows = connection.execute(
        sa.select(columns.turn, columns.removed_at).where(columns.call_id == call_id)
    )
    return {row.turn: row.removed_at for row in rows}


def _tickets(connection: sa.Connection, record: CallRecord) -> tuple[Ticket, ...]:
    columns = tickets.c
    theirs = sa.or_(columns.call_id == record.id, columns.service_request_id.in_(record.tickets))
    order = (columns.requested_datetime, columns.service_request_id)
    rows = connection.execute(sa.select(tickets).where(theirs).order_by(*order))
    return tuple(record_of(Ticket, row) for row in rows)


def _standing(
    connection: sa.Connection, e164: str | None
) -> tuple[tuple[NotedStrike, ...], tuple[RecordedEntry, ...]]:
    """What was ever decided about a number; nothing about who shows none."""
    if e164 is None:
        return (), ()
    noted = sa.select(strikes).where(strikes.c.number == e164)
    struck = connection.execute(noted.order_by(strikes.c.at.desc(), strikes.c.id).limit(_MOST))
    about = sa.select(entries).where(entries.c.subject == e164, entries.c.kind != "prefix")
    listed = connection.execute(
        about.order_by(entries.c.added_at.desc(), entries.c.id).limit(_MOST)
    )
    return (
        tuple(record_of(NotedStrike, row) for row in struck),
        tuple(record_of(RecordedEntry, row) for row in listed),
    )

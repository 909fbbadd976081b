"""`GET /api/v1/recordings/{recording}`: what a caller has said, for whom a ticket names it.

Who fetches is written down before a byte is sent, under the caller's number where it was shown: so
it stands in what the caller may ask for, too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from blacklist.record.operations import Operation
from call_handlers.history import find_call
from console.api.route import Route
from people.audit import note_change
from people.permissions import must
from people.person import NothingThere, Person
from recordings.kept import call_of, removed_at, sound_of
from store.sql import reading


class Destroyed(LookupError):
    """The recording was destroyed when its time was over."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """The recordings in `folder`, kept for `days`. `now` gives the time."""

    engine: sa.Engine
    folder: Path
    days: int
    now: Callable[[], datetime]

    def fetch(self, recording: str, *, by: Person) -> bytes:
        """The sound of this reference; the audit has who fetched it.

        Raises NotAllowed, Destroyed, NothingThere, OSError, SQLAlchemyError.
        """
        must(by, "calls.hear", "a recording")
        call_id = call_of(recording)
        if call_id is None:
            raise NothingThere("no recording has such a name")
        sound, now = sound_of(self.folder, recording), self.now()
        found = find_call(self.engine, call_id)
        if sound is None:
            with reading(self.engine) as connection:
                removed = removed_at(connection, recording) is not None
            if removed or (found and found[0].started_at <= now - timedelta(days=self.days)):
                raise Destroyed(f"it was destroyed: recordings are kept for {self.days} days")
            raise NothingThere("it is not here: not yet, or there is none of this name")
        subject = (found and found[0].e164) or recording
        with self.engine.begin() as connection:
            note_change(
                connection, by, "recording_fetched", subject, now, recording=recording, call=call_id
            )
        return sound


@dataclass(frozen=True, slots=True)
class _Fetching(Route):
    @property
    def operation(self) -> Operation:
        """What it asks for: no operation on the blocklist, and by no command."""
        return Operation(
            "recording", "What a caller has said, as a ticket's recording_ref names it",
            "calls.hear", Recordings.fetch, bytes, of="recording", misses=True,
        )  # fmt: skip


RECORDING = _Fetching("recording", "GET", "/api/v1/recordings/{recording}", gives="audio/wav")

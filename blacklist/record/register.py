"""The register as people use it: every verb commits in SQL first, then tells the index.

When the index cannot be told, the change still stands; the next synchronisation (or
`hotline blacklist rebuild`) repairs the index, and a log line says that it has to.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from blacklist.entry import LONGEST_NOTE, MISUSE, Entry, EntryRefused, full_number, lasting
from blacklist.policy import Policy
from blacklist.port import RegisterUnavailable
from blacklist.record import reviews
from blacklist.record.consequence import Struck, strike
from blacklist.record.entries import end_entry, put_entry, row_of
from blacklist.record.fields import Evidence, Kind, RecordedEntry, Review
from blacklist.record.limits import Wanted, restriction
from blacklist.record.looks import Looks
from blacklist.record.prefix_replay import Replays, citizens, is_fresh, touches_more
from blacklist.record.prefixes import (
    STAND_IN,
    approve_prefix,
    full_prefix,
    renew_replay,
    waiting_prefix,
)
from blacklist.record.projection import project
from blacklist.record.standing import Served, forgiven_calls, never_served
from blacklist.record.today import MetSince, nobody_met
from people.person import Person
from store.sql import reading

if TYPE_CHECKING:
    from blacklist.index import RedisIndex

log = structlog.get_logger()
_UTC = ZoneInfo("UTC")


class BlacklistRegister(Looks):
    """Every verb on the record, and every look at it.

    `policy` and `index`, what screening reads, are asked for by a verb that needs them; `protected`
    are numbers (E.164) that are never restricted; `replays` looks prefixes up in the past, `served`
    how many calls of a number were, `met` whose met a measure; `zone` is where days begin, `now`
    gives the time.

    Every verb raises EntryRefused (the input), NotAllowed (the role) and
    sqlalchemy.exc.SQLAlchemyError (the database is away; nothing was changed).
    """

    def __init__(
        self,
        engine: sa.Engine,
        index: Callable[[], "RedisIndex"],
        *,
        policy: Callable[[], Policy],
        replays: Replays,
        served: Served = never_served,
        met: MetSince = nobody_met,
        zone: ZoneInfo = _UTC,
        protected: frozenset[str] = frozenset(),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(engine, policy, now)
        self._index = index
        self._served = served
        self.met = met
        self.zone = zone
        self.protected = protected
        self.replays = replays

    @cached_property
    def index(self) -> "RedisIndex":
        """What screening reads."""
        return self._index()

    def add(
        self,
        raw: str,
        wanted: Wanted,
        *,
        by: Person,
        evidence: Evidence | None = None,
        review_at: datetime | None = None,
    ) -> RecordedEntry:
        """Restrict a number, in place of any entry it has; `restriction` says what is refused."""
        entry = restriction(
            raw,
            wanted,
            by=by,
            now=self.now(),
            longest_seconds=self.policy.longest_seconds,
            protected=self.protected,
        )
        row = row_of("number", entry, evidence=evidence, review_at=review_at)
        return self._commit(row, by, "added")

    def remove(self, raw: str, *, by: Person, why: str = "") -> RecordedEntry | None:
        """Lift the restriction of a number; what it was, None when there was none.

        Its live strikes stay: a review that is accepted lifts those too.
        """
        return self._end("number", full_number(raw), by, why)

    def allow(
        self,
        raw: str,
        *,
        by: Person,
        days: float | None = None,
        until: datetime | None = None,
        note: str = "",
    ) -> RecordedEntry:
        """Let a number through whatever else stands about it; for ever unless an end is given."""
        by.must_be("supervisor", "allowing a number")
        number, now = full_number(raw), self.now()
        if len(note) > LONGEST_NOTE:
            raise EntryRefused(f"the note is longer than {LONGEST_NOTE} characters")
        end = until if days is None else now + lasting(days)
        if end is not None and (end.tzinfo is None or end <= now):
            raise EntryRefused("until must lie ahead, and carry a time zone")
        entry = Entry(number, "", now, now, by.name, note.strip(), "allow")
        row = row_of("allow", entry) | {"until": end}
        return self._commit(row, by, "allowed")

    def disallow(self, raw: str, *, by: Person, why: str = "") -> RecordedEntry | None:
        """Take a number off the allowlist; what it was, None when it was not on it."""
        return self._end("allow", full_number(raw), by, why)

    def add_prefix(self, raw: str, wanted: Wanted, *, by: Person) -> RecordedEntry:
        """Ask for a prefix to be restricted. It acts once a second person approves it.

        What it would have done to the recorded calls is looked up and kept with it. Raises
        RecordUnreadable when they cannot be read: then the prefix is not accepted.
        """
        prefix, now = self._prefix(raw), self.now()
        checked = restriction(
            STAND_IN,
            wanted,
            by=by,
            now=now,
            longest_seconds=self.policy.prefix.longest_seconds,
            protected=frozenset(),
        )
        replay = self.replays(prefix, checked.disposition, now).told(now)
        row = row_of("prefix", replace(checked, number=prefix), replay=replay)
        return self._commit(row, by, "asked")

    def approve_prefix(self, raw: str, *, by: Person) -> RecordedEntry:
        """The second person agrees. Raises NothingThere when no such prefix waits.

        A look at the past that is older than a day is renewed first. When it would shut out more
        citizens than this person was shown, that is kept and nothing else changes: EntryRefused.
        """
        prefix, now = self._prefix(raw), self.now()
        with reading(self.engine) as connection:
            waiting = waiting_prefix(connection, prefix, by=by, now=now)
        if not is_fresh(waiting.replay, now):
            self._look_again(waiting, by, now)
        with self.engine.begin() as connection:
            approved = approve_prefix(connection, waiting, by=by, now=now)
        self.project("prefix", prefix)
        return approved

    def remove_prefix(self, raw: str, *, by: Person, why: str = "") -> RecordedEntry | None:
        """Lift the restriction of a prefix, or withdraw it before it is approved."""
        return self._end("prefix", full_prefix(raw), by, why)

    def strike(
        self,
        raw: str,
        *,
        by: Person,
        reason: str,
        threat: bool = False,
        note: str = "",
        call_id: str = "",
        recording: str = "",
    ) -> Struck:
        """One person's word against a number, and what follows by the ladder.

        A restriction that a person made is never softened by it.
        """
        number, now = full_number(raw, protected=self.protected), self.now()
        if reason not in MISUSE:
            raise EntryRefused(f"reason {reason!r} is not one of {', '.join(MISUSE)}")
        if len(note) > LONGEST_NOTE:
            raise EntryRefused(f"the note is longer than {LONGEST_NOTE} characters")
        with self.engine.begin() as connection:
            struck = strike(
                connection,
                number,
                by=by,
                reason=reason,
                now=now,
                policy=self.policy.strikes,
                threat=threat,
                note=note,
                call_id=call_id,
                recording=recording,
                served=forgiven_calls(self.policy, self._served, connection, number, now),
            )
        self.project("number", number)
        return struck

    def decide_review(self, review_id: int, *, accept: bool, why: str, by: Person) -> Review:
        """Accept or refuse a request. Raises NothingThere, ValueError (no reason given)."""
        with self.engine.begin() as connection:
            decided = reviews.decide_review(
                connection, review_id, accept=accept, why=why, by=by, now=self.now()
            )
        if accept:
            self.project("number", decided.number)
        return decided

    def project(self, kind: Kind, subject: str) -> None:
        """Tell the index how a subject stands now; a log line when it cannot be told."""
        try:
            with reading(self.engine) as connection:
                project(connection, self.index, kind, subject, self.now(), self.policy.strikes)
        except RegisterUnavailable as error:
            log.error("blacklist_not_projected", error=type(error.__cause__).__name__)
        except SQLAlchemyError as error:
            log.error("blacklist_not_projected", error=type(error).__name__)

    def _look_again(self, waiting: RecordedEntry, by: Person, now: datetime) -> None:
        fresh = self.replays(waiting.subject, waiting.disposition, now).told(now)
        with self.engine.begin() as connection:
            renew_replay(connection, waiting, fresh, by=by, now=now)
        if touches_more(fresh, waiting.replay):
            raise EntryRefused(
                f"looked up anew, it would touch {citizens(fresh)} callers with tickets, not "
                f"{citizens(waiting.replay)}: look at it, and approve it again"
            )

    def _prefix(self, raw: str) -> str:
        shortest = self.policy.prefix.shortest_saudi
        return full_prefix(raw, protected=self.protected, shortest_saudi=shortest)

    def _commit(self, row: dict[str, Any], by: Person, action: str) -> RecordedEntry:
        with self.engine.begin() as connection:
            done = put_entry(connection, row, by, self.now(), action)
        self.project(done.kind, done.subject)
        return done

    def _end(self, kind: Kind, subject: str, by: Person, why: str) -> RecordedEntry | None:
        by.must_be("supervisor", "lifting a restriction")
        with self.engine.begin() as connection:
            ended = end_entry(connection, kind, subject, by, self.now(), why=why[:LONGEST_NOTE])
        if ended is not None:
            self.project(kind, subject)
        return ended

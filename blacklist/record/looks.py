"""Looks at the record: what stands about a number, lists, and who changed what."""

import builtins
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from blacklist.entry import full_number
from blacklist.policy import Policy
from blacklist.record import strikes
from blacklist.record.entries import find_entry, list_entries
from blacklist.record.fields import Kind, NotedStrike, RecordedEntry
from blacklist.record.prefixes import full_prefix, pattern_of, subject_of
from blacklist.record.standing import Standing
from people.audit import history
from people.fields import Change
from store.sql import reading


class Looks:
    """What can be asked of the record. Raises EntryRefused (the input) and SQLAlchemyError."""

    def __init__(
        self, engine: sa.Engine, policy: Callable[[], Policy], now: Callable[[], datetime]
    ) -> None:
        self.engine = engine
        self._policy = policy
        self.now = now

    @property
    def policy(self) -> Policy:
        """What follows from strikes, and how long measures last. Raises PolicyWrong."""
        return self._policy()

    def standing(self, raw: str) -> Standing:
        """What stands about a number, in whatever way it is written."""
        number, now = full_number(raw), self.now()
        with reading(self.engine) as connection:
            return Standing(
                number,
                find_entry(connection, "number", number, now),
                find_entry(connection, "allow", number, now),
                self._live(connection, number, now),
            )

    def list(
        self,
        *,
        kind: Kind | None = None,
        like: str | None = None,
        limit: int = 1000,
        offset: int = 0,
        after: tuple[datetime | None, str] | None = None,
    ) -> list[RecordedEntry]:
        """Entries in force, the first to end first; `after` the end and id of one of them.

        `like` is a part of their numbers.
        """
        pattern = None if like is None else pattern_of(like)
        with reading(self.engine) as connection:
            return list_entries(
                connection,
                self.now(),
                kind=kind,
                like=pattern,
                limit=limit,
                offset=offset,
                after=after,
            )

    def history(
        self, raw: str, *, limit: int = 200, before: int | None = None
    ) -> builtins.list[Change]:
        """The changes to the number or prefix that `raw` means, newest first.

        Those `before` the change of that id, where one is given.
        """
        with reading(self.engine) as connection:
            return history(connection, subject_of(raw), limit=limit, before=before)

    def prefix(self, raw: str) -> RecordedEntry | None:
        """The restriction of a prefix as it stands or waits, with its look at the past."""
        with reading(self.engine) as connection:
            return find_entry(connection, "prefix", full_prefix(raw), self.now())

    def _live(
        self, connection: sa.Connection, number: str, now: datetime
    ) -> tuple[NotedStrike, ...]:
        noted = strikes.noted_strikes(connection, number, now, self.policy.strikes)
        return strikes.live_strikes(noted, now, self.policy.strikes)

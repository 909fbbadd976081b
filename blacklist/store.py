"""The blocklist in Redis: one hash a number, asked in one round trip while a call is answered."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import redis
import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from blacklist import hashes as layout
from blacklist.breaker import Breaker
from blacklist.entry import Entry, full_number, new_entry
from blacklist.numbers import CallerNumber
from blacklist.port import RegisterUnavailable
from blacklist.verdict import Verdict

PAGE = 500

log = structlog.get_logger()


class RedisBlacklist:
    """Screening and register on one Redis (the ports `Screening` and `Register`).

    `client` is the client of the call path (short time-outs, no retry), used by `screen` alone;
    `register` is the one for people's changes. `breaker` may be shared with whatever else asks the
    same server. `protected` are numbers (E.164) that may never be blocked. `now` gives the time
    with its zone.
    """

    def __init__(
        self,
        client: redis.Redis,
        *,
        register: redis.Redis,
        breaker: Breaker,
        protected: frozenset[str] = frozenset(),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._register = register
        self._breaker = breaker
        self._protected = protected
        self._now = now

    def screen(self, number: CallerNumber) -> Verdict:
        """Say what is to happen to a call from `number`: one round trip, and it fails open.

        When Redis is away, hung, or holds something unreadable, the verdict is `allow` with
        `degraded` set. Callers without a full number are allowed without asking.
        """
        started = time.monotonic()
        verdict = self._ask(number)
        return replace(verdict, ms=round((time.monotonic() - started) * 1000, 2))

    def _ask(self, number: CallerNumber) -> Verdict:
        if number.e164 is None:
            return Verdict(rule=f"{number.kind}_number")
        if not self._breaker.allows():
            return Verdict(rule="store_unavailable", degraded=True)
        try:
            values = self._client.hmget(layout.key(number.e164), list(layout.SCREENED))
            found = layout.measure(values)
        except (ResponseError, layout.Unreadable) as error:  # it answers; the entry is wrong
            self._breaker.succeeded()
            log.error("screening_entry_unreadable", error=type(error).__name__)
            return Verdict(rule="entry_unreadable", degraded=True)
        except Exception as error:  # whatever it is, a caller does not lose the hotline over it
            if self._breaker.failed():
                log.error("screening_store_lost", error=type(error).__name__)
            return Verdict(rule="store_unavailable", degraded=True)
        self._breaker.succeeded()
        if found is None or found[2] <= self._now():
            return Verdict()
        disposition, reason, until = found
        return Verdict(disposition, reason, until, evidence="entry", rule="exact_number")

    def add(
        self,
        raw: str,
        *,
        reason: str,
        who: str,
        days: float | None = None,
        until: datetime | None = None,
        note: str = "",
        disposition: str = "block",
    ) -> Entry:
        """Restrict a number, in place of any entry it has; see `new_entry` for what is refused.

        Raises `EntryRefused`, `RegisterUnavailable`.
        """
        entry = new_entry(
            raw,
            reason=reason,
            who=who,
            now=self._now(),
            days=days,
            until=until,
            note=note,
            disposition=disposition,
            protected=self._protected,
        )
        self.put(entry)
        return entry

    def put(self, entry: Entry) -> None:
        """Write an entry, its expiry and its place in the index in one transaction.

        Raises `RegisterUnavailable`.
        """
        key, ends = layout.key(entry.number), layout.ends(entry)
        with _reachable(), self._register.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, mapping=layout.fields(entry))
            pipe.expireat(key, ends)
            pipe.zadd(layout.INDEX, {entry.number: ends})
            pipe.zremrangebyscore(layout.INDEX, "-inf", self._now().timestamp() - 1)
            pipe.execute()

    def remove(self, raw: str) -> bool:
        """Lift the restriction of a number; False when there was none.

        Raises `EntryRefused` for what is not a full number, `RegisterUnavailable`.
        """
        number = full_number(raw)
        with _reachable(), self._register.pipeline(transaction=True) as pipe:
            pipe.delete(layout.key(number))
            pipe.zrem(layout.INDEX, number)
            deleted, _ = pipe.execute()
        return bool(deleted)

    def show(self, raw: str) -> Entry | None:
        """Return the entry in force of a number, or None.

        Raises `EntryRefused` for what is not a full number, `RegisterUnavailable`.
        """
        number = full_number(raw)
        return next(self._in_force([number]), None)

    def entries(self) -> Iterator[Entry]:
        """Every entry in force, the first to end first. Raises `RegisterUnavailable`."""
        with _reachable():
            members = self._register.zrange(
                layout.INDEX, int(self._now().timestamp()), "+inf", byscore=True
            )
        numbers = [layout.text(member) for member in members]
        for start in range(0, len(numbers), PAGE):
            yield from self._in_force(numbers[start : start + PAGE])

    def _in_force(self, numbers: list[str]) -> Iterator[Entry]:
        with _reachable(), self._register.pipeline(transaction=False) as pipe:
            for number in numbers:
                pipe.hgetall(layout.key(number))
            hashes = pipe.execute()
        for number, raw in zip(numbers, hashes, strict=True):
            with suppress(layout.Unreadable):
                entry = layout.entry(number, raw)
                if entry.until > self._now():
                    yield entry


@contextmanager
def _reachable() -> Iterator[None]:
    """Turn a lost Redis into the one error a person can act on."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise RegisterUnavailable(
            f"the blocklist cannot be reached ({type(error).__name__}): is Redis running?"
        ) from error

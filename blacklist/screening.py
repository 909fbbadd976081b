"""Screening on the path of a call: one round trip to the index, and an answer whatever happens."""

import hashlib
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import redis
import structlog
from prometheus_client import Counter
from redis.exceptions import NoScriptError, ResponseError

from blacklist import layout, metrics
from blacklist.breaker import Breaker
from blacklist.decision import UNNUMBERED, Decision, verdict
from blacklist.layout import Unreadable
from blacklist.numbers import CallerNumber
from blacklist.policy import Policy
from blacklist.snapshot import Snapshot
from blacklist.verdict import Verdict

log = structlog.get_logger()

SCRIPT = (files("blacklist") / "screen.lua").read_text(encoding="utf-8")
_STANDING = tuple(layout.standing_key(slot, "+").encode() for slot in layout.SLOTS)
_ATTEMPTS = layout.attempts_key("").encode()


class RedisScreening:
    """The port `Screening` on one Redis.

    `client` is the client of the call path (short time-outs, no retry). `breaker` may be shared
    with whatever else asks the same server. `snapshot` answers while the index is away, or not
    known to be whole. `now_ms` gives milliseconds since the epoch; None leaves the time to Redis,
    which is one clock for all processes.
    """

    def __init__(
        self,
        client: redis.Redis,
        policy: Policy,
        *,
        breaker: Breaker,
        snapshot: Snapshot | None = None,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self._client = client
        self._breaker = breaker
        self._snapshot = snapshot
        self._now_ms = now_ms
        sha = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()
        head = (b"8", layout.HEAD.encode())
        self._evalsha = _packed(b"EVALSHA", sha.encode(), *head)
        self._eval = _packed(b"EVAL", SCRIPT.encode(), *head)
        classes = [layout.attempts_key(name).encode() for name in UNNUMBERED]
        self._shared = _packed(
            layout.PREFIXES.encode(),
            layout.ALERTS.encode(),
            *classes,
            layout.rate_limits(policy.rate),
            layout.class_limits(policy.withheld),
        )
        self._counters: dict[tuple[str, str], Counter] = {}

    def screen(self, number: CallerNumber, *, emergency: bool = False) -> Verdict:
        """Say what is to happen to a call from `number`, and count it. Never raises.

        `emergency` calls, and those of short numbers (agencies, extensions), pass unasked. When
        Redis is away, hung, or holds something unreadable, only blocks made by people are looked
        at, in the snapshot, and the verdict is `degraded`.
        """
        started = time.perf_counter()
        if emergency or number.kind == "short":
            made, degraded = Decision(rule="emergency" if emergency else "short_number"), False
        else:
            made, degraded = self._ask(number)
        spent = time.perf_counter() - started
        self._count(made, spent, degraded)
        return verdict(made, ms=round(spent * 1000, 2), degraded=degraded)

    def load(self) -> None:
        """Give the script to Redis beforehand. Raises redis.RedisError."""
        self._client.script_load(SCRIPT)

    def _ask(self, number: CallerNumber) -> tuple[Decision, bool]:
        if not self._breaker.allows():
            return self._without_index(number, "store_unavailable")
        try:
            made, built = layout.decision(self._run(number))
        except (ResponseError, Unreadable) as error:  # it answers; what it holds is wrong
            self._breaker.succeeded()
            log.error("screening_entry_unreadable", error=type(error).__name__)
            return self._without_index(number, "entry_unreadable")
        except Exception as error:  # whatever it is, a caller does not lose the hotline over it
            if self._breaker.failed():
                metrics.BREAKER.set(1)
                log.error("screening_store_lost", error=type(error).__name__)
            return self._without_index(number, "store_unavailable")
        if not self._breaker.closed:
            self._breaker.succeeded()
            metrics.BREAKER.set(0)
        if number.e164 is None:
            return (made if made.evidence else Decision(rule=f"{number.kind}_number")), False
        if not built and self._snapshot is not None:
            return self._unbuilt(number, made)
        return made, False

    def _command(self, number: CallerNumber, run: bytes) -> bytes:
        """The whole command as it goes over the wire: what is the same in all was packed before."""
        e164 = number.e164
        caller = (number.kind if e164 is None else e164[1:]).encode()
        first, second = _STANDING
        keys = _packed(first + caller, second + caller, _ATTEMPTS + caller)
        if self._now_ms is None:
            return b"*13\r\n" + run + keys + self._shared
        return b"*14\r\n" + run + keys + self._shared + _packed(str(self._now_ms()).encode())

    def _run(self, number: CallerNumber) -> Any:
        try:
            return self._asked(self._command(number, self._evalsha))
        except NoScriptError:  # Redis was started anew: EVAL runs the script and keeps it
            return self._asked(self._command(number, self._eval))

    def _asked(self, command: bytes) -> Any:
        """Send one command on a connection of the pool. A connection that failed closes itself.

        This is what `execute_command` comes to without a retry and without packing.
        """
        pool = self._client.connection_pool
        connection = pool.get_connection()
        try:
            connection.send_packed_command([command], check_health=False)  # type: ignore[no-untyped-call]
            return connection.read_response()
        finally:
            pool.release(connection)

    def _unbuilt(self, number: CallerNumber, made: Decision) -> tuple[Decision, bool]:
        """The index was lost and is not built yet: it may lack any number.

        What people decided holds by the snapshot all the same, once that has read the record.
        """
        if made.rule in ("allowlist", "exact_number"):
            return made, False
        found, _ = self._without_index(number, made.rule)
        whole = self._snapshot is not None and self._snapshot.loaded
        return (found if found.rule == "snapshot" else made), not whole

    def _without_index(self, number: CallerNumber, rule: str) -> tuple[Decision, bool]:
        found = None
        if self._snapshot is not None and number.e164 is not None:
            found = self._snapshot.find(number.e164)
        return found or Decision(rule=rule), True

    def _count(self, made: Decision, spent: float, degraded: bool) -> None:
        metrics.SECONDS.observe(spent)
        key = (made.disposition, made.rule)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = metrics.DECISIONS.labels(*key)
        counter.inc()
        if degraded:
            metrics.DEGRADED.labels(made.rule).inc()
        if made.alert:
            metrics.ALERTS.labels(made.rule).inc()
            log.warning("screening_alert", rule=made.rule, disposition=made.disposition)


def _packed(*parts: bytes) -> bytes:
    """Arguments in RESP, the protocol of Redis: bulk strings one after another."""
    return b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])

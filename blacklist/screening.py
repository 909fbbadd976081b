"""Screening on the path of a call: one round trip to the index, and an answer whatever happens."""

import re
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import redis
import structlog
from prometheus_client import Counter
from redis.exceptions import NoScriptError, ResponseError

from blacklist import layout, metrics
from blacklist.class_policy import IN_PART
from blacklist.decision import UNKNOWN_WAY, Decision, Way, verdict
from blacklist.hidden import Hidden
from blacklist.layout import Unreadable
from blacklist.limits import script_of
from blacklist.local_counts import LocalCounts
from blacklist.numbers import UNUSABLE, CallerNumber, Kind
from blacklist.policy import Policy
from blacklist.snapshot import Snapshot
from blacklist.verdict import HARD_DISPOSITIONS, Verdict
from store.breaker import Breaker
from store.redis_wire import ask, bulks

log = structlog.get_logger()

SERVED = (files("blacklist") / "served.lua").read_text(encoding="utf-8")
_STANDING = tuple(layout.standing_key(slot, "+").encode() for slot in layout.SLOTS)
_STANDING_SIZE = len(_STANDING[0])
_KEYS = b"$%%d\r\n%b%%b\r\n$%%d\r\n%b%%b\r\n$%%d\r\n%%b\r\n" % _STANDING
"""What stands about the caller in both slots, and where its calls are counted, as in RESP."""
_ONE = b"$%d\r\n%b\r\n"
"""What the caller's served calls are worth; where numbers in a row with it are counted."""
_MOST_WAYS = 1000
_NO_PRIMARY = (b"!READONLY;", b"!LOADING;", b"!MASTERDOWN;")
_CODE = re.compile(r"[A-Z]{3,}\b")
COUNTS_BYTES = 64 * 1024 * 1024
"""Memory of Redis that the counts of numbers may take: those of some 700,000 callers a day."""


class RedisScreening:
    """The port `Screening` on one Redis.

    `client` is the client of the call path (short time-outs, no retry). `breaker` may be shared
    with whatever else asks the same server. `snapshot` answers while the index is away, or not
    known to be whole. Short numbers are counted as others are; those of `exempt` pass unasked.
    Counts take no more than `counts_bytes` of Redis: where that is little, numbers that called once
    are forgotten first.
    `now_ms` gives milliseconds since the epoch; None leaves the time to Redis, which is one clock
    for all processes.
    """

    def __init__(
        self,
        client: redis.Redis,
        policy: Policy,
        *,
        breaker: Breaker,
        snapshot: Snapshot | None = None,
        exempt: frozenset[str] = frozenset(),
        counts_bytes: int = COUNTS_BYTES,
        now_ms: Callable[[], int] | None = None,
    ) -> None:
        self._client = client
        self._breaker = breaker
        self._snapshot = snapshot
        self._exempt = exempt
        self._now_ms = now_ms
        self._local = LocalCounts(policy, now_ms or _now_ms)
        self._counted = True
        self._script = script_of(policy)
        self._load = b"*3\r\n" + bulks(b"SCRIPT", b"LOAD", self._script.text.encode())
        self._evalsha = bulks(b"EVALSHA", self._script.sha.encode())
        self._head = bulks(layout.HEAD.encode())
        self._shared = bulks(layout.PREFIXES.encode(), layout.ALERTS.encode())
        self._places = layout.places_in(counts_bytes, policy.rate)
        self._ways: dict[tuple[Way, bool], bytes] = {}
        self._hidden = Hidden(client)
        self._policy = policy
        self._served = client.register_script(SERVED)
        self._counters: dict[tuple[str, str], Counter] = {}

    def screen(
        self, number: CallerNumber, *, emergency: bool = False, way: Way = UNKNOWN_WAY
    ) -> Verdict:
        """Say what is to happen to a call from `number`, and count it. Never raises.

        `emergency` calls pass unasked. When Redis is away, hung, or holds something unreadable,
        only blocks made by people are looked at, in the snapshot; when it refuses to write, what it
        holds still counts. In both cases calls are counted in this process, and the verdict is
        `degraded`.
        """
        started = time.perf_counter()
        if emergency:
            made, degraded = Decision(rule="emergency"), False
        elif number.short in self._exempt:
            made, degraded = Decision(rule="exempt_number"), False
        else:
            made, degraded = self._ask(number, way)
            if number.short and made.disposition == "allow":
                made, degraded = self._short(way, made, degraded)
        spent = time.perf_counter() - started
        self._count(made, spent, degraded)
        return verdict(made, ms=round(spent * 1000, 2), degraded=degraded)

    def served(self, number: str | None, way: Way = UNKNOWN_WAY, kind: Kind = "withheld") -> None:
        """Learn that a call of `number` (E.164) came to something. Never raises.

        It is taken back from what was counted, and later calls of the number weigh less. Without a
        number it is one of its class (`kind`), and makes room for more of them. Where Redis is away
        nothing is learnt: the number is then one that was never served.
        """
        if self._policy.rate.trust is None or not self._breaker.allows():
            return
        caller = b"" if number is None else number[1:].encode()
        origins = layout.origin_keys(way)
        keys = [layout.trust_key(caller), *origins, layout.block_key(caller)]
        values = [*layout.served_limits(self._policy, number, kind, way)]
        if self._now_ms is not None:
            values.append(str(self._now_ms()).encode())
        try:
            self._served(keys=keys, args=values)
        except Exception as error:  # the call is over; what it came to is kept elsewhere
            if not isinstance(error, ResponseError):
                self._breaker.failed()
            log.warning("served_call_not_noted", error=type(error).__name__)
        else:
            self._breaker.succeeded()

    def load(self) -> None:
        """Give the scripts to Redis beforehand. Raises redis.RedisError."""
        self._client.script_load(self._script.text)
        self._client.script_load(SERVED)

    def _ask(self, number: CallerNumber, way: Way) -> tuple[Decision, bool]:
        if not self._breaker.allows():
            return self._without_index(number, way, "store_unavailable")
        try:
            made, built, refused = layout.answer(self._run(number, way))
        except (ResponseError, Unreadable) as error:  # it answers; what it holds is wrong
            self._breaker.succeeded()
            code = _code(error)
            if code:
                self._tell_whether_counted(code)
                return self._without_index(number, way, "store_refused")
            log.error("screening_entry_unreadable", error=type(error).__name__)
            return self._without_index(number, way, "entry_unreadable")
        except Exception as error:  # whatever it is, a caller does not lose the hotline over it
            return self._lost(number, way, error)
        if not self._breaker.closed:
            self._breaker.succeeded()
            metrics.BREAKER.set(0)
        degraded = False
        if refused or not (self._counted or made.rule == "allowlist"):  # those are not counted
            self._tell_whether_counted(refused)
        if refused:
            made, degraded = self._counted_here(number, way, made), True
        if number.e164 is None:
            return (made if made.evidence else Decision(rule=f"{number.kind}_number")), degraded
        if not built and self._snapshot is not None:
            made, unknown = self._unbuilt(number, made)
            degraded = degraded or unknown
        return made, degraded

    def _short(self, way: Way, made: Decision, degraded: bool) -> tuple[Decision, bool]:
        """A short number that may call goes by the class of unusable ones as well.

        Whoever shows another short number with each call has none of them often.
        """
        shared, also = self._ask(UNUSABLE, way)
        return (shared if shared.disposition != "allow" else made), degraded or also

    def _lost(self, number: CallerNumber, way: Way, error: Exception) -> tuple[Decision, bool]:
        if self._breaker.failed():
            metrics.BREAKER.set(1)
            log.error("screening_store_lost", error=type(error).__name__)
        return self._without_index(number, way, "store_unavailable")

    def _tell_whether_counted(self, refused: str) -> None:
        """Raise the alarm when Redis begins to refuse counting, and take it back."""
        counted, self._counted = self._counted, not refused
        if refused:
            metrics.UNCOUNTED.labels(refused).inc()
        if counted and refused:
            metrics.BLIND.set(1)
            log.error("screening_not_counted", error=refused, mend="see `hotline doctor`")
        elif not counted and not refused:
            metrics.BLIND.set(0)
            log.warning("screening_counted_again")

    def _counted_here(self, number: CallerNumber, way: Way, made: Decision) -> Decision:
        """The decision of an index that did not count the call, with what was counted here."""
        counted = self._local.count(number, way)
        stands = made.rule == "allowlist" or made.disposition in HARD_DISPOSITIONS
        # An alert that cannot be kept would be told again with every call.
        return made._replace(alert=False) if stands or not counted.evidence else counted

    def _command(self, number: CallerNumber, way: Way) -> bytes:
        """The whole command as it goes over the wire: what is the same in all was packed before."""
        named = self._hidden.name(number.hidden) if number.hidden else ""
        caller = (named or number.counted_as).encode()
        counts = layout.counts_key(caller, self._places)
        trust = layout.trust_key(caller)
        size = len(caller) + _STANDING_SIZE
        own: tuple[int | bytes, ...] = (size, caller, size, caller, len(counts), counts)
        own += (len(trust), trust)
        by_origin = way.attestation in IN_PART or (number.unnumbered and not named)
        if by_origin:
            block = layout.block_key(caller)
            own += (len(block), block)
        command = (self._ways.get((way, by_origin)) or self._way(way, by_origin)) % own
        if self._now_ms is None:
            return command
        return b"*%d" % (int(command[1:3]) + 1) + command[3:] + bulks(str(self._now_ms()).encode())

    def _way(self, way: Way, by_origin: bool) -> bytes:
        """The command of a call that came so, but for its caller.

        `by_origin`: what is counted of its origin matters.
        """
        vouched = way.attestation if way.attestation in layout.VOUCHED else "-"
        keys = bulks(b"11" if by_origin else b"8") + self._head + _KEYS + self._shared
        keys += bulks(layout.trunk_key(way.trunk)) + _ONE
        if by_origin:
            keys += bulks(*layout.origin_keys(way)) + _ONE
        packed = b"*%d\r\n" % (15 if by_origin else 12) + self._evalsha + keys
        packed += bulks(vouched.encode())
        if len(self._ways) < _MOST_WAYS:
            self._ways[way, by_origin] = packed
        return packed

    def _run(self, number: CallerNumber, way: Way) -> Any:
        try:
            return self._asked(self._command(number, way))
        except NoScriptError:  # Redis was started anew
            # EVAL would do it at once, but a Redis that refuses writes refuses that as well.
            self._asked(self._load)
            return self._asked(self._command(number, way))

    def _asked(self, command: bytes) -> Any:
        """Send one command, and give its reply."""
        reply = ask(self._client, command)
        if isinstance(reply, bytes) and reply.startswith(_NO_PRIMARY):
            # The address may be another server's by now: all connections are made anew.
            self._client.connection_pool.disconnect(inuse_connections=False)
        return reply

    def _unbuilt(self, number: CallerNumber, made: Decision) -> tuple[Decision, bool]:
        """The index was lost and is not built yet: it may lack any number.

        What people decided holds by the snapshot all the same, once that has read the record.
        """
        if made.rule in ("allowlist", "exact_number"):
            return made, False
        whole = self._snapshot is not None and self._snapshot.loaded
        return self._recorded(number) or made, not whole

    def _without_index(self, number: CallerNumber, way: Way, rule: str) -> tuple[Decision, bool]:
        counted = self._local.count(number, way)
        found = self._recorded(number) or (counted if counted.evidence else None)
        return found or Decision(rule=rule), True

    def _recorded(self, number: CallerNumber) -> Decision | None:
        if self._snapshot is None or number.e164 is None:
            return None
        return self._snapshot.find(number.e164)

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


def _code(error: Exception) -> str:
    """The code of an error that says why nothing was done, such as `MISCONF`; else empty."""
    found = _CODE.match(str(getattr(error, "status_code", None) or error))
    return found[0] if found and found[0] not in ("ERR", "WRONGTYPE") else ""


def _now_ms() -> int:
    return time.time_ns() // 1_000_000

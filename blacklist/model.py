"""The rules of `screen.lua` in plain Python: what tests compare it with, and what replays run.

While a call is answered it is asked only where Redis does not count (`local_counts.py`). Times are
milliseconds since the epoch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from blacklist.decision import PATIENCE_S, UNNUMBERED, Decision, Hold, hardest
from blacklist.policy import ClassPolicy, Policy
from blacklist.verdict import HARD_DISPOSITIONS

ALLOWED = Decision()


@dataclass(slots=True)
class Attempts:
    """The calls of one number: the newest (ms), the theoretical arrival time (ms) of each window of
    the policy, and the measure (until in seconds) that the window passed last brought.
    """

    newest_ms: int = 0
    arrivals_ms: list[float] = field(default_factory=list)
    held_until: int = 0
    window: int = 0


@dataclass(slots=True)
class Flow:
    """The theoretical arrival time of a class of callers, and when supervisors were last told."""

    arrival_ms: int = 0
    alerted_ms: int = 0


class ScreeningModel:
    """An index of its own in memory. `screen` records the attempt, as the script does.

    Numbers and prefixes are E.164 with their plus sign, short numbers have a star before them; None
    is a withheld caller.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._allowed: dict[str, Hold] = {}
        self._entries: dict[str, Hold] = {}
        self._strikes: dict[str, tuple[Hold, ...]] = {}
        self._prefixes: dict[str, Hold] = {}
        self._attempts: dict[str, Attempts] = {}
        self._flows: dict[str, Flow] = {}

    def put_allow(self, number: str, hold: Hold) -> None:
        """Allow a number."""
        self._allowed[number] = hold

    def put_entry(self, number: str, hold: Hold) -> None:
        """Restrict a number, in place of the entry it has."""
        self._entries[number] = hold

    def put_strikes(self, number: str, holds: Iterable[Hold]) -> None:
        """Set the measures that a number's strikes come to."""
        self._strikes[number] = hardest(holds)

    def put_prefix(self, prefix: str, hold: Hold) -> None:
        """Restrict the numbers that begin with `prefix`."""
        self._prefixes[prefix] = hold

    def drop_allow(self, number: str) -> None:
        """Allow a number no more."""
        self._allowed.pop(number, None)

    def drop_entry(self, number: str) -> None:
        """Lift the entry of a number."""
        self._entries.pop(number, None)

    def drop_strikes(self, number: str) -> None:
        """Lift what a number's strikes brought."""
        self._strikes.pop(number, None)

    def drop_prefix(self, prefix: str) -> None:
        """Lift the restriction of a prefix."""
        self._prefixes.pop(prefix, None)

    def forget_attempts(self) -> None:
        """Drop what calls were counted, as Redis does when their time is over."""
        self._attempts.clear()
        self._flows.clear()

    def forget(self, number: str) -> None:
        """Drop what calls of one number were counted."""
        self._attempts.pop(number, None)

    def forget_idle(self, at_ms: int) -> None:
        """Drop the counted calls that can matter no more, as their keys' expiry does in Redis."""
        oldest = at_ms // 1000 - self.policy.rate.memory_seconds - PATIENCE_S
        idle = [
            number
            for number, state in self._attempts.items()
            if state.newest_ms // 1000 < oldest and state.held_until < oldest
        ]
        for number in idle:
            del self._attempts[number]

    def screen(self, number: str | None, at_ms: int, kind: str = "withheld") -> Decision:
        """Decide on a call from `number` at `at_ms`, and record it.

        `kind` names the class of a caller without a number, one of `UNNUMBERED`.
        """
        if number is None:
            assert kind in UNNUMBERED, kind
            return self._without_number(kind, at_ms)
        now = at_ms // 1000
        allowed = self._allowed.get(number)
        if allowed is not None and _holds(allowed, now):
            return Decision("allow", "", allowed.until, allowed.evidence, "allowlist")
        entry = _alive(self._entries.get(number), now)
        prefix = self._prefix(number, now)
        for hold, rule in ((entry, "exact_number"), (prefix, "prefix")):
            if hold is not None and hold.disposition in HARD_DISPOSITIONS:
                self._count(number, at_ms)
                return Decision(*hold, rule)
        attempts, alert = self._rate(number, at_ms)
        if attempts is not None:
            rate = self.policy.rate
            evidence = f"window {attempts.window}"
            return Decision(rate.disposition, "flood", attempts.held_until, evidence, "rate", alert)
        made = self._score(number, entry, prefix, now)
        if made is ALLOWED and not number.startswith("*"):
            self._make_room(at_ms)
        return made

    def _score(self, number: str, entry: Hold | None, prefix: Hold | None, now: int) -> Decision:
        strikes = next((h for h in self._strikes.get(number, ()) if _holds(h, now)), None)
        rules = ((entry, "exact_number"), (prefix, "prefix"), (strikes, "strikes"))
        found = [(hold, rule) for hold, rule in rules if hold is not None]
        if not found:
            return ALLOWED
        top = hardest(hold._replace(until=0) for hold, _ in found)[0].disposition
        hold, rule = next(pair for pair in found if pair[0].disposition == top)
        return Decision(*hold, rule)

    def _prefix(self, number: str, now: int) -> Hold | None:
        """The longest prefix that holds."""
        if not self._prefixes:
            return None
        for length in range(len(number), 1, -1):
            found = _alive(self._prefixes.get(number[:length]), now)
            if found is not None:
                return found
        return None

    def _count(self, number: str, at_ms: int) -> tuple[Attempts, int]:
        """Record the attempt; the state, and the number of the first window without room, or 0."""
        state = self._attempts.get(number)
        if state is None or state.newest_ms > at_ms + PATIENCE_S * 1000:
            windows = len(self.policy.rate.windows)
            state = self._attempts[number] = Attempts(arrivals_ms=[0.0] * windows)
        clock = state.newest_ms = max(at_ms, state.newest_ms)
        over = 0
        for place, window in enumerate(self.policy.rate.windows):
            arrival = max(clock, state.arrivals_ms[place])
            if arrival + window.interval_ms - clock <= window.room_ms:
                state.arrivals_ms[place] = arrival + window.interval_ms
            elif not over:
                over = place + 1
        return state, over

    def _rate(self, number: str, at_ms: int) -> tuple[Attempts | None, bool]:
        state, over = self._count(number, at_ms)
        rate, now = self.policy.rate, state.newest_ms // 1000
        held = state.held_until > now
        if over:
            state.held_until, state.window = now + rate.measure_seconds, over
            return state, rate.alert and not held
        return (state if held else None), False

    def _make_room(self, at_ms: int) -> None:
        """A call that is let through makes room for a part of one of each class."""
        for state in self._flows.values():
            if state.arrival_ms > at_ms:
                state.arrival_ms -= self.policy.withheld.credit_ms

    def _without_number(self, kind: str, at_ms: int) -> Decision:
        state = self._flows.setdefault(kind, Flow())
        policy = self.policy.withheld
        over, alert = conforms(state, policy, at_ms)
        if not over:
            return ALLOWED
        return Decision(policy.disposition, "flood", 0, "class", "class_rate", alert)


ALERT_AGAIN_MS = 3_600_000
"""Supervisors are told of a class of callers once in this time."""


def conforms(state: Flow, policy: ClassPolicy, at_ms: int) -> tuple[bool, bool]:
    """Whether a call of the class is over its rate, and whether to tell of it; counts it if not."""
    interval = policy.interval_ms
    room = interval * policy.burst
    arrival = max(state.arrival_ms, at_ms)
    if arrival - at_ms > room:  # the clock went back: no such time can have been reached
        arrival = at_ms
    if arrival + interval - at_ms > room:
        since = at_ms - state.alerted_ms
        alert = since < 0 or since >= ALERT_AGAIN_MS
        if alert:
            state.alerted_ms = at_ms
        return True, alert
    state.arrival_ms = arrival + interval
    return False, False


def _holds(hold: Hold, now: int) -> bool:
    return hold.until == 0 or hold.until > now


def _alive(hold: Hold | None, now: int) -> Hold | None:
    return hold if hold is not None and _holds(hold, now) else None

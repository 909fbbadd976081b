"""The rules of `screen.lua` in plain Python: what tests compare it with, and what replays run.

While a call is answered it is asked only where Redis does not count (`local_counts.py`). Times are
milliseconds since the epoch.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from blacklist.decision import PATIENCE_S, UNNUMBERED, Decision, Hold, Way, hardest
from blacklist.policy import GATEWAY, IN_PART, NO_LIMIT, ClassLimit, Policy
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
class Trust:
    """The `served` calls of a number, worth something until then (s); so many of them are yet to be
    taken back from what was counted.
    """

    until: int = 0
    served: int = 0
    back: int = 0


@dataclass(slots=True)
class Trunk:
    """What is counted of one trunk: the theoretical arrival time (ms) of the numbers that repeat,
    until when (ms) one of its classes is crowded, and its `calls` while one was.
    """

    repeating_ms: float = 0.0
    crowded_until_ms: float = 0.0
    calls: int = 0


@dataclass(slots=True)
class Origin:
    """What is counted of the calls of one origin: the theoretical arrival time (ms) of each class
    of `CLASSES` and of calls that came to something, when supervisors were last told, which of its
    trunk's `calls` have made room, and the newest call.
    """

    calls: int
    arrivals_ms: list[float] = field(default_factory=lambda: [0.0] * len(CLASSES))
    served_ms: float = 0.0
    alerted_ms: int = 0
    newest_ms: int = 0


ATTESTATIONS = ("", "A", *IN_PART)
CLASSES: tuple[str, ...] = ("number", *UNNUMBERED)
"""The classes of callers of one origin: numbers that were never served, and callers without one."""
NUMBERS = 0
MOST_SERVED = 255


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
        self._trust: dict[str, Trust] = {}
        self._trunks: dict[str, Trunk] = {}
        self._blocks: dict[str, float] = {}
        self._origins: dict[Way, Origin] = {}

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
        self._trunks.clear()
        self._origins.clear()
        self._blocks.clear()

    def forget(self, number: str) -> None:
        """Drop what calls of one number were counted."""
        self._attempts.pop(number, None)
        self._blocks.pop(number[:-BLOCK_DIGITS], None)

    def forget_idle(self, at_ms: int) -> None:
        """Drop the counted calls that can matter no more, as their keys' expiry does in Redis."""
        oldest = at_ms // 1000 - self.policy.rate.memory_seconds - PATIENCE_S
        idle = [
            number
            for number, state in self._attempts.items()
            if max(state.newest_ms // 1000, state.held_until) < oldest
        ]
        for number in idle:
            del self._attempts[number]
        over = [block for block, arrival in self._blocks.items() if arrival < oldest * 1000]
        for block in over:
            del self._blocks[block]
        gone = [
            origin
            for origin, state in self._origins.items()
            if state.newest_ms < at_ms - origin_lasts_s(self.policy) * 1000
        ]
        for origin in gone:
            del self._origins[origin]

    def served(
        self,
        number: str | None,
        at_ms: int,
        kind: str = "withheld",
        *,
        trunk: str = "",
        attestation: str = "",
        origin: str = "",
    ) -> None:
        """A call came to something: it weighs no more, and later ones of its number weigh less.

        `kind` names the class of a caller without a number.
        """
        trust = self.policy.rate.trust
        if trust is None:
            return
        attestation = attestation if attestation in ATTESTATIONS else ""
        way = Way(trunk, attestation, origin if attestation else "")
        if number is None:
            self._served_class(CLASSES.index(kind), way, at_ms)
            return
        now = at_ms // 1000
        state = self._trust.get(number)
        if state is None or state.until <= now:
            state = self._trust[number] = Trust()
        state.until = max(state.until, now + trust.seconds)
        state.served = min(MOST_SERVED, state.served + 1)
        state.back = min(MOST_SERVED, state.back + 1)
        rotation = self.policy.rotation
        if rotation is None or attestation not in IN_PART:
            return
        if number.startswith(rotation.home):
            self._served_class(NUMBERS, way, at_ms)
            block = number[:-BLOCK_DIGITS]
            if block in self._blocks:
                self._blocks[block] -= rotation.block.interval_ms

    def _served_class(self, place: int, way: Way, at_ms: int) -> None:
        """A call of a class came to something."""
        state, rotation = self._origins.get(way), self.policy.rotation
        if state is None:
            state = self._origins.get(way._replace(origin=""))
        elif way.origin and rotation is not None:
            quiet = rotation.quiet
            after = max(state.served_ms, at_ms) + quiet.interval_ms
            if after - at_ms <= quiet.room_ms:
                state.served_ms = after
        if state is not None:
            limit = class_limit(self.policy, place, way)
            state.arrivals_ms[place] -= limit.served * limit.interval_ms

    def served_by(self, number: str, at_ms: int) -> int:
        """How many calls of `number` came to something, as far as that is still kept."""
        state = self._trust.get(number)
        return 0 if state is None or state.until <= at_ms // 1000 else state.served

    def screen(
        self,
        number: str | None,
        at_ms: int,
        kind: str = "withheld",
        *,
        trunk: str = "",
        attestation: str = "",
        origin: str = "",
    ) -> Decision:
        """Decide on a call from `number` at `at_ms`, and record it.

        `kind` names the class of a caller without a number, one of `UNNUMBERED`. `attestation` is
        who vouches for the caller (A, B, C, or empty), `origin` the name that goes with it.
        """
        attestation = attestation if attestation in ATTESTATIONS else ""
        way = Way(trunk, attestation, origin if attestation else "")
        if number is None:
            assert kind in UNNUMBERED, kind
            return self._without_number(way, kind, at_ms)
        now = at_ms // 1000
        allowed = self._allowed.get(number)
        if allowed is not None and _holds(allowed, now):
            return Decision("allow", "", allowed.until, allowed.evidence, "allowlist")
        entry = _alive(self._entries.get(number), now)
        prefix = self._prefix(number, now)
        on = self._trunks.setdefault(trunk, Trunk())
        call = self._count(number, at_ms, on)
        for hold, rule in ((entry, "exact_number"), (prefix, "prefix")):
            if hold is not None and hold.disposition in HARD_DISPOSITIONS:
                return Decision(*hold, rule)
        limited = self._rate(call)
        if limited is None:
            self._repeats(call, on, attestation)
            limited = self._rotation(number, call, way)
        if limited is not None:
            return limited
        made = self._score(number, entry, prefix, now)
        if made is ALLOWED and number.startswith("+") and attestation not in IN_PART:
            on.calls += on.crowded_until_ms > at_ms
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

    def _count(self, number: str, at_ms: int, way: Trunk) -> "_Counted":
        """Record the attempt, and say which limits it passes."""
        rate = self.policy.rate
        state = self._attempts.get(number)
        if state is None or state.newest_ms > at_ms + PATIENCE_S * 1000:
            state = self._attempts[number] = Attempts(arrivals_ms=[0.0] * len(rate.all_windows))
        before, clock = state.newest_ms, max(at_ms, state.newest_ms)
        state.newest_ms = clock
        trust = self._trust.get(number)
        trusted = trust is not None and trust.until > clock // 1000
        back = trust.back if trust is not None and trusted else 0
        if trust is not None:
            trust.back = 0
        load = self._load(way, clock)
        times = rate.trust.times if rate.trust is not None and trusted else 1
        over, struck, repeats, often = 0, False, False, False
        for place, window in enumerate(rate.all_windows):
            arrival = max(clock, state.arrivals_ms[place] - back * window.interval_ms)
            after = arrival + window.interval_ms / (times * load)
            of_struck = place >= len(rate.windows)
            if of_struck:
                often = arrival - clock >= window.interval_ms
            if after - clock <= window.room_ms:
                state.arrivals_ms[place] = after
                if place == len(rate.all_windows) - 1 and rate.load is not None:
                    mark = window.interval_ms * rate.load.mark
                    repeats = arrival - clock < mark <= after - clock
                continue
            state.arrivals_ms[place] = arrival
            if of_struck:
                struck = not trusted and self._struck_lately(number, clock // 1000)
            elif not over:
                over = place + 1
        over = over or (STRUCK if struck else 0)
        return _Counted(state, over, repeats, trusted, load, before, often)

    def _load(self, way: Trunk, clock: int) -> int:
        """How many times as many calls a number may make while so many repeat."""
        load = self.policy.rate.load
        if load is None or way.repeating_ms <= clock:
            return 1
        if way.repeating_ms - clock > load.ceiling_ms:  # the clock went back
            way.repeating_ms = 0.0
            return 1
        level = (way.repeating_ms - clock) / (load.window.interval_ms * load.every)
        return min(load.most, 1 + math.floor(level))

    def _struck_lately(self, number: str, now: int) -> bool:
        """Whether the hardest that strikes bring is the first step's, and is fresh."""
        rate, steps = self.policy.rate, self.policy.strikes.steps
        strike = next((h for h in self._strikes.get(number, ()) if _holds(h, now)), None)
        if strike is None or rate.struck is None:
            return False
        return strike.until > now + max(0, steps[0].seconds - rate.struck.fresh_seconds)

    def _rate(self, call: "_Counted") -> Decision | None:
        state = call.state
        rate, now = self.policy.rate, state.newest_ms // 1000
        held = state.held_until > now
        if call.over:
            state.held_until, state.window = now + rate.measure_seconds, call.over
        elif not held:
            return None
        alert = bool(call.over) and rate.alert and not held
        evidence = "struck" if state.window == STRUCK else f"window {state.window}"
        return Decision(rate.disposition, "flood", state.held_until, evidence, "rate", alert)

    def _repeats(self, call: "_Counted", way: Trunk, attestation: str) -> None:
        """One more repeats; not one whose number may be anybody's."""
        load, clock = self.policy.rate.load, call.state.newest_ms
        if load is not None and call.repeats and (call.trusted or attestation not in IN_PART):
            fresh = max(way.repeating_ms, clock) + load.window.interval_ms
            way.repeating_ms = min(fresh, clock + load.ceiling_ms)

    def _rotation(self, number: str, call: "_Counted", way: Way) -> Decision | None:
        rotation = self.policy.rotation
        if rotation is None or call.trusted or way.attestation not in IN_PART:
            return None
        if not number.startswith(rotation.home):
            return None
        clock = call.state.newest_ms
        state, counts = self._origin(way, clock)
        over = False
        if counts.origin or way.attestation == GATEWAY:
            over = not self._conforms(state, NUMBERS, counts, clock)
        limit = class_limit(self.policy, NUMBERS, counts)
        if not counts.origin or state.arrivals_ms[NUMBERS] - clock > limit.crowded_ms:
            arrival = max(clock, self._blocks.get(number[:-BLOCK_DIGITS], 0.0))
            if arrival - clock > rotation.block.room_ms:  # the clock went back
                arrival = clock
            after = arrival + rotation.block.interval_ms
            if after - clock > rotation.block.room_ms:
                return Decision(rotation.disposition, "flood", 0, "block", "rotation")
            self._blocks[number[:-BLOCK_DIGITS]] = after
        if not over or call.load > 1:
            return None
        if counts.origin and state.served_ms - clock < rotation.quiet_below_ms:
            return Decision(rotation.disposition, "flood", 0, "origin", "rotation")
        since = clock - call.before_ms
        if call.often or rotation.after_seconds * 1000 <= since <= rotation.within_seconds * 1000:
            evidence = "again" if counts.origin else "gateway"
            return Decision(rotation.disposition, "flood", 0, evidence, "rotation")
        return None

    def _origin(self, way: Way, at_ms: int) -> tuple[Origin, Way]:
        """What is counted of a call's origin, and as whose it counts.

        An origin that was never seen counts as the rest of its trunk does: a network may name
        another one with every call.
        """
        calls = self._trunks.setdefault(way.trunk, Trunk()).calls
        if way.origin:
            known = way in self._origins
            state = self._origins.setdefault(way, Origin(calls))
            state.newest_ms = at_ms
            if known:
                return state, way
            way = way._replace(origin="")
        state = self._origins.setdefault(way, Origin(calls))
        state.newest_ms = at_ms
        return state, way

    def _conforms(self, state: Origin, place: int, way: Way, at_ms: int, load: int = 1) -> bool:
        """Whether a call of the class has room; counts it if so, in a storm as a part of one."""
        on = self._trunks[way.trunk]
        more, state.calls = max(0, on.calls - state.calls), on.calls
        for each in range(len(CLASSES)):
            state.arrivals_ms[each] -= more * self._credit_ms(state, each, way, at_ms)
        limit = class_limit(self.policy, place, way)
        arrival = max(state.arrivals_ms[place], at_ms)
        if (
            arrival - at_ms > limit.room_ms
        ):  # the clock went back: no such time can have been reached
            arrival = at_ms
        if arrival - at_ms > limit.crowded_ms:
            on.crowded_until_ms = max(on.crowded_until_ms, arrival)
        after = arrival + limit.interval_ms / load
        fits = after - at_ms <= limit.room_ms
        state.arrivals_ms[place] = after if fits else arrival
        return fits

    def _credit_ms(self, state: Origin, place: int, way: Way, at_ms: int) -> int:
        """The room that a call of the trunk makes in a class."""
        rotation = self.policy.rotation
        named = place == NUMBERS and bool(way.origin)
        if named and rotation and state.served_ms - at_ms >= rotation.quiet_below_ms:
            return rotation.busy_credit_ms
        return class_limit(self.policy, place, way).credit_ms

    def _without_number(self, way: Way, kind: str, at_ms: int) -> Decision:
        state, counts = self._origin(way, at_ms)
        load = self._load(self._trunks[way.trunk], at_ms)
        if self._conforms(state, CLASSES.index(kind), counts, at_ms, load):
            return ALLOWED
        since = at_ms - state.alerted_ms
        alert = since < 0 or since >= ALERT_AGAIN_MS
        if alert:
            state.alerted_ms = at_ms
        return Decision(self.policy.withheld.disposition, "flood", 0, "class", "class_rate", alert)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A call as it was counted. `before_ms` is when the one before it came, 0 for none; `often`
    when more than one came just before.
    """

    state: Attempts
    over: int
    repeats: bool
    trusted: bool
    load: int
    before_ms: int
    often: bool


STRUCK = 255
"""The number of the window of those who were struck lately."""
BLOCK_DIGITS = 4
"""Numbers that differ in no more than these last digits are numbers in a row."""

ALERT_AGAIN_MS = 3_600_000
"""Supervisors are told of a class of callers once in this time."""


def class_limit(policy: Policy, place: int, way: Way) -> ClassLimit:
    """The limit of a class of `CLASSES` by an origin, or where none is named by the whole trunk."""
    if place != NUMBERS:
        return policy.withheld.limit(way.attestation, named=bool(way.origin))
    if policy.rotation is None:
        return NO_LIMIT
    return policy.rotation.origin if way.origin else policy.rotation.gateway


def origin_lasts_s(policy: Policy) -> int:
    """For how long what is counted of an origin can matter, in seconds."""
    limits = [
        policy.withheld.limit(attestation, named=named).room_ms
        for attestation in ATTESTATIONS
        for named in (True, False)
    ]
    quiet = 0
    if policy.rotation is not None:
        limits += [policy.rotation.origin.room_ms, policy.rotation.gateway.room_ms]
        quiet = policy.rotation.quiet.seconds
    return max(math.ceil(max(limits) / 1000) + PATIENCE_S, ALERT_AGAIN_MS // 1000, quiet)


def _holds(hold: Hold, now: int) -> bool:
    return hold.until == 0 or hold.until > now


def _alive(hold: Hold | None, now: int) -> Hold | None:
    return hold if hold is not None and _holds(hold, now) else None

"""The rules of `screen.lua` in plain Python: what tests compare it with, and what replays run.

While a call is answered it is asked only where Redis does not count (`local_counts.py`). Times are
milliseconds since the epoch.
"""

import math

from blacklist.class_policy import GATEWAY, IN_PART
from blacklist.counted import (
    ALERT_AGAIN_MS,
    ATTESTATIONS,
    BLOCK_DIGITS,
    CLASSES,
    MOST_SERVED,
    NUMBERS,
    STRUCK,
    Attempts,
    Counted,
    Trunk,
    Trust,
    class_limit,
)
from blacklist.decision import PATIENCE_S, UNNUMBERED, Decision, Hold, Way, hardest
from blacklist.origin_counts import OriginCounts
from blacklist.policy import Policy
from blacklist.standing_lists import StandingLists
from blacklist.verdict import HARD_DISPOSITIONS

ALLOWED = Decision()


class ScreeningModel(StandingLists):
    """An index of its own in memory. `screen` records the attempt, as the script does.

    Numbers and prefixes are E.164 with their plus sign, short numbers have a star before them; None
    is a withheld caller.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy
        self._attempts: dict[str, Attempts] = {}
        self._trust: dict[str, Trust] = {}
        self._blocks: dict[str, float] = {}
        self._origins = OriginCounts(policy)

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
        self._origins.forget_idle(at_ms)

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
            self._origins.served(CLASSES.index(kind), way, at_ms)
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
            self._origins.served(NUMBERS, way, at_ms)
            block = number[:-BLOCK_DIGITS]
            if block in self._blocks:
                self._blocks[block] -= rotation.block.interval_ms

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
        allowed = self.allowed(number, now)
        if allowed is not None:
            return Decision("allow", "", allowed.until, allowed.evidence, "allowlist")
        entry = self.entry(number, now)
        prefix = self.prefix(number, now)
        on = self._origins.trunk(trunk)
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
        strikes = self.strike(number, now)
        rules = ((entry, "exact_number"), (prefix, "prefix"), (strikes, "strikes"))
        found = [(hold, rule) for hold, rule in rules if hold is not None]
        if not found:
            return ALLOWED
        top = hardest(hold._replace(until=0) for hold, _ in found)[0].disposition
        hold, rule = next(pair for pair in found if pair[0].disposition == top)
        return Decision(*hold, rule)

    def _count(self, number: str, at_ms: int, way: Trunk) -> Counted:
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
        return Counted(state, over, repeats, trusted, load, before, often)

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
        strike = self.strike(number, now)
        if strike is None or rate.struck is None:
            return False
        return strike.until > now + max(0, steps[0].seconds - rate.struck.fresh_seconds)

    def _rate(self, call: Counted) -> Decision | None:
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

    def _repeats(self, call: Counted, way: Trunk, attestation: str) -> None:
        """One more repeats; not one whose number may be anybody's."""
        load, clock = self.policy.rate.load, call.state.newest_ms
        if load is not None and call.repeats and (call.trusted or attestation not in IN_PART):
            fresh = max(way.repeating_ms, clock) + load.window.interval_ms
            way.repeating_ms = min(fresh, clock + load.ceiling_ms)

    def _rotation(self, number: str, call: Counted, way: Way) -> Decision | None:
        rotation = self.policy.rotation
        if rotation is None or call.trusted or way.attestation not in IN_PART:
            return None
        if not number.startswith(rotation.home):
            return None
        clock = call.state.newest_ms
        state, counts = self._origins.of(way, clock)
        over = False
        if counts.origin or way.attestation == GATEWAY:
            over = not self._origins.conforms(state, NUMBERS, counts, clock)
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

    def _without_number(self, way: Way, kind: str, at_ms: int) -> Decision:
        state, counts = self._origins.of(way, at_ms)
        load = self._load(self._origins.trunk(way.trunk), at_ms)
        if self._origins.conforms(state, CLASSES.index(kind), counts, at_ms, load):
            return ALLOWED
        since = at_ms - state.alerted_ms
        alert = since < 0 or since >= ALERT_AGAIN_MS
        if alert:
            state.alerted_ms = at_ms
        return Decision(self.policy.withheld.disposition, "flood", 0, "class", "class_rate", alert)

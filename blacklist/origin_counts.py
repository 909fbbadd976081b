"""What is counted of trunks and origins: whose calls of a class have room, and what makes more."""

from blacklist.counted import CLASSES, NUMBERS, Origin, Trunk, class_limit, origin_lasts_s
from blacklist.decision import Way
from blacklist.policy import Policy


class OriginCounts:
    """The counts of one index, in memory. Times are milliseconds since the epoch."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._trunks: dict[str, Trunk] = {}
        self._origins: dict[Way, Origin] = {}

    def forget_idle(self, at_ms: int) -> None:
        """Drop the origins that can matter no more, as their keys' expiry does in Redis."""
        oldest = at_ms - origin_lasts_s(self._policy) * 1000
        gone = [origin for origin, state in self._origins.items() if state.newest_ms < oldest]
        for origin in gone:
            del self._origins[origin]

    def trunk(self, name: str) -> Trunk:
        """What is counted of a trunk."""
        return self._trunks.setdefault(name, Trunk())

    def of(self, way: Way, at_ms: int) -> tuple[Origin, Way]:
        """What is counted of a call's origin, and as whose it counts.

        An origin that was never seen counts as the rest of its trunk does: a network may name
        another one with every call.
        """
        calls = self.trunk(way.trunk).calls
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

    def conforms(self, state: Origin, place: int, way: Way, at_ms: int, load: int = 1) -> bool:
        """Whether a call of the class has room; counts it if so, in a storm as a part of one."""
        on = self.trunk(way.trunk)
        more, state.calls = max(0, on.calls - state.calls), on.calls
        for each in range(len(CLASSES)):
            state.arrivals_ms[each] -= more * self._credit_ms(state, each, way, at_ms)
        limit = class_limit(self._policy, place, way)
        arrival = max(state.arrivals_ms[place], at_ms)
        if arrival - at_ms > limit.room_ms:  # the clock went back: no such time can be reached
            arrival = at_ms
        if arrival - at_ms > limit.crowded_ms:
            on.crowded_until_ms = max(on.crowded_until_ms, arrival)
        after = arrival + limit.interval_ms / load
        fits = after - at_ms <= limit.room_ms
        state.arrivals_ms[place] = after if fits else arrival
        return fits

    def _credit_ms(self, state: Origin, place: int, way: Way, at_ms: int) -> int:
        """The room that a call of the trunk makes in a class."""
        rotation = self._policy.rotation
        named = place == NUMBERS and bool(way.origin)
        if named and rotation and state.served_ms - at_ms >= rotation.quiet_below_ms:
            return rotation.busy_credit_ms
        return class_limit(self._policy, place, way).credit_ms

    def served(self, place: int, way: Way, at_ms: int) -> None:
        """A call of a class came to something."""
        state, rotation = self._origins.get(way), self._policy.rotation
        if state is None:
            state = self._origins.get(way._replace(origin=""))
        elif way.origin and rotation is not None:
            quiet = rotation.quiet
            after = max(state.served_ms, at_ms) + quiet.interval_ms
            if after - at_ms <= quiet.room_ms:
                state.served_ms = after
        if state is not None:
            limit = class_limit(self._policy, place, way)
            state.arrivals_ms[place] -= limit.served * limit.interval_ms

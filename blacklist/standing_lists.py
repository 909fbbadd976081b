"""What people have decided, in memory: allowed numbers, entries, strikes, prefixes.

Numbers and prefixes are E.164 with their plus sign, short numbers have a star before them. Moments
are seconds since the epoch; a hold without an end has 0.
"""

from collections.abc import Iterable

from blacklist.decision import Hold, hardest


class StandingLists:
    """What holds for a number, until when."""

    def __init__(self) -> None:
        self._allowed: dict[str, Hold] = {}
        self._entries: dict[str, Hold] = {}
        self._strikes: dict[str, tuple[Hold, ...]] = {}
        self._prefixes: dict[str, Hold] = {}

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

    def drop_prefix(self, prefix: str) -> None:
        """Lift the restriction of a prefix."""
        self._prefixes.pop(prefix, None)

    def allowed(self, number: str, now: int) -> Hold | None:
        """The permission of a number."""
        return _alive(self._allowed.get(number), now)

    def entry(self, number: str, now: int) -> Hold | None:
        """The entry of a number."""
        return _alive(self._entries.get(number), now)

    def strike(self, number: str, now: int) -> Hold | None:
        """The hardest that the strikes of a number bring."""
        return next((h for h in self._strikes.get(number, ()) if _holds(h, now)), None)

    def prefix(self, number: str, now: int) -> Hold | None:
        """The longest prefix of a number that holds."""
        if not self._prefixes:
            return None
        for length in range(len(number), 1, -1):
            found = _alive(self._prefixes.get(number[:length]), now)
            if found is not None:
                return found
        return None


def _holds(hold: Hold, now: int) -> bool:
    return hold.until == 0 or hold.until > now


def _alive(hold: Hold | None, now: int) -> Hold | None:
    return hold if hold is not None and _holds(hold, now) else None

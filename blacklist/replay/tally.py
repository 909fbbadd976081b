"""What a policy did, counted while a replay runs: by call, by caller, by day, by minute of a flood.

Memory grows with the callers who were touched, not with the calls.
"""

from collections import Counter
from dataclasses import dataclass, field

from blacklist.decision import Decision
from blacklist.replay.history import PastCall
from blacklist.verdict import DISPOSITIONS, Disposition

DAY_S = 86_400
FLOOD_MINUTES = 120
"""Minutes of a flood that are told apart; later calls count to the last."""
FLOOD_GRACE_S = 600
"""The beginning of a flood, in which nobody can know that it is one."""
WORSE_THAN_WARN = frozenset(DISPOSITIONS[2:])
AHEAD: frozenset[Disposition] = frozenset({"allow", "warn"})
"""Calls that take their turn with everybody else's. The rest is put last or stopped."""


@dataclass(slots=True)
class Caller:
    """A number that was touched. `seconds` is how long each disposition held for it."""

    number: str
    kind: str
    calls: Counter[Disposition] = field(default_factory=Counter)
    seconds: Counter[Disposition] = field(default_factory=Counter)
    genuine_worse: int = 0
    _until: dict[Disposition, float] = field(default_factory=dict)

    @property
    def hardest(self) -> Disposition:
        """The hardest that happened to it."""
        return max(self.calls, key=DISPOSITIONS.index)

    def held(self, disposition: Disposition, start: float, until: float) -> None:
        """A measure that holds from `start` to `until`; what overlaps counts once."""
        begins = max(start, self._until.get(disposition, start))
        self.seconds[disposition] += round(max(0.0, until - begins))
        self._until[disposition] = max(until, begins)


@dataclass(slots=True)
class Tally:
    """The counts.

    `by_kind` has (label, kind, disposition), `by_day` (day number, disposition), `by_minute` (kind
    of flood, minute of it, whether ahead), and `late` the calls after a flood's first ten minutes
    (kind, whether a number was shown, whether ahead).
    `misused` are the numbers from which a nuisance call came.
    """

    calls: int = 0
    first: float = 0.0
    last: float = 0.0
    alerts: int = 0
    by_kind: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    by_day: Counter[tuple[int, str]] = field(default_factory=Counter)
    by_minute: Counter[tuple[str, int, bool]] = field(default_factory=Counter)
    late: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)
    callers: dict[str, Caller] = field(default_factory=dict)
    withheld_touched: int = 0
    misused: set[str] = field(default_factory=set)
    _floods: dict[str, float] = field(default_factory=dict)

    def add(self, call: PastCall, decision: Decision) -> None:
        """Count a call and what was decided on it."""
        disposition = decision.disposition
        if not self.calls:
            self.first = call.at
        self.calls += 1
        self.last = call.at
        self.alerts += decision.alert
        self.by_kind[call.label, call.kind, disposition] += 1
        self.by_day[int((call.at - self.first) // DAY_S), disposition] += 1
        if call.label == "nuisance" and call.caller:
            self.misused.add(call.caller)
        if call.flood:
            self._flood(call, disposition in AHEAD)
        if disposition != "allow":
            self._touched(call, decision)

    def _flood(self, call: PastCall, ahead: bool) -> None:
        """Floods of a number, of none, and rotations are counted apart: they differ by nature."""
        since = call.at - self._floods.setdefault(call.flood, call.at)
        kind = call.kind if call.caller else f"{call.kind}, withheld"
        self.by_minute[kind, min(int(since // 60), FLOOD_MINUTES), ahead] += 1
        if since > FLOOD_GRACE_S:
            self.late[call.kind, bool(call.caller), ahead] += 1

    def _touched(self, call: PastCall, decision: Decision) -> None:
        disposition = decision.disposition
        worse = disposition in WORSE_THAN_WARN
        if not call.caller:
            self.withheld_touched += worse and call.label == "genuine"
            return
        caller = self.callers.get(call.caller)
        if caller is None:
            caller = self.callers[call.caller] = Caller(call.caller, call.kind)
        caller.calls[disposition] += 1
        caller.held(disposition, call.at, max(call.at, decision.until))
        caller.genuine_worse += worse and call.label == "genuine"

"""One day of the city, and the dice that its callers throw."""

import math
from dataclasses import dataclass
from random import Random

from blacklist.replay.history import Outcome, PastCall
from lab.simulate.city import FRIDAY, HOURS, SATURDAY, City
from lab.simulate.network import Line, Network

DAY_S = 86_400
HOUR_S = 3_600
_HOURS = tuple(range(24))
_FEW = 30


@dataclass(frozen=True, slots=True)
class Day:
    """A day as the callers see it. `start` is midnight there (Unix time), `weekday` 0 is Monday.

    `scale` is the size of the city beside the whole one. `persistent` has one figure for each
    persistent caller: how many calls a day are usual for them.
    """

    rng: Random
    city: City
    network: Network
    scale: float
    start: float
    weekday: int
    persistent: tuple[float, ...]

    @property
    def off(self) -> bool:
        """Whether people do not work today."""
        return self.weekday in (FRIDAY, SATURDAY)

    def scaled(self, count: int) -> int:
        """How many of `count` people of the whole city there are in this one: at least one."""
        return max(1, round(count * self.scale))

    def any_time(self) -> float:
        """A moment of today, as often as calls come at that time of the day."""
        hour = self.rng.choices(_HOURS, HOURS)[0]
        return self.start + (hour + self.rng.random()) * HOUR_S

    def between(self, first: float, last: float) -> float:
        """A moment between two hours of today (which may lie beyond midnight)."""
        return self.start + self.rng.uniform(first, last) * HOUR_S

    def happens(self, chance: float) -> bool:
        """Throw the dice."""
        return self.rng.random() < chance

    def operator(self, chance: float) -> str:
        """The operator who would strike this call; empty when none would."""
        return f"op{self.rng.randrange(self.city.operators)}" if self.happens(chance) else ""

    def minutes(self, median: float, spread: float) -> float:
        """A while in seconds, log-normal around a median in minutes."""
        return 60 * median * math.exp(spread * self.rng.gauss())

    def genuine(self, at: float, line: Line, kind: str, served: float, struck: float) -> PastCall:
        """A call of somebody who wants something; `served` and `struck` are chances."""
        outcome, striker = self.outcome(served), self.operator(struck)
        seen = (line.trunk, line.attestation, outcome, line.identity, line.origin)
        return PastCall(at, line.number, "genuine", kind, "", striker, *seen)

    def nuisance(
        self, at: float, line: Line, kind: str, struck: float, *, flood: str = "", served: float = 0
    ) -> PastCall:
        """A call of somebody who wants nothing; `served` and `struck` are chances."""
        outcome, striker = self.outcome(served), self.operator(struck)
        seen = (line.trunk, line.attestation, outcome, line.identity, line.origin)
        return PastCall(at, line.number, "nuisance", kind, flood, striker, *seen)

    def withheld(self, line: Line) -> Line:
        """The line of one who withholds the number."""
        return line.withheld(self.happens(self.city.identified))

    def outcome(self, chance: float) -> Outcome:
        """Whether a call comes to something."""
        return "served" if self.happens(chance) else "nothing"

    def poisson(self, mean: float) -> int:
        """How many, when `mean` are usual and each comes independently of the others."""
        if mean > _FEW:
            return max(0, round(self.rng.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self.rng.random(), 0
        while product > limit:
            product *= self.rng.random()
            count += 1
        return count

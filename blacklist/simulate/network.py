"""How calls reach the hotline: a number, the trunk it comes by, and who vouches for it."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

NOBODYS = "+9665000"
"""The beginning of every simulated number of this country. Eight digits follow: three more than
any Saudi number has, so nobody can have one, and none can be dialled."""
ABROAD = "+999500"
"""The same for visitors: the ITU keeps country code 999 in reserve (List of ITU-T Recommendation
E.164 assigned country codes)."""

_SPACE = 10**8
_SCATTER = 48_271_003
"""Prime to 10: neighbours by index are no neighbours by number."""
_MIX = 2_654_435_761

_BLOCKS = {"citizen": 0, "caretaker": 5_000_000, "contractor": 5_200_000, "persistent": 5_400_000}
_BLOCKS |= {"shared_line": 5_600_000, "exchange": 5_700_000, "hotel": 5_800_000}
_BLOCKS |= {"prank": 6_000_000, "harassment": 6_200_000, "flood": 6_500_000}


@dataclass(frozen=True, slots=True)
class Line:
    """What a call is seen to come by. `number` is E.164, empty where it is withheld; `identity` is
    what the network tells of one who withholds it.
    """

    number: str
    trunk: str
    attestation: str
    identity: str = ""

    def withheld(self, identified: bool) -> "Line":
        """The same line with its number withheld, and whether the network tells it from others."""
        return Line("", self.trunk, self.attestation, self.number[1:] if identified else "")


@dataclass(frozen=True, slots=True)
class Network:
    """The trunks of a city, and how many of its numbers are vouched for."""

    trunks: tuple[str, ...]
    shares: tuple[float, ...]
    vouched: float
    visitors: float

    @classmethod
    def drawn(cls, rng: Random, vouched: float, visitors: float) -> "Network":
        """Three to seven trunks, none of the same size."""
        sizes = [rng.gammavariate(1.5, 1.0) for _ in range(rng.randint(3, 7))]
        shares = tuple(size / sum(sizes) for size in accumulate(sizes))
        return cls(tuple(f"t{i}" for i, _ in enumerate(sizes)), shares, vouched, visitors)

    def line(self, kind: str, index: int) -> Line:
        """The line of the caller of that kind and index: always the same. Kinds share none."""
        unique = _BLOCKS[kind] + index
        draw = unique * _MIX % 2**32 / 2**32
        if kind == "citizen" and draw < self.visitors:
            return Line(_number(ABROAD, unique), self.trunks[-1], "C")
        draw = draw * 977 % 1
        vouch = draw * 613 % 1
        rest = (vouch - self.vouched) / (1 - self.vouched)
        attestation = "A" if rest < 0 else "B" if rest < 0.6 else "C"
        return Line(_number(NOBODYS, unique), self._trunk(draw), attestation)

    def machine(self, rng: Random, line: Line) -> Line:
        """What a machine that shows the number of `line` is seen to come by."""
        attestation = rng.choices("ABC", (1, 3, 6))[0]
        return Line(line.number, self._trunk(rng.random()), attestation)

    def spoofing(self, rng: Random, stock: int) -> tuple[Line, ...]:
        """The numbers that a machine shows in turn, none its own: in a row, or any."""
        trunk, attestation = self._trunk(rng.random()), rng.choices("BC", (1, 3))[0]
        first = rng.randrange(_SPACE - stock)
        row = rng.random() < 0.5
        numbers = range(first, first + stock) if row else rng.sample(range(_SPACE), stock)
        return tuple(Line(f"{NOBODYS}{n:08d}", trunk, attestation) for n in numbers)

    def _trunk(self, draw: float) -> str:
        return self.trunks[min(bisect(self.shares, draw), len(self.trunks) - 1)]


def _number(code: str, unique: int) -> str:
    return f"{code}{unique * _SCATTER % _SPACE:08d}"

"""How calls reach the hotline: a number, the trunk, where it entered, and who vouches for it."""

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random

from lab.simulate.city import City

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
    """What a call is seen to come by.

    `number` is E.164, empty where it is withheld; `origin` is the name that its network gives where
    the call entered; `identity` is what the network tells of one who withholds the number.
    """

    number: str
    trunk: str
    attestation: str
    origin: str
    identity: str = ""

    def withheld(self, identified: bool) -> "Line":
        """The same line with its number withheld, and whether the network tells it from others."""
        return replace(self, number="", identity=self.number[1:] if identified else "")


@dataclass(frozen=True, slots=True)
class Trunk:
    """One way to the hotline. `origins` are the cumulative shares of those of each attestation."""

    name: str
    origins: Mapping[str, tuple[float, ...]]

    @classmethod
    def drawn(cls, rng: Random, name: str) -> "Trunk":
        """Two to six groups of customers, eight to forty resellers, two to twelve gateways."""
        return cls(name, {a: _shares(rng, rng.randint(*few), 0.7) for a, few in _ORIGINS.items()})

    def line(self, number: str, attestation: str, draw: float) -> Line:
        """The line of a number by an origin of this trunk: `draw` (0 to 1) says which."""
        return self._line(number, attestation, _at(self.origins[attestation], draw))

    def entry(self, rng: Random, attestation: str) -> Line:
        """The line of a machine by some origin, whatever its size: it looks for a price."""
        return self._line("", attestation, rng.randrange(len(self.origins[attestation])))

    def _line(self, number: str, attestation: str, origin: int) -> Line:
        return Line(number, self.name, attestation, f"{self.name}-{attestation}{origin}")


@dataclass(frozen=True, slots=True)
class Network:
    """The trunks of a city, how many of its numbers are vouched for, and how many machines call by
    several ways.
    """

    trunks: tuple[Trunk, ...]
    shares: tuple[float, ...]
    vouched: float
    visitors: float
    split: float

    @classmethod
    def drawn(cls, rng: Random, city: City) -> "Network":
        """Three to seven trunks, none of the same size."""
        shares = _shares(rng, rng.randint(3, 7), 1.5)
        trunks = tuple(Trunk.drawn(rng, f"t{number}") for number, _ in enumerate(shares))
        return cls(trunks, shares, city.vouched, city.visitors, city.machine_split)

    def line(self, kind: str, index: int) -> Line:
        """The line of the caller of that kind and index: always the same. Kinds share none."""
        unique = _BLOCKS[kind] + index
        draw = unique * _MIX % 2**32 / 2**32
        if kind == "citizen" and draw < self.visitors:
            return self.trunks[-1].line(_number(ABROAD, unique), "C", draw / self.visitors)
        draw = draw * 977 % 1
        vouch = draw * 613 % 1
        rest = (vouch - self.vouched) / (1 - self.vouched)
        attestation = "A" if rest < 0 else "B" if rest < 0.6 else "C"
        trunk = self.trunks[_at(self.shares, draw)]
        return trunk.line(_number(NOBODYS, unique), attestation, vouch * 787 % 1)

    def machine(self, rng: Random, number: str) -> tuple[Line, ...]:
        """What the calls of a machine that shows this number are seen to come by."""
        return self._shown(rng, (number,), rng.choices("ABC", (1, 3, 6))[0])

    def spoofing(self, rng: Random, stock: int) -> tuple[Line, ...]:
        """The numbers that a machine shows in turn, none its own: in a row, or any."""
        first = rng.randrange(_SPACE - stock)
        row = rng.random() < 0.5
        places = range(first, first + stock) if row else rng.sample(range(_SPACE), stock)
        numbers = tuple(f"{NOBODYS}{place:08d}" for place in places)
        return self._shown(rng, numbers, rng.choices("BC", (1, 3))[0])

    def _shown(self, rng: Random, numbers: tuple[str, ...], attestation: str) -> tuple[Line, ...]:
        # Who vouches in full has given the number, and no other network has it.
        several = attestation != "A" and rng.random() < self.split
        count = rng.randint(2, 4) if several else 1
        trunks = [self.trunks[_at(self.shares, rng.random())] for _ in range(count)]
        ways = [trunk.entry(rng, attestation) for trunk in trunks]
        return tuple(replace(way, number=number) for number in numbers for way in ways)


_ORIGINS = {"A": (2, 6), "B": (8, 40), "C": (2, 12)}
"""How many origins a trunk has, by attestation."""


def _shares(rng: Random, count: int, evenness: float) -> tuple[float, ...]:
    """Cumulative shares of so many, the less even the smaller `evenness` is (a gamma's shape)."""
    sizes = [rng.gammavariate(evenness, 1.0) for _ in range(count)]
    return tuple(size / sum(sizes) for size in accumulate(sizes))


def _at(shares: tuple[float, ...], draw: float) -> int:
    return min(bisect(shares, draw), len(shares) - 1)


def _number(code: str, unique: int) -> str:
    return f"{code}{unique * _SCATTER % _SPACE:08d}"

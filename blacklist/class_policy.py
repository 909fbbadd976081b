"""Limits of classes of callers: without a number, and with numbers that are never seen twice.

By the origin that the network names, or where it names none by the trunk.
"""

from dataclasses import dataclass

from blacklist.verdict import Disposition
from blacklist.window import Window


@dataclass(frozen=True, slots=True)
class ClassLimit:
    """Calls of a class of callers by one origin: `calls` in `seconds`, of which `burst` at once.

    By the generic cell rate algorithm (ITU-T I.371), whose state is one number however many callers
    there are. Two things make room for more. While a class is crowded, every call with a number
    that is vouched for, or of which nobody says, makes room on its trunk for `share_percent`
    hundredths of a call: in a storm everybody calls, those of the class too, and only calls beyond
    their usual share are a flood. And a call of the class that came to something makes room for
    `served` others: what floods comes to nothing.
    """

    calls: int
    seconds: int
    burst: int
    share_percent: int
    served: int = 1

    @property
    def interval_ms(self) -> int:
        """Milliseconds between two calls at the steady rate."""
        return self.seconds * 1000 // self.calls

    @property
    def credit_ms(self) -> int:
        """The room that a call with a number makes, in milliseconds at the steady rate."""
        return self.interval_ms * self.share_percent // 100

    @property
    def room_ms(self) -> int:
        """What the bucket holds, as the time it takes to empty."""
        return self.interval_ms * self.burst

    @property
    def crowded_ms(self) -> int:
        """From how much on the class is crowded: half of what the bucket holds."""
        return self.room_ms // 2


NO_LIMIT = ClassLimit(1_000_000, 1, 1_000_000, 0)
"""For a class that no rule asks about."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Two limits: for callers whom their network vouches for in full (A), and for others (B, C)."""

    attested: ClassLimit
    gateway: ClassLimit

    def limit(self, attestation: str) -> ClassLimit:
        """The limit of callers with this attestation."""
        return self.attested if attestation == "A" else self.gateway


@dataclass(frozen=True, slots=True)
class ClassPolicy:
    """Callers without a number: all of one origin have a limit, by who vouches for them.

    `unknown` where nobody does (no attestation): then the origin is the trunk, as it is by `trunk`
    where no origin is named. By `origin` those of one that is. Beyond it a call gets `disposition`.
    """

    unknown: ClassLimit
    trunk: Vouched
    origin: Vouched
    disposition: Disposition

    def limit(self, attestation: str, *, named: bool) -> ClassLimit:
        """The limit of callers with this attestation; whether their origin is `named`."""
        if not attestation:
            return self.unknown
        return (self.origin if named else self.trunk).limit(attestation)


@dataclass(frozen=True, slots=True)
class RotationPolicy:
    """Numbers that change with every call, and that nobody vouches for in full (B, C).

    What tells them is not the number: it is where they come from. `origin` limits the calls of
    numbers that were never served by one origin (RFC 8588) beside what else its trunk carries.
    Beyond that a call gets `disposition`: any where the origin is `quiet`, so that hardly anybody
    else comes by it. One by which more comes to something has a greater share of its trunk,
    `busy_percent`, and only a number that comes again gets it there, for a machine with a stock of
    numbers comes back to each in its turn: from `after_seconds` to `within_seconds` after its last
    call, or sooner, but then for a third time. While an origin is crowded, numbers in a row (the
    last four digits aside) get it beyond `block`.

    Where no origin is named, all of a trunk by gateways (C) count as one, with the limit `gateway`
    instead, and numbers in a row at any time. A number that was served is never touched; nor one of
    another country than `home` (its code), for those come by gateways.
    """

    block: Window
    origin: ClassLimit
    quiet: Window
    busy_percent: int
    gateway: ClassLimit
    after_seconds: int
    within_seconds: int
    home: str
    disposition: Disposition

    @property
    def quiet_below_ms(self) -> float:
        """Up to how much of `quiet`, which calls fill that came to something: half of it."""
        return self.quiet.room_ms / 2

    @property
    def busy_credit_ms(self) -> int:
        """The room that a call with a number makes by an origin that is not quiet."""
        return self.origin.interval_ms * self.busy_percent // 100


IN_PART = ("B", "C")
"""The attestations of a number that nobody vouches for in full (ATIS-1000074): its network knows
the customer alone (B, partial), or a gateway knows neither (C).
"""
GATEWAY = "C"

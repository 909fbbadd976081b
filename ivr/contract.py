"""What a flow may name: effects by their contracts, the codes and targets of catalogues.

The lint reads these; whoever performs an effect, or keeps a catalogue, states them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EffectContract:
    """What an effect promises the flow that asks for it.

    `gives` has every outcome that it can come to, and the answers that are there after each.
    `needs` are the answers without which it cannot do its work.
    """

    name: str
    gives: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()

    @property
    def answers(self) -> frozenset[str]:
        """The answers of all its outcomes."""
        return frozenset(answer for given in self.gives.values() for answer in given)


def by_name(contracts: Iterable[EffectContract]) -> Mapping[str, EffectContract]:
    """Contracts by the names of their effects."""
    return {contract.name: contract for contract in contracts}


@dataclass(frozen=True, slots=True)
class Catalogues:
    """The names that are known outside the flow.

    `values` has, for an answer that is a code of a catalogue, the codes. `targets` has, for each
    place that must know a transfer's target (said as people find it), the targets that it knows.
    `verdicts` are what a call may start with; None: whatever.
    """

    effects: Mapping[str, EffectContract] = field(default_factory=dict)
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    targets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    verdicts: frozenset[str] | None = None

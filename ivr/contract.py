"""What a flow may name: effects by their contracts, the codes and targets of catalogues.

The lint reads these; whoever performs an effect, or keeps a catalogue, states them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EffectContract:
    """What an effect promises the flow that asks for it.

    `gives` has every outcome that it can come to, and the answers that are there after each.
    `needs` are the answers without which it cannot do its work. `choices` are those of its answers
    that are choices for a `pick` (`ivr.pick`), each with the fields that every choice has. One that
    only `looks` changes nothing: it is not kept that it is asked for, since it may be asked again.
    """

    name: str
    gives: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    looks: bool = False

    @property
    def answers(self) -> frozenset[str]:
        """The answers of all its outcomes."""
        return frozenset(answer for given in self.gives.values() for answer in given)


def fields_of(contracts: Iterable[EffectContract], choices: str) -> frozenset[str] | None:
    """The fields that each of these choices has, whoever found them; None: nobody finds any."""
    found = [frozenset(one.choices[choices]) for one in contracts if choices in one.choices]
    return frozenset.intersection(*found) if found else None


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

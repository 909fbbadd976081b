"""A figure: what was measured, what it is compared with, and the bound it must keep."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure's `value` must keep."""

    side: Literal["at most", "at least"]
    value: float

    def kept_by(self, value: float) -> bool:
        """Whether `value` keeps it; the limit itself is allowed, "not a number" never is."""
        return value <= self.value if self.side == "at most" else value >= self.value


@dataclass(frozen=True, slots=True)
class Measured:
    """One side of a comparison: `amount` of `unit`, and in words what it is the amount of."""

    name: str
    amount: float
    unit: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `value` in `unit` (`x` for a ratio) is what the bound speaks of. Without a bound the figure is
    for information. `against` is what `ours` is compared with, where there is such a thing.
    """

    what: str
    value: float
    unit: str
    ours: Measured
    against: Measured | None = None
    bound: Bound | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        return None if self.bound is None else self.bound.kept_by(self.value)


def ratio(what: str, ours: Measured, against: Measured, bound: Bound | None = None) -> Figure:
    """How many times `against` is in `ours`."""
    return Figure(what, _divided(ours.amount, against.amount), "x", ours, against, bound)


def times_less(what: str, ours: Measured, against: Measured, bound: Bound | None = None) -> Figure:
    """How many times `ours` is in `against`: above 1, ours is less."""
    return Figure(what, _divided(against.amount, ours.amount), "x", ours, against, bound)


def difference(what: str, ours: Measured, against: Measured, bound: Bound | None = None) -> Figure:
    """By how much `ours` is above `against`."""
    return Figure(what, ours.amount - against.amount, ours.unit, ours, against, bound)


def amount(what: str, ours: Measured, bound: Bound | None = None) -> Figure:
    """An amount that is compared with nothing but its bound."""
    return Figure(what, ours.amount, ours.unit, ours, None, bound)


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of the bench found.

    `skipped` is the reason why this machine cannot measure it, `failed` what went wrong in it.
    """

    name: str
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: str = ""
    failed: str = ""
    seconds: float = 0.0

    @property
    def kept(self) -> bool:
        """Whether it was measured and every bound is kept; a part that was skipped broke none."""
        return not self.failed and all(figure.kept is not False for figure in self.figures)


def to_json(parts: Sequence[Part]) -> str:
    """All parts as one JSON object."""
    told = {"kept": all(part.kept for part in parts), "parts": [_part(part) for part in parts]}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _part(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "seconds": round(part.seconds, 1),
        "skipped": part.skipped or None,
        "failed": part.failed or None,
        "figures": [_figure(figure) for figure in part.figures],
        "notes": list(part.notes),
    }


def _figure(figure: Figure) -> dict[str, Any]:
    bound = figure.bound
    return {
        "what": figure.what,
        "value": _rounded(figure.value),
        "unit": figure.unit,
        "ours": _measured(figure.ours),
        "against": None if figure.against is None else _measured(figure.against),
        "bound": None if bound is None else {"side": bound.side, "value": bound.value},
        "kept": figure.kept,
    }


def _measured(measured: Measured) -> dict[str, Any]:
    amount = _rounded(measured.amount)
    return {"name": measured.name, "amount": amount, "unit": measured.unit}


def _rounded(value: float) -> float | None:
    """Six significant digits; JSON has no word for "not a number"."""
    return float(f"{value:.6g}") if abs(value) < float("inf") else None


def _divided(above: float, below: float) -> float:
    return above / below if below else float("nan")

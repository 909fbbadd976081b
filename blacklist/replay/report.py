"""The figures of a replay, as plain values: for a table, for a plot, for other programs."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import median
from typing import Any

from blacklist.replay.tally import WORSE_THAN_WARN, Caller, Tally
from blacklist.verdict import DISPOSITIONS, Disposition

LABELS = ("genuine", "nuisance", "")
MOST_NAMED = 10
"""Callers that a report names, masked."""

_NEVER: Disposition = "allow"


def report(tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """The figures of each policy by its name, and what the second changes beside the first.

    All tallies are of the same calls. Numbers are masked; times are UTC in ISO 8601.
    """
    names, several = list(tallies), list(tallies.values())
    one = several[0]
    figures: dict[str, Any] = {
        "calls": one.calls,
        "from": _iso(one.first),
        "to": _iso(one.last),
        "policies": {name: figures_of(tally) for name, tally in tallies.items()},
    }
    if len(several) > 1:
        figures["changes"] = changes(several[0], several[1]) | {"of": names[:2]}
    return figures


def figures_of(tally: Tally) -> dict[str, Any]:
    """What one policy did."""
    return {
        "confusion": {label or "unlabelled": _row(tally, label) for label in _labels(tally)},
        "kinds": [
            {"label": label, "kind": kind, **_row(tally, label, kind)}
            for label, kind in sorted({(label, kind) for label, kind, _ in tally.by_kind})
        ],
        "callers": {d: _held(tally, d) for d in DISPOSITIONS[1:]},
        "alerts": tally.alerts,
        "genuine": _genuine(tally),
        "nuisance": _nuisance(tally),
        "floods": _floods(tally),
    }


def changes(before: Tally, after: Tally) -> dict[str, Any]:
    """Callers who fare otherwise under `after`: how many, and those with the greatest change."""
    moved = []
    for number in before.callers.keys() | after.callers.keys():
        was, now = _hardest(before, number), _hardest(after, number)
        if was != now:
            steps = DISPOSITIONS.index(now) - DISPOSITIONS.index(was)
            moved.append((steps, number, was, now))
    moved.sort(key=lambda move: (-abs(move[0]), move[1]))
    return {
        "harder": sum(steps > 0 for steps, *_ in moved),
        "milder": sum(steps < 0 for steps, *_ in moved),
        "who": [
            {"caller": mask(number), "kind": _kind(before, after, number), "was": was, "now": now}
            for _, number, was, now in moved[:MOST_NAMED]
        ],
    }


def mask(number: str) -> str:
    """A number of which enough is left to tell two apart in a list, and not to call it."""
    return f"{number[:5]}…{number[-3:]}"


def _labels(tally: Tally) -> list[str]:
    present = {label for label, _, _ in tally.by_kind}
    return [label for label in LABELS if label in present]


def _row(tally: Tally, label: str, kind: str | None = None) -> dict[str, int]:
    row: Counter[str] = Counter()
    for (of, sort, disposition), calls in tally.by_kind.items():
        if of == label and kind in (None, sort):
            row[disposition] += calls
    return {disposition: row[disposition] for disposition in DISPOSITIONS}


def _held(tally: Tally, disposition: Any) -> dict[str, Any]:
    """How many callers a disposition met, in how many calls, and for how long it held (hours)."""
    hours = [c.seconds[disposition] / 3600 for c in tally.callers.values() if c.calls[disposition]]
    return {
        "callers": len(hours),
        "hardest_for": sum(c.hardest == disposition for c in tally.callers.values()),
        "calls": sum(c.calls[disposition] for c in tally.callers.values()),
        "median_hours": round(median(hours), 1) if hours else 0.0,
        "longest_hours": round(max(hours), 1) if hours else 0.0,
    }


def _genuine(tally: Tally) -> dict[str, Any]:
    """Genuine callers who met worse than `warn`, each counted once.

    A number that nuisance calls came from as well (a prankster's family) is counted apart. Who
    withholds the number cannot be told apart: every such call counts as a caller.
    """
    touched = [c for c in tally.callers.values() if c.genuine_worse]
    alone = [c for c in touched if c.number not in tally.misused]
    total = len(alone) + tally.withheld_touched
    alone.sort(key=lambda c: (-DISPOSITIONS.index(c.hardest), -c.genuine_worse, c.number))
    return {
        "touched": total,
        "per_100000_calls": round(total / tally.calls * 100_000, 2) if tally.calls else 0.0,
        "withheld": tally.withheld_touched,
        "by_kind": dict(Counter(c.kind or "unlabelled" for c in alone).most_common()),
        "shared_with_nuisance": len(touched) - len(alone),
        "who": [_named(caller) for caller in alone[:MOST_NAMED]],
    }


def _named(caller: Caller) -> dict[str, Any]:
    return {
        "caller": mask(caller.number),
        "kind": caller.kind,
        "hardest": caller.hardest,
        "calls": caller.genuine_worse,
        "hours": round(caller.seconds[caller.hardest] / 3600, 1),
    }


def _nuisance(tally: Tally) -> dict[str, Any]:
    row = _row(tally, "nuisance")
    return _share(sum(row[d] for d in WORSE_THAN_WARN), sum(row.values()), "caught")


def _floods(tally: Tally) -> dict[str, Any]:
    """Calls after the first ten minutes of a flood: the share that was not ahead of others.

    By kind of flood; where some showed a number and some did not, both apart as well. `all` is all
    of them, rotations among them.
    """
    found: dict[str, Any] = {}
    for kind in sorted({kind for kind, _, _ in tally.late}):
        found[kind] = _not_ahead(tally, {kind}, {True, False})
        if found[kind]["calls"] != _not_ahead(tally, {kind}, {True})["calls"]:
            found[f"{kind}, number shown"] = _not_ahead(tally, {kind}, {True})
            found[f"{kind}, withheld"] = _not_ahead(tally, {kind}, {False})
    return {**found, "all": _not_ahead(tally, {kind for kind, _, _ in tally.late}, {True, False})}


def _not_ahead(tally: Tally, kinds: set[str], shown: set[bool]) -> dict[str, Any]:
    calls: Counter[bool] = Counter()
    for (kind, with_number, ahead), count in tally.late.items():
        if kind in kinds and with_number in shown:
            calls[ahead] += count
    return _share(calls[False], calls.total(), "not_ahead")


def _share(part: int, whole: int, name: str) -> dict[str, Any]:
    percent = round(part / whole * 100, 2) if whole else None
    return {"calls": whole, name: part, "percent": percent}


def _hardest(tally: Tally, number: str) -> Disposition:
    caller = tally.callers.get(number)
    return _NEVER if caller is None else caller.hardest


def _kind(before: Tally, after: Tally, number: str) -> str:
    found = after.callers.get(number) or before.callers.get(number)
    return "" if found is None else found.kind


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")

"""The figure of a replay: what a policy does over time, to floods, and to each kind of caller.

Drawn without a display and without pyplot's global state, so that tests and servers may draw too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from blacklist.replay.tally import FLOOD_GRACE_S, FLOOD_MINUTES, Tally
from blacklist.verdict import DISPOSITIONS

COLOURS = {
    "allow": "#d7dce0",
    "warn": "#f2c14e",
    "challenge": "#ee964b",
    "low_priority": "#4c86a8",
    "voicemail": "#7b5ea7",
    "block": "#a8323e",
}
_LABEL_COLOURS = {"genuine": "#2a7f62", "nuisance": "#a8323e", "": "#6b7280"}
_FLOOD_COLOURS = ("#a8323e", "#ee964b", "#7b5ea7", "#4c86a8", "#2a7f62")
_STYLES = ("--", "-")
_BELOW: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12)}
_BIN_MINUTES = 5
_FEWEST = 5
"""Calls that a point of a curve needs: fewer say nothing."""


def draw(tallies: Mapping[str, Tally], path: Path) -> None:
    """Draw the figure as PNG; the last of `tallies` is the policy in question. Raises OSError."""
    name, tally = list(tallies.items())[-1]
    figure = Figure(figsize=(13, 9), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.suptitle(
        f"Screening policy: {name}, over {tally.calls:,} calls", fontsize=15, fontweight="bold"
    )
    days, floods, kinds, fair = figure.subplots(2, 2).flat
    _days(days, tally)
    _flood_curves(floods, tallies)
    _kind_bars(kinds, tally)
    _touched_bars(fair, tallies)
    for axes in (days, floods, kinds, fair):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, format="png", dpi=110)


def _days(axes: Axes, tally: Tally) -> None:
    """Calls a day that met a measure, by disposition; all calls as a line on the other side."""
    days = range(max(day for day, _ in tally.by_day) + 1)
    rows = {d: [tally.by_day[day, d] for day in days] for d in DISPOSITIONS}
    for label, shown in zip(
        DISPOSITIONS[1:],
        axes.stackplot(
            days,
            *(rows[d] for d in DISPOSITIONS[1:]),
            colors=[COLOURS[d] for d in DISPOSITIONS[1:]],
        ),
        strict=True,
    ):
        shown.set_label(label)
    axes.set_title("Calls a day that met a measure", loc="left")
    axes.set_xlabel("day")
    axes.set_ylabel("calls a day, stacked")
    axes.margins(x=0)
    everything = axes.twinx()
    totals = [sum(rows[d][day] for d in DISPOSITIONS) for day in days]
    everything.plot(days, totals, color="#374151", linewidth=1, label="all calls")
    everything.set_ylabel("all calls a day (line)")
    everything.set_ylim(bottom=0)
    everything.spines["top"].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    more, names = everything.get_legend_handles_labels()
    axes.legend(handles + more, labels + names, fontsize=8, ncols=6, **_BELOW)


def _flood_curves(axes: Axes, tallies: Mapping[str, Tally]) -> None:
    """The share of flood calls that take their turn ahead, by minute since the flood began."""
    axes.set_title("Flood calls that reach operators ahead of others", loc="left")
    kinds = sorted({kind for tally in tallies.values() for kind, _, _ in tally.by_minute})
    if not kinds:
        axes.text(0.5, 0.5, "no calls are marked as a flood", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    styles = _STYLES[-len(tallies) :]
    for (name, tally), style in zip(tallies.items(), styles, strict=False):
        for kind, colour in zip(kinds, _FLOOD_COLOURS, strict=False):
            points = list(_ahead(tally, kind))
            label = f"{kind}, {name}" if len(tallies) > 1 else kind
            axes.plot(*zip(*points, strict=True), style, color=colour, label=label)
    axes.axvspan(0, FLOOD_GRACE_S / 60, color="#e5e7eb", label="first ten minutes")
    axes.axhline(10, color="#374151", linewidth=0.8, linestyle=":")
    axes.annotate("10 %", (FLOOD_MINUTES, 11), fontsize=8, ha="right")
    axes.set(xlabel="minutes since the flood began", ylabel="% of its calls", ylim=(0, 103))
    axes.set_xlim(0, FLOOD_MINUTES)
    axes.legend(fontsize=8, ncols=4, **_BELOW)


def _ahead(tally: Tally, kind: str) -> list[tuple[float, float]]:
    """(minute, per cent ahead), in bins of some minutes with enough calls."""
    points = []
    for start in range(0, FLOOD_MINUTES, _BIN_MINUTES):
        minutes = range(start, start + _BIN_MINUTES)
        ahead, behind = (
            sum(tally.by_minute[kind, minute, side] for minute in minutes) for side in (True, False)
        )
        if ahead + behind >= _FEWEST:
            points.append((start + _BIN_MINUTES / 2, 100 * ahead / (ahead + behind)))
    return points or [(float("nan"), float("nan"))]


def _kind_bars(axes: Axes, tally: Tally) -> None:
    """Each kind of caller: how its calls fare, in per cent."""
    kinds = sorted({(label, kind) for label, kind, _ in tally.by_kind}, reverse=True)
    names = [f"{kind or 'unlabelled'}" for _, kind in kinds]
    left = [0.0] * len(kinds)
    for disposition in DISPOSITIONS:
        widths = []
        for label, kind in kinds:
            total = sum(tally.by_kind[label, kind, d] for d in DISPOSITIONS)
            widths.append(100 * tally.by_kind[label, kind, disposition] / total)
        bars = range(len(kinds))
        axes.barh(bars, widths, left=left, color=COLOURS[disposition], label=disposition)
        left = [done + width for done, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(kinds)), names)
    for tick, (label, _) in zip(axes.get_yticklabels(), kinds, strict=True):
        tick.set_color(_LABEL_COLOURS[label])
    axes.set_title("How the calls of each kind of caller fare", loc="left")
    axes.set(xlabel="% of calls (green: genuine, red: nuisance)", xlim=(0, 100))
    axes.legend(fontsize=8, ncols=6, **_BELOW)


def _touched_bars(axes: Axes, tallies: Mapping[str, Tally]) -> None:
    """Genuine callers who met worse than a warning, for 100,000 calls, by kind and policy."""
    counts = {name: _touched(tally) for name, tally in tallies.items()}
    kinds = sorted({kind for found in counts.values() for kind in found}, reverse=True)
    height = 0.8 / len(counts)
    colours = ("#2a7f62",) if len(counts) == 1 else ("#9aa3ab", "#2a7f62")
    for place, ((name, found), colour) in enumerate(zip(counts.items(), colours, strict=False)):
        where = [row - place * height for row in range(len(kinds))]
        values = [found.get(kind, 0.0) for kind in kinds]
        total = f"{name}: {sum(found.values()):.1f} in all"
        axes.barh(where, values, height=height, color=colour, label=total)
    middle = height * (len(counts) - 1) / 2
    axes.set_yticks([row - middle for row in range(len(kinds))], kinds)
    axes.set_title("Genuine callers put last, challenged or stopped", loc="left")
    axes.set_xlabel("callers for 100,000 calls")
    axes.legend(fontsize=8, ncols=2, **_BELOW)


def _touched(tally: Tally) -> dict[str, float]:
    found: dict[str, float] = {}
    each = 100_000 / tally.calls
    for caller in tally.callers.values():
        if caller.genuine_worse and caller.number not in tally.misused:
            kind = caller.kind or "unlabelled"
            found[kind] = found.get(kind, 0.0) + each
    if tally.withheld_touched:
        found["withheld"] = tally.withheld_touched * each
    return found

"""The figures of a replay as tables."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from blacklist.verdict import DISPOSITIONS


def print_report(figures: dict[str, Any], console: Console) -> None:
    """Print what `blacklist.replay.report.report` found, each policy beside the other."""
    policies: dict[str, Any] = figures["policies"]
    newest = list(policies)[-1]
    tables = [_confusion(policies), _kinds(policies), _callers(policies), _fairness(policies)]
    tables.append(_touched(newest, policies[newest]["genuine"]["who"]))
    if "changes" in figures:
        tables.append(_changes(figures["changes"]))
    console.print(f"{figures['calls']:,} calls, {figures['from']} to {figures['to']} (UTC)")
    for table in tables:
        title, table.title = table.title, None  # rich would wrap it to the table's width
        console.print()
        console.print(title)
        console.print(table)


def _table(title: str, *left: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False)
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _confusion(policies: dict[str, Any]) -> Table:
    table = _table("Calls by label and disposition", "policy", "label", right=DISPOSITIONS)
    for name, found in policies.items():
        for label, row in found["confusion"].items():
            table.add_row(name, label, *(f"{row[d]:,}" for d in DISPOSITIONS))
    return table


def _kinds(policies: dict[str, Any]) -> Table:
    name, found = list(policies.items())[-1]
    title = f"Calls by kind of caller, policy: {name}"
    table = _table(title, "label", "kind", right=DISPOSITIONS)
    for row in found["kinds"]:
        cells = (f"{row[d]:,}" for d in DISPOSITIONS)
        table.add_row(row["label"] or "unlabelled", row["kind"], *cells)
    return table


def _callers(policies: dict[str, Any]) -> Table:
    right = ("callers", "hardest for", "calls", "median h", "longest h")
    table = _table("Callers who met a measure, and for how long", "policy", "measure", right=right)
    for name, found in policies.items():
        for disposition, held in found["callers"].items():
            counts = (f"{held[key]:,}" for key in ("callers", "hardest_for", "calls"))
            hours = (f"{held[key]:,.1f}" for key in ("median_hours", "longest_hours"))
            table.add_row(name, disposition, *counts, *hours)
    return table


def _fairness(policies: dict[str, Any]) -> Table:
    table = _table("What it does to whom", "", right=tuple(policies))
    several = list(policies.values())

    def row(title: str, *values: str) -> None:
        table.add_row(title, *values)

    genuine = [found["genuine"] for found in several]
    row("genuine callers who met worse than warn", *(f"{one['touched']:,}" for one in genuine))
    row("  for 100,000 calls", *(f"{one['per_100000_calls']:.2f}" for one in genuine))
    for kind in dict.fromkeys(kind for one in genuine for kind in one["by_kind"]):
        row(f"  {kind}", *(f"{one['by_kind'].get(kind, 0):,}" for one in genuine))
    row("  withheld numbers", *(f"{one['withheld']:,}" for one in genuine))
    row("numbers shared with nuisance", *(f"{one['shared_with_nuisance']:,}" for one in genuine))
    row("nuisance calls caught", *(_percent(found["nuisance"]) for found in several))
    row("calls late in a flood, not ahead of others")
    for kind in dict.fromkeys(kind for found in several for kind in found["floods"]):
        row(f"  {kind}", *(_percent(found["floods"].get(kind, {})) for found in several))
    row("alerts to supervisors", *(f"{found['alerts']:,}" for found in several))
    return table


def _percent(share: dict[str, Any]) -> str:
    percent = share.get("percent")
    return "-" if percent is None else f"{percent:.1f} % of {share['calls']:,}"


def _touched(name: str, who: list[dict[str, Any]]) -> Table:
    title = f"Genuine callers who fare worst, policy: {name} (allow those who are known)"
    table = _table(title, "caller", "kind", "hardest", right=("calls", "hours"))
    for one in who:
        named = (one["caller"], one["kind"], one["hardest"])
        table.add_row(*named, f"{one['calls']:,}", f"{one['hours']:,.1f}")
    return table


def _changes(found: dict[str, Any]) -> Table:
    title = f"Against today: harder for {found['harder']:,} callers, milder for {found['milder']:,}"
    table = _table(title, "caller", "kind", "today", "new")
    for one in found["who"]:
        table.add_row(one["caller"], one["kind"], one["was"], one["now"])
    return table

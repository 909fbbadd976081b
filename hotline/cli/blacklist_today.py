"""`hotline blacklist today`: what a shift looks at first."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import rich_click as click

from blacklist.record.today import Today
from hotline.cli.asking import ENTRY_COLUMNS, entry_row, local
from hotline.cli.columns import print_columns
from hotline.cli.verbs import verb


@verb("today")
def blacklist_today(today: Today, zone: ZoneInfo) -> None:
    """Tell who is held now, who met it today, who struck this week, and which reviews are due."""
    counts = ", ".join(f"{count:,} {name}" for name, count in today.standing.items())
    _table(
        f"In force: {counts or 'nothing'}. The last to be held:",
        ENTRY_COLUMNS,
        [entry_row(entry, zone) for entry in today.held],
    )
    _table(
        "Who met it today:",
        ("number", "met", "calls", "last"),
        [
            (met.number or "withheld", met.disposition, f"{met.calls:,}", local(met.last_at, zone))
            for met in today.met
        ],
    )
    _table(
        "Strikes of the last seven days, by operator:",
        ("operator", "strikes", "numbers", "lifted"),
        [
            (one.operator, f"{one.strikes:,}", f"{one.numbers:,}", f"{one.lifted:,}")
            for one in today.strikers
        ],
    )
    asked = [
        (str(review.id), review.number, "asked by the caller", local(review.due_at, zone))
        for review in today.reviews
    ]
    set_down = [
        ("", entry.subject, f"{entry.disposition} by {entry.who}", local(entry.review_at, zone))
        for entry in today.entries
    ]
    _table("Reviews due:", ("review", "number", "of", "by"), [*asked, *set_down])


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    click.echo(title if rows else f"{title} nobody")
    if rows:
        print_columns(head, rows)
    click.echo()

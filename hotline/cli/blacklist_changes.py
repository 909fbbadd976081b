"""`hotline blacklist history | audit`: who changed what, and when."""

import json
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import rich_click as click

from hotline.cli.asking import local
from hotline.cli.columns import print_columns
from hotline.cli.moments import before_then, from_then_on
from hotline.cli.verbs import verb
from people.fields import Change

_HEAD = ("change", "when", "what", "number", "who", "role", "details")


def limited(most: int) -> Any:
    """How many at most."""
    return click.option("--limit", type=click.IntRange(1, 10_000), default=most, show_default=True)


def _named(ctx: click.Context, _param: click.Parameter, value: str | None) -> str:
    if value is None:
        told = "name a number; the changes to all of them: hotline blacklist audit"
        raise click.UsageError(told, ctx)
    return value


@verb(
    "history",
    options={
        "number": click.argument("number", required=False, callback=_named),
        "limit": limited(200),
    },
)
def blacklist_history(changes: list[Change], zone: ZoneInfo) -> None:
    """List every change to NUMBER (or a prefix), newest first; exit 1 when there was none."""
    print_changes(changes, zone)


@verb(
    "audit",
    options={"since": from_then_on(), "until": before_then(), "limit": limited(100)},
)
def blacklist_audit(changes: list[Change], zone: ZoneInfo) -> None:
    """List changes, newest first: to entries, strikes, reviews, tokens and PINs.

    Those to NUMBER (or a prefix), where one is given. By its number `undo` takes a change back.
    """
    print_changes(changes, zone)


def print_changes(changes: Sequence[Change], zone: ZoneInfo) -> None:
    """Changes in columns, each by its number."""
    rows = [
        (
            str(change.id),
            local(change.at, zone),
            change.action,
            change.subject,
            change.who,
            change.role,
            " ".join(f"{name}={_shown(value)}" for name, value in change.details.items() if value),
        )
        for change in changes
    ]
    print_columns(_HEAD, rows)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

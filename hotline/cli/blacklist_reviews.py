"""`hotline blacklist reviews`: what callers asked to be looked at again, and by when."""

from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import rich_click as click

from blacklist.record.entries import to_review
from blacklist.record.fields import Review
from blacklist.record.reviews import list_reviews
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import print_columns
from hotline.cli.verbs import verb
from store.sql import reading


@click.group("reviews", invoke_without_command=True)
@click.option(
    "--only",
    type=click.Choice(("open", "due", "all")),
    default="open",
    show_default=True,
    help="due: past their deadline",
)
@asking.json_option
@click.pass_context
def blacklist_reviews(
    ctx: click.Context, only: Literal["open", "due", "all"], as_json: bool
) -> None:
    """List requests for review, the nearest deadline first; or accept or refuse one.

    Restrictions whose own date of review has come are listed with them.
    """
    if ctx.invoked_subcommand is not None:
        return
    services: Services = ctx.obj
    now, zone = datetime.now(UTC), services.zone
    with asking.plain_errors(), reading(services.engine()) as connection:
        asked = list_reviews(connection, now, only=only)
        entries = to_review(connection, now)
    if as_json:
        asking.print_json(
            {
                "requests": [
                    asking.plain(review) | {"due": review.state == "open" and review.due_at <= now}
                    for review in asked
                ],
                "entries": [asking.entry_fields(entry) for entry in entries],
            }
        )
        return
    rows = [
        (
            str(review.id),
            review.number,
            review.state if review.due_at > now or review.state != "open" else "DUE",
            asking.local(review.due_at, zone),
            review.recording_ref,
            review.why,
        )
        for review in asked
    ]
    print_columns(("review", "number", "state", "deadline", "recording", "why"), rows)
    for entry in entries:
        when = asking.local(entry.review_at, zone)
        click.echo(f"{entry.subject}: {entry.disposition} was to be looked at again by {when}")


@verb("accept_review")
def reviews_accept(decided: Review, _zone: ZoneInfo) -> None:
    """Accept: the restriction and the strikes behind it are lifted."""
    _tell(decided)


@verb("refuse_review")
def reviews_refuse(decided: Review, _zone: ZoneInfo) -> None:
    """Refuse, and say why."""
    _tell(decided)


def _tell(decided: Review) -> None:
    click.echo(f"{decided.number}: review {decided.id} {decided.state}")


for command in (reviews_accept, reviews_refuse):
    blacklist_reviews.add_command(command)

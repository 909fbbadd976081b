"""`hotline blacklist reviews`: what callers asked to be looked at again, and by when."""

from datetime import UTC, datetime
from typing import Literal

import rich_click as click

from blacklist.record.entries import to_review
from blacklist.record.reviews import list_reviews
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import print_columns
from hotline.register import make_register, zone_of
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
    now, zone = datetime.now(UTC), zone_of(services)
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


@blacklist_reviews.command("accept")
@click.argument("review", type=int)
@asking.why_option
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def reviews_accept(
    services: Services, /, review: int, why: str, who: str | None, role: str, as_json: bool
) -> None:
    """Accept: the restriction and the strikes behind it are lifted."""
    _decide(services, review, True, why, who, role, as_json)


@blacklist_reviews.command("refuse")
@click.argument("review", type=int)
@click.option("--why", required=True, help="Why: it is kept, and can be told to the caller")
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def reviews_refuse(
    services: Services, /, review: int, why: str, who: str | None, role: str, as_json: bool
) -> None:
    """Refuse, and say why."""
    _decide(services, review, False, why, who, role, as_json)


def _decide(
    services: Services,
    review: int,
    accept: bool,
    why: str,
    who: str | None,
    role: str,
    as_json: bool,
) -> None:
    with asking.plain_errors():
        decided = make_register(services).decide_review(
            review, accept=accept, why=why, by=asking.person(who, role)
        )
    if as_json:
        asking.print_json(asking.plain(decided))
    else:
        click.echo(f"{decided.number}: review {decided.id} {decided.state}")

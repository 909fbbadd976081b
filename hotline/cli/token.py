"""`hotline token`: who may use the HTTP API, with which rights, and until when."""

from datetime import UTC, datetime

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line
from people.person import NothingThere, Role
from people.tokens import create_token, list_tokens, revoke_token
from store.sql import reading


@click.group("token")
def token_group() -> None:
    """Tokens of the HTTP API: create, list, revoke."""


@token_group.command("create")
@asking.name_option
@asking.rights_option
@click.option("--days", type=float, default=90.0, show_default=True, help="How long it is good")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="Only this right of its role, as tickets.read, or all: tickets; repeatable",
)
@asking.who_option
@asking.json_option
@click.pass_obj
def token_create(
    services: Services,
    /,
    name: str,
    role: Role,
    days: float,
    scopes: tuple[str, ...],
    who: str | None,
    as_json: bool,
) -> None:
    """Make a token. It is shown this once; only a hash of it is kept."""
    with asking.plain_errors():
        by = asking.person(who, "admin")
        now = datetime.now(UTC)
        text, token = create_token(
            services.engine(), name=name, role=role, by=by, now=now, days=days, scopes=scopes
        )
    if as_json:
        asking.print_json({"token": text, **asking.plain(token)})
    else:
        click.echo(text)
        end = asking.local(token.expires_at, services.zone)
        click.echo(f"{token.id}: {token.role}, good until {end}; it is not shown again", err=True)


@token_group.command("list")
@asking.json_option
@click.pass_obj
def token_list(services: Services, as_json: bool) -> None:
    """List every token that was made, newest first."""
    with asking.plain_errors(), reading(services.engine()) as connection:
        tokens = list_tokens(connection)
    asking.print_granted(tokens, services.zone, "id", as_json=as_json)


@token_group.command("revoke")
@click.argument("token_id")
@asking.who_option
@click.pass_obj
def token_revoke(services: Services, token_id: str, who: str | None) -> None:
    """End the token with this id at once; exit 1 when none is in force."""
    with asking.plain_errors():
        by = asking.person(who, "manager")
        if not revoke_token(services.engine(), token_id, by=by, now=datetime.now(UTC)):
            raise NothingThere(f"{one_line(token_id)}: no such token is in force")
    click.echo("revoked")

"""`hotline users`: who signs in to the console."""

from datetime import UTC, datetime

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line, print_columns
from people import accounts, invitations
from people.fields import Account
from people.person import ACCOUNT_ROLES, NothingThere, Role
from store.sql import reading


@click.group("users")
def users_group() -> None:
    """Accounts of the console: add, list, invite, change a role, disable."""


@users_group.command("add")
@click.argument("name")
@click.option("--email", required=True, help="What they type to sign in")
@click.option("--role", type=click.Choice(ACCOUNT_ROLES), required=True)
@asking.who_option
@asking.json_option
@click.pass_obj
def users_add(
    services: Services, /, name: str, email: str, role: Role, who: str | None, as_json: bool
) -> None:
    """Make an account. Its link is shown this once: it opens the page where they set a password."""
    with asking.plain_errors():
        by, now = asking.person(who, "admin"), datetime.now(UTC)
        invitation, made = accounts.add_account(
            services.engine(), name=name, email=email, role=role, by=by, now=now
        )
    _print_link(services, invitation, made, as_json=as_json)


@users_group.command("invite")
@click.argument("email")
@asking.who_option
@asking.json_option
@click.pass_obj
def users_invite(services: Services, /, email: str, who: str | None, as_json: bool) -> None:
    """Make a new link for an account whose password is forgotten."""
    with asking.plain_errors():
        account = _found(services, email)
        by, now = asking.person(who, "admin"), datetime.now(UTC)
        invitation = invitations.invite_again(services.engine(), account.id, by=by, now=now)
    _print_link(services, invitation, account, as_json=as_json)


@users_group.command("list")
@asking.json_option
@click.pass_obj
def users_list(services: Services, as_json: bool) -> None:
    """List the accounts."""
    with asking.plain_errors(), reading(services.engine()) as connection:
        found = accounts.list_accounts(connection)
    if as_json:
        asking.print_json([asking.plain(one) for one in found])
        return
    rows = [
        (
            one.email,
            one.name,
            one.role,
            "disabled" if one.disabled_at else "",
            asking.local(one.signed_in_at, services.zone) if one.signed_in_at else "never",
        )
        for one in found
    ]
    print_columns(("email", "name", "role", "", "signed in"), rows)


@users_group.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(ACCOUNT_ROLES))
@asking.who_option
@click.pass_obj
def users_role(services: Services, /, email: str, role: Role, who: str | None) -> None:
    """Give an account another role; whoever is signed in by it signs in again."""
    with asking.plain_errors():
        account, by = _found(services, email), asking.person(who, "admin")
        accounts.change_role(services.engine(), account.id, role, by=by, now=datetime.now(UTC))
    click.echo(f"{one_line(account.email)}: {role}")


@users_group.command("reset-second-factor")
@click.argument("email")
@asking.who_option
@click.pass_obj
def users_reset(services: Services, /, email: str, who: str | None) -> None:
    """Forget the second factor of somebody whose telephone is lost. Make sure who asks for it."""
    with asking.plain_errors():
        account, by = _found(services, email), asking.person(who, "admin")
        now = datetime.now(UTC)
        accounts.reset_second_factor(services.engine(), account.id, by=by, now=now)
    click.echo("forgotten: they set it up anew when they sign in")


@users_group.command("disable")
@click.argument("email")
@asking.who_option
@click.pass_obj
def users_disable(services: Services, /, email: str, who: str | None) -> None:
    """Let nobody in by this account any more, and put out who is."""
    with asking.plain_errors():
        account, by = _found(services, email), asking.person(who, "admin")
        accounts.disable(services.engine(), account.id, by=by, now=datetime.now(UTC))
    click.echo("disabled")


@users_group.command("sign-out")
@click.argument("email")
@asking.who_option
@click.pass_obj
def users_sign_out(services: Services, /, email: str, who: str | None) -> None:
    """End all sessions of an account: somebody's browser was left open, or is in wrong hands."""
    with asking.plain_errors():
        account = _found(services, email)
        by, now = asking.person(who, "admin"), datetime.now(UTC)
        accounts.end_sessions(services.engine(), account.id, by=by, now=now)
    click.echo(f"{one_line(account.name)}: signed out everywhere")


@users_group.command("enable")
@click.argument("email")
@asking.who_option
@click.pass_obj
def users_enable(services: Services, /, email: str, who: str | None) -> None:
    """Let somebody in again."""
    with asking.plain_errors():
        account, by = _found(services, email), asking.person(who, "admin")
        accounts.enable(services.engine(), account.id, by=by, now=datetime.now(UTC))
    click.echo("enabled")


def _found(services: Services, email: str) -> Account:
    with reading(services.engine()) as connection:
        found = accounts.standing(connection, email=email)
    if found is None:
        raise NothingThere(f"{one_line(email)}: no such account")
    return found.account


def _print_link(services: Services, invitation: str, account: Account, *, as_json: bool) -> None:
    link = f"{services.settings.console.url}/welcome/{invitation}"
    if as_json:
        asking.print_json({"link": link, **asking.plain(account)})
        return
    click.echo(link)
    hours = round(accounts.INVITED_FOR.total_seconds() / 3600)
    click.echo(f"{account.role}; the link works once, for {hours} hours", err=True)

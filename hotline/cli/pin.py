"""`hotline pin`: who may use the codes of inside telephones, with which rights, and until when."""

from datetime import UTC, datetime

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line
from people.person import NothingThere, Role
from people.pins import list_pins, revoke_pin, set_pin
from store.sql import reading


@click.group("pin")
def pin_group() -> None:
    """PINs of the telephone codes *30, *31 and *32: set, list, revoke."""


@pin_group.command("set")
@asking.name_option
@asking.person_rights_option
@click.option("--days", type=float, default=365.0, show_default=True, help="How long it is good")
@click.option("--ask", is_flag=True, help="Ask for the PIN, twice; otherwise one is drawn")
@asking.who_option
@asking.json_option
@click.pass_obj
def pin_set(
    services: Services,
    /,
    name: str,
    role: Role,
    days: float,
    ask: bool,
    who: str | None,
    as_json: bool,
) -> None:
    """Give a person a PIN, in place of the one they have.

    What they key is shown this once; of a PIN that was asked for, only the number before it.
    """
    chosen = None
    if ask:
        chosen = click.prompt("PIN, 6 to 12 digits", hide_input=True, confirmation_prompt=True)
    with asking.plain_errors():
        by = asking.person(who, "admin")
        now = datetime.now(UTC)
        keyed, pin = set_pin(
            services.engine(), name=name, role=role, by=by, now=now, days=days, pin=chosen
        )
    shown = pin.number if ask else keyed
    if as_json:
        asking.print_json({"keyed": shown, **asking.plain(pin)})
    else:
        click.echo(shown)
        end = asking.local(pin.expires_at, services.zone)
        click.echo(
            f"{pin.number} and the PIN, then #: {pin.role}, good until {end}; not shown again",
            err=True,
        )


@pin_group.command("list")
@asking.json_option
@click.pass_obj
def pin_list(services: Services, as_json: bool) -> None:
    """List every PIN that was set, newest first."""
    with asking.plain_errors(), reading(services.engine()) as connection:
        found = list_pins(connection)
    asking.print_granted(found, services.zone, "number", as_json=as_json)


@pin_group.command("revoke")
@click.argument("number")
@asking.who_option
@click.pass_obj
def pin_revoke(services: Services, number: str, who: str | None) -> None:
    """End the PIN with this number at once; exit 1 when none is in force."""
    with asking.plain_errors():
        by = asking.person(who, "manager")
        if not revoke_pin(services.engine(), number, by=by, now=datetime.now(UTC)):
            raise NothingThere(f"{one_line(number)}: no such PIN is in force")
    click.echo("revoked")

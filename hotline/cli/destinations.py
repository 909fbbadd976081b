"""`hotline destinations`: where tickets go, whether that can work, and whether it does."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from files.yaml_model import FileWrong
from hotline.bootstrap import Services
from hotline.cli.columns import print_columns
from hotline.cli.deliveries import database_away
from hotline.environment import SettingsWrong
from tickets.catalogue import load_sub_municipalities
from tickets.circuit import disable_by_hand, enable
from tickets.destinations.file import DestinationsFile
from tickets.standing import standings


@click.group("destinations")
def destinations_group() -> None:
    """Where tickets go: check, test, digest, list, enable."""


@destinations_group.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of findings")
@click.pass_obj
def destinations_check(services: Services, as_json: bool) -> None:
    """Check config/destinations.yaml: form, secrets, and whether every ticket goes somewhere.

    Exit 1 where there is something to mend, 2 where the file cannot be read. Nothing is sent.
    """
    try:
        known = services.destinations
    except FileWrong as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    findings = list(_findings(services, known))
    if as_json:
        click.echo(json.dumps(findings, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(finding)
        names = ", ".join(f"{name} ({entry.kind})" for name, entry in known.entries.items())
        click.echo(f"{known.path}: {names}; {len(findings)} findings", err=True)
    sys.exit(1 if findings else 0)


def _findings(services: Services, known: DestinationsFile) -> Iterator[str]:
    yield from services.outbound.unbuilt()
    areas = load_sub_municipalities(services.settings.config_dir / "sub_municipalities.yaml")
    first = known.routes.routes[0].name
    for ticket in known.routes.untaken(services.services, tuple(areas)):
        where = f", in {ticket.sub_municipality}" if ticket.sub_municipality else ""
        what = f"{ticket.service_code} ({ticket.kind}, {ticket.priority}{where})"
        yield f"no destination takes {what}, for one: it goes to {first}; `otherwise: true` says so"


@destinations_group.command("test")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object")
@click.pass_obj
def destinations_test(services: Services, name: str, as_json: bool) -> None:
    """Send a ticket to NAME that says that it is a trial, once, and show what is answered.

    It is kept nowhere here. Exit 1 when it is not taken.
    """
    from tickets.trial import trial, try_out

    try:
        destination = services.outbound.offices.get(name)
        service = next(iter(services.services.values()))
    except (SettingsWrong, FileWrong) as error:
        click.echo("\n".join(getattr(error, "problems", [str(error)])), err=True)
        sys.exit(2)
    if destination is None:
        names = ", ".join(services.outbound.offices)
        raise click.UsageError(f"{name}: no such destination: {names}")
    message = trial(service, services.settings.jurisdiction, datetime.now(UTC))
    click.echo(f"sending {message.ticket.service_request_id} to {name} …", err=True)
    tried = try_out(destination, message)
    told = {"destination": name, **asdict(tried)}
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for key, value in told.items():
            if value is not None:
                click.echo(f"{key:<12} {value}")
    sys.exit(0 if tried.taken else 1)


@destinations_group.command("digest")
@click.argument("name")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Which day; yesterday if left out")
@click.pass_obj
def destinations_digest(services: Services, name: str, day: datetime | None) -> None:
    """Send the list of a day's tickets to NAME (a destination of e-mail with `digest`) now.

    It is the same letter as the one of that day that the roles send. Exit 1 when it is not taken.
    """
    from tickets.destinations.mail.destination import EmailDestination
    from tickets.destinations.mail.digest import send_digest

    try:
        destination = services.outbound.offices.get(name)
    except (SettingsWrong, FileWrong) as error:
        click.echo("\n".join(getattr(error, "problems", [str(error)])), err=True)
        sys.exit(2)
    if not isinstance(destination, EmailDestination) or destination.digest is None:
        raise click.UsageError(f"{name} is no destination of e-mail that has a `digest`")
    today = datetime.now(services.zone).date()
    wanted = today - timedelta(days=1) if day is None else day.date()
    if wanted >= today:
        raise click.UsageError(f"{wanted} is not over")
    try:
        result = send_digest(services.engine(), destination, wanted)
    except SQLAlchemyError as error:
        database_away(error)
    click.echo(
        f"{name}, {wanted}: {result.verdict}" + (f", {result.error}" if result.error else "")
    )
    sys.exit(0 if result.verdict == "acknowledged" else 1)


@destinations_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list")
@click.pass_obj
def destinations_list(services: Services, as_json: bool) -> None:
    """List destinations: kind, how each does, what waits for it, what was given up."""
    try:
        kinds = {name: entry.kind for name, entry in services.destinations.entries.items()}
        found = standings(services.engine(), kinds)
    except FileWrong as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except SQLAlchemyError as error:
        database_away(error)
    listed = [{key: getattr(one, key) for key in _SHOWN} for one in found]
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    head = ("name", "kind", "state", "waiting", "accepted", "oldest", "dead", "last error")
    shown = [[_cell(key, value) for key, value in one.items()] for one in listed]
    print_columns(head, shown)


_SHOWN = (
    *("name", "kind", "state", "waiting", "accepted", "oldest_s", "dead"),
    "last_error",
)


def _cell(key: str, value: object) -> str:
    if key == "oldest_s":
        return f"{value} s" if value else ""
    return "" if value is None else str(value)


@destinations_group.command("enable")
@click.argument("name")
@click.pass_obj
def destinations_enable(services: Services, name: str) -> None:
    """Send NAME tickets again, after a 410 or `disable`; what waits goes at once."""
    try:
        waiting = enable(services.engine(), name)
    except SQLAlchemyError as error:
        database_away(error)
    if waiting is None:
        click.echo(f"{name} is not disabled", err=True)
        sys.exit(1)
    click.echo(f"{name} is enabled; {waiting} deliveries go out now")


@destinations_group.command("disable")
@click.argument("name")
@click.pass_obj
def destinations_disable(services: Services, name: str) -> None:
    """Send NAME nothing until it is enabled: its deliveries wait, and none is given up."""
    try:
        if name not in services.destinations.entries:
            raise click.UsageError(f"{name}: no such destination")
        done = disable_by_hand(services.engine(), name)
    except FileWrong as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except SQLAlchemyError as error:
        database_away(error)
    click.echo(f"{name} is disabled" if done else f"{name} was disabled already")

"""`hotline serve`: the whole embedded stack under one supervisor."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from embedded.asterisk.install import find_asterisk
from embedded.redis_child import RedisMissing
from embedded.supervisor import StartFailed, Supervisor
from hotline.bootstrap import Services, ensure_folders
from hotline.cli.building import build_for_calls
from hotline.installation.rights import become_steward
from hotline.logs import beside_calls
from hotline.menu import refuse_unfit
from hotline.providers import check_providers
from hotline.settings import Settings
from hotline.stack import stack_children
from hotline.trouble import of_database
from ivr.prompts import CatalogueError
from people.invitations import first_invitation
from people.person import Person
from store.migrations import upgrade
from voice.wav import AudioError


@click.command()
@click.option(
    "--asterisk/--no-asterisk",
    "wanted",
    default=None,
    help="Run the embedded Asterisk; default: where it is installed",
)
@click.option("--quiet", is_flag=True, help="Do not show the roles' logs (they are in files)")
@click.pass_obj
def serve(services: Services, wanted: bool | None, quiet: bool) -> None:
    """Run everything that answers calls, until Ctrl-C: then calls in progress are finished."""
    settings = services.settings
    if settings.home is not None:
        become_steward(settings.state_dir)  # who has no embedded Asterisk: that needs root
    installed = find_asterisk(settings.cache_dir) is not None
    if wanted and not installed:
        click.echo("no Asterisk here: run `make setup` as root on Debian", err=True)
        sys.exit(1)
    with_asterisk = installed if wanted is None else wanted
    out, err = beside_calls(sys.stdout), beside_calls(sys.stderr)
    try:
        prepare(services, lambda text: _say(err, text))
        children = stack_children(settings, with_asterisk=with_asterisk)
        supervisor = Supervisor(
            children,
            log_dir=settings.state_dir / "log",
            show=None if quiet else lambda name, line: _say(out, f"{name:>10} | {line}"),
        )
        link = first_admin_link(services)
        told = where_things_are(settings, with_asterisk, link)
        status = supervisor.run(lambda: _say(out, told))
    except SQLAlchemyError as error:
        _say(err, of_database(error))
        sys.exit(1)
    except (RedisMissing, StartFailed, AudioError, CatalogueError) as error:
        _say(err, str(error))
        sys.exit(1)
    sys.exit(status)


def _say(out: TextIO, text: str) -> None:
    out.write(f"{text}\n")


def _told(text: str) -> None:
    click.echo(text, err=True)


def prepare(services: Services, tell: Callable[[str], None] = _told) -> None:
    """Make what the roles need before they start: folders, the database's tables, the prompts.

    `tell` is told each text that could not be said. Raises SQLAlchemyError, AudioError, MenuUnfit,
    and SettingsWrong where a role could not start with these settings.
    """
    check_providers(services.settings)
    refuse_unfit(services)
    ensure_folders(services.settings)
    upgrade(services.engine())
    build_for_calls(services, tell)


def first_admin_link(services: Services) -> str | None:
    """The page where the first admin sets a password; None once somebody can sign in.

    Raises SQLAlchemyError.
    """
    settings = services.settings
    by, now = Person("hotline serve", "admin"), datetime.now(UTC)
    email = f"admin@{settings.jurisdiction}"
    invitation = first_invitation(services.engine(), email, by=by, now=now)
    return None if invitation is None else f"{settings.console.url}/welcome/{invitation}"


def where_things_are(settings: Settings, with_asterisk: bool, admin_link: str | None = None) -> str:
    """Where a newcomer looks: numbers to call, pages, logs.

    `admin_link` works once: it is for the terminal, and for no log.
    """
    agi = ", ".join(f"agi://{settings.agi.host}:{port}/call" for port in settings.agi.ports)
    backoffice = f"http://{settings.backoffice.host}:{settings.backoffice.port}/tickets"
    lines = [
        "940 is ready.",
        f"  console      {settings.console.url}/",
        *([f"  first admin  {admin_link} (works once)"] if admin_link else []),
        f"  FastAGI      {agi}",
        f"  back office  {backoffice}",
        f"  logs         {settings.state_dir / 'log'}",
    ]
    api = settings.console.url
    lines.append(f"  HTTP API     {api}/api/v1/blacklist; its document is {api}/openapi.json")
    if settings.twilio.configured:
        lines.append(f"  Twilio       {settings.twilio.public_url}/twilio/voice")
    else:
        lines.append("  Twilio       not configured: no webhooks are served")
    if settings.metrics.enabled:
        ports = settings.metrics
        every = (*ports.agi_ports, ports.worker_port, ports.relay_port)
        shown = " ".join(str(port) for port in every)
        lines.append(f"  metrics      http://{ports.host}:PORT/metrics on {shown}")
    if with_asterisk:
        lines.append(f"  call         sip:940@{settings.sip.host}:{settings.sip.port}")
    else:
        lines.append("  call         no Asterisk here; `hotline call --via agi` needs none")
    return "\n".join(lines)

"""`hotline secrets`: what signs deliveries, and how it is changed while they go on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import print_columns
from hotline.secret import (
    RotationRefused,
    office_secrets,
    read_secrets,
    retire,
    rotate,
    secrets_file,
)
from tickets.destinations.webhook_secret import fingerprint

_BY_HAND = """\
the secrets stand in HOTLINE_BACKOFFICE__SECRETS itself, and a command cannot write there. By hand:
  1. NEW=whsec_$(openssl rand -base64 32)
  2. HOTLINE_BACKOFFICE__SECRETS="$NEW,<what is there now>"; restart the workers
  3. give NEW to whoever receives tickets
  4. when they take it: HOTLINE_BACKOFFICE__SECRETS="$NEW"; restart the workers
Better: write them into a file, and name it in HOTLINE_BACKOFFICE__SECRETS_FILE."""
_ROTATED = """\
{file}: secret {new} is new, beside {old}. Every delivery is signed by both.
Workers that run take it up with their next delivery; on other machines with workers: copy the file.
Give the receiver the line above. They may take it beside the old one, or in its place.
When they have it, `hotline secrets retire` takes the old one away; no ticket waits for it."""


@click.group("secrets")
def secrets_group() -> None:
    """Secrets that sign deliveries to the back office: list, rotate, retire."""


@secrets_group.command("list")
@asking.json_option
@click.pass_obj
def secrets_list(services: Services, as_json: bool) -> None:
    """Show which there are, newest first, by fingerprints: never a secret itself."""
    settings = services.settings
    with _plain_errors():
        path = secrets_file(settings.backoffice, settings.state_dir)
        found = office_secrets(settings.backoffice, settings.state_dir)()
    names = [fingerprint(secret) for secret in found]
    kept = "HOTLINE_BACKOFFICE__SECRETS" if path is None else str(path)
    if as_json:
        asking.print_json({"kept": kept, "fingerprints": names})
        return
    print_columns(("fingerprint", "kept in"), [(name, kept) for name in names])


@secrets_group.command("rotate")
@click.pass_obj
def secrets_rotate(services: Services) -> None:
    """Make a new secret beside the old one. It is shown this once; both sign from now on.

    Exit 1 when two are there already, or no file holds them.
    """
    path = _file(services)
    with _plain_errors():
        done = rotate(path)
    click.echo(done.secret)
    new, *old = (fingerprint(secret) for secret in done.now)
    click.echo(_ROTATED.format(file=path, new=new, old=", ".join(old)), err=True)


@secrets_group.command("retire")
@click.argument("which", required=False, metavar="[FINGERPRINT]")
@click.pass_obj
def secrets_retire(services: Services, which: str | None) -> None:
    """Take the oldest secret away, or the one named: the receiver must know another one.

    Exit 1 when it is the only one, or no file holds them.
    """
    path = _file(services)
    with _plain_errors():
        done = retire(path, which)
    left = ", ".join(fingerprint(secret) for secret in done.now)
    click.echo(
        f"{path}: secret {fingerprint(done.secret)} is gone; deliveries are signed by {left}"
    )


def _file(services: Services) -> Path:
    """The file that can be written; exit 1 where the environment holds the secrets."""
    path = secrets_file(services.settings.backoffice, services.settings.state_dir)
    if path is None:
        click.echo(_BY_HAND, err=True)
        sys.exit(1)
    with _plain_errors():
        read_secrets(path)
    return path


@contextmanager
def _plain_errors() -> Iterator[None]:
    """What is refused as one line and exit 1; a file of no secrets as one line and exit 2."""
    try:
        yield
    except RotationRefused as error:
        click.echo(f"refused: {error}", err=True)
        sys.exit(1)
    except ValueError as error:
        click.echo(f"the file of secrets {error}", err=True)
        sys.exit(2)

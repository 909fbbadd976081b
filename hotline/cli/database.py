"""`hotline db`: the database's revision."""

import sys

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.trouble import of_database
from store.migrations import current, head, is_newer, serves, upgrade


@click.group("db")
def db_group() -> None:
    """The database: upgrade and revision."""


@db_group.command("upgrade")
@click.pass_obj
def upgrade_command(services: Services) -> None:
    """Bring the database to the newest revision."""
    try:
        upgrade(services.engine())
        found = current(services.engine())
        newer = f", made by a newer release: left as it is (ours: {head()})"
        click.echo(f"database at revision {found}{newer if is_newer(found) else ''}")
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)


@db_group.command("revision")
@click.pass_obj
def revision_command(services: Services) -> None:
    """Print the database's revision; exit 1 when it is older than this release's."""
    try:
        found = current(services.engine())
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)
    click.echo(f"{found or 'empty'} (this release's: {head()})")
    sys.exit(0 if serves(found) else 1)

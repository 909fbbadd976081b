"""`hotline db`: the database's revision."""

import sys

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from hotline.bootstrap import Services
from hotline.trouble import of_database
from store.migrations import current, head, upgrade


@click.group("db")
def db_group() -> None:
    """The database: upgrade and revision."""


@db_group.command("upgrade")
@click.pass_obj
def upgrade_command(services: Services) -> None:
    """Bring the database to the newest revision."""
    try:
        upgrade(services.engine())
        click.echo(f"database at revision {current(services.engine())}")
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)


@db_group.command("revision")
@click.pass_obj
def revision_command(services: Services) -> None:
    """Print the database's revision; exit 1 when it is not the newest."""
    try:
        found = current(services.engine())
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)
    click.echo(f"{found or 'empty'} (newest: {head()})")
    sys.exit(0 if found == head() else 1)

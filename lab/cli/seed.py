"""`hotline seed`: a database as it is after months, made up."""

import sys
from datetime import UTC, datetime

import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from files.yaml_model import FileWrong
from hotline.bootstrap import Services
from hotline.cli.progress import told
from hotline.menu import WRONG_FILE
from hotline.trouble import of_database
from lab.seeding.plan import Plan, SeedRefused
from lab.seeding.seed import City, made_before, seed
from store.migrations import upgrade
from tickets.catalogue import load_sub_municipalities

_COUNT = click.IntRange(0, 100_000_000)
_SOME = click.IntRange(1, 100_000_000)


@click.command("seed")
@click.option("--calls", type=_SOME, default=1_000_000, show_default=True, help="How many")
@click.option("--tickets", type=_COUNT, default=200_000, show_default=True, help="Of so many calls")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="Up to now"
)
@click.option("--seed", "number", type=int, default=1, show_default=True, help="Of the dice")
@click.option(
    "--events", type=_COUNT, default=50_000, show_default=True,
    help="Of how many calls, the last ones, it is written what happened in them turn by turn",
)  # fmt: skip
@click.option("--add", is_flag=True, help="Also into a database that holds true calls")
@click.pass_obj
def seed_command(
    services: Services, calls: int, tickets: int, days: int, number: int, events: int, add: bool
) -> None:
    """Fill the database of the settings with made-up calls, tickets, deliveries and a blocklist.

    For trying and measuring what reads them: a million calls take a minute and a half on two cores
    that do nothing else, and up to six minutes on busy ones. Nobody has their numbers (+96652…),
    and what waits for delivery is for an office that no file names. A database that holds other
    calls than those of this command is left alone. A second run adds to the first. The index of the
    blocklist is not made: `hotline blacklist rebuild` does that.

    Exit status: 0 done, 1 the database is away, 2 refused.
    """
    engine, folder = services.engine(), services.settings.config_dir
    try:
        areas = load_sub_municipalities(folder / "sub_municipalities.yaml")
        city = City(services.flow, services.services, areas)
        upgrade(engine)
        first = made_before(engine, add=add)
        plan = Plan(calls, tickets, days, number, events, datetime.now(UTC), first)
        for _ in told(seed(engine, plan, city), calls, "written"):
            pass
    except (SeedRefused, FileWrong, *WRONG_FILE) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except SQLAlchemyError as error:
        click.echo(of_database(error), err=True)
        sys.exit(1)
    click.echo(f"{calls:,} calls, {tickets:,} tickets: made up, up to now")

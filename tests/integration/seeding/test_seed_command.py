"""`hotline seed` as a person runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from pydantic import SecretStr

from call_handlers.history import Wanted, count_calls
from call_handlers.records import write_records
from hotline.bootstrap import Services
from hotline.main import COMMANDS
from hotline.settings import Settings
from lab.cli.seed import seed_command
from store.migrations import upgrade
from tests.fixtures.house import house_of
from tests.integration.calls.test_records import ENDED


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """A house whose database was never made."""
    url = SecretStr(f"sqlite:///{tmp_path / 'seeded.db'}")
    made = house_of(Settings(database_url=url, state_dir=tmp_path))
    yield made
    made.close()


def run(services: Services, *arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(seed_command, arguments, obj=services)


def calls_in(engine: sa.Engine) -> int:
    """How many calls there are."""
    return count_calls(engine, Wanted())


def test_one_command_makes_the_database_and_fills_it(services: Services) -> None:
    """It says what it has made; a second run adds."""
    for calls in (200, 400):
        done = run(services, "--calls", "200", "--tickets", "40", "--events", "10")
        assert done.exit_code == 0, done.output
        assert done.output == "200 calls, 40 tickets: made up, up to now\n"
        assert calls_in(services.engine()) == calls


def test_a_citys_own_database_is_left_alone(services: Services) -> None:
    """Exit 2 and the mend, and nothing is written."""
    upgrade(services.engine())
    write_records(services.engine(), [ENDED])
    refused = run(services, "--calls", "200", "--tickets", "40")
    assert refused.exit_code == 2
    assert "--add" in refused.output
    assert calls_in(services.engine()) == 1
    assert run(services, "--calls", "50", "--tickets", "5", "--add").exit_code == 0
    assert calls_in(services.engine()) == 51


def test_the_command_is_one_of_hotlines() -> None:
    """It is found by its name, and imported when it is run."""
    assert COMMANDS["seed"][0] == "lab.cli.seed:seed_command"

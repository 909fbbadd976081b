"""What `hotline doctor` says of the roles that no port can be asked of."""

import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from host.life import Life
from hotline.bootstrap import Services
from hotline.doctor.check import Check
from hotline.doctor.roles import all_checks
from hotline.settings import load_settings
from store.sql import database_now
from tests.fixtures.house import house_of
from tests.fixtures.tickets import NOW, new_ticket
from tickets.open import open_ticket
from tickets.schema import deliveries


@pytest.fixture
def services(database_url: str, tmp_path: Path) -> Iterator[Services]:
    """A house with that database."""
    made = house_of(
        load_settings({"HOTLINE_STATE_DIR": str(tmp_path), "DATABASE_URL": database_url})
    )
    yield made
    made.close()


def told(services: Services, name: str) -> list[Check]:
    """What the doctor says by that name."""
    return [check for check in all_checks(services) if check.name == name]


def test_a_role_that_lives_and_makes_no_round_is_told(services: Services, tmp_path: Path) -> None:
    """Of a role that is not on this machine nothing is known, and nothing said."""
    assert told(services, "relay") == []
    with closing(Life("relay", tmp_path, {})):
        assert [check.passed for check in told(services, "relay")] == [True]
        old = time.time() - 60
        (sign,) = (tmp_path / "life").glob("relay-*")
        os.utime(sign, (old, old))
        (check,) = told(services, "relay")
        assert (check.passed, str(os.getpid()) in check.found) == (False, True)
        assert check.mend


def test_a_ticket_that_waits_too_long_is_told(services: Services, engine: sa.Engine) -> None:
    """Whoever should have delivered it: SQL is asked."""
    open_ticket(engine, new_ticket(), destinations=["backoffice"], now=NOW)
    assert [check.passed for check in told(services, "oldest delivery")] == [True]
    with engine.begin() as connection:
        then = database_now(connection) - timedelta(seconds=301)
        connection.execute(deliveries.update().values(created_at=then))
    assert [check.passed for check in told(services, "oldest delivery")] == [False]

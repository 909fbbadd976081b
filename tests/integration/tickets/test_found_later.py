"""What may be there already is looked for until that is sure: looks are no attempts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.fixtures import contract
from tests.fixtures.georeport import GeoReport, city_at
from tests.fixtures.pushing import Way
from tests.fixtures.small_server import SmallServer, small_server
from tickets.destination import Destination, Message
from tickets.destinations.attempt import too_soon

LOOKS = 5


@pytest.fixture
def city() -> GeoReport:
    """A server whose list has each request after so many looks."""
    return GeoReport()


@pytest.fixture
def server(city: GeoReport) -> Iterator[SmallServer]:
    """Where it listens."""
    with small_server(city) as running:
        yield running


@pytest.fixture
def there(server: SmallServer, tmp_path: Path) -> Destination:
    """What is sent twice at most."""
    return city_at(server.url, tmp_path, found_after="10m", retry=["0s", "1s"])


def test_looks_use_no_attempt_up(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, there: Destination
) -> None:
    """A ticket whose answer was lost is no dead letter before it can be found."""
    way = Way(any_engine, there)
    way.open()
    server.lost, city.hidden = 1, LOOKS
    assert [way.attempt() for _ in range(1 + LOOKS)] == ["failed"] * (1 + LOOKS)
    assert way.attempt() == "acknowledged"
    assert len(server.asked("POST")) == len(city.made) == 1


def test_attempts_that_send_are_counted_between_looks(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, there: Destination
) -> None:
    """Who never answers gets no more of them than are allowed."""
    way = Way(any_engine, there)
    way.open()
    server.lost, city.hidden = 1, 1
    assert [way.attempt(), way.attempt()] == ["failed", "failed"]
    server.lost, server.to = 1, ("GET",)
    assert way.attempt() == "dead"
    assert len(server.asked("POST")) == 1


@pytest.mark.parametrize(("passed", "again"), [(0.1, 1), (5, 5), (20, 20), (45, 15), (60, None)])
def test_the_next_look_is_soon_and_not_too_often(passed: float, again: float | None) -> None:
    """After as long as has passed, and when it can be found at the latest."""
    sent = datetime.now(UTC) - timedelta(seconds=passed)
    message = replace(Message(contract.pothole()), repeated=True, unsure_at=sent)
    result = too_soon(message, 60)
    assert (None if result is None else result.again_s) == (again and pytest.approx(again, abs=1))

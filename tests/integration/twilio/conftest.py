"""Houses for calls by Twilio."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.calls import House, open_house


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A house with an empty Redis and database."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened

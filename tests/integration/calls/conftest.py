"""Fixtures of calls for this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.calls import House, open_house


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A Redis, a database, and desks on them."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened

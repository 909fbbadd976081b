"""Houses for calls by Twilio."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
import redis

from tests.fixtures.calls import House, open_house


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A house with an empty Redis and database."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened


@pytest.fixture
def houses(tmp_path: Path, redis_url: str) -> Iterator[Callable[[], House]]:
    """Houses that know nothing of each other's calls."""
    with ExitStack() as stack:
        numbers = count()

        def opened() -> House:
            with redis.Redis.from_url(redis_url) as client:
                client.flushdb()
            folder = tmp_path / str(next(numbers))
            folder.mkdir()
            return stack.enter_context(open_house(folder, redis_url))

        yield opened

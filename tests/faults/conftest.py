"""What the tests of failures share: data that takes a while to make and is only read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.settings import Settings
from tests.fixtures.house import FILES
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.reporter import Ear
from tests.fixtures.whole_stack import (
    lay_database,
    lay_sounds,
    stack_settings,
)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for every sound."""
    return lay_sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def ear() -> Ear:
    """One who knows the hotline's prompts."""
    return Ear(FILES.catalogue)


@pytest.fixture
def settings(tmp_path: Path, sounds: Path) -> Callable[..., Settings]:
    """Makes settings of a stack in the test's own folder, its database laid."""

    def make(**changes: Any) -> Settings:
        made = stack_settings(tmp_path / "state", changes.pop("sounds_dir", sounds), **changes)
        lay_database(made)
        return made

    return make


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that a test may kill."""
    server = RedisProcess(tmp_path / "redis")
    server.port = free_tcp_port()
    server.start()
    yield server
    server.kill()

"""What the tests of failures share: data that takes a while to make and is only read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.bootstrap import Services
from hotline.settings import Settings
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.reporter import Ear
from tests.fixtures.whole_stack import (
    lay_database,
    lay_sounds,
    migrated_database,
    stack_settings,
)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for every sound."""
    return lay_sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database to copy."""
    return migrated_database(tmp_path_factory.mktemp("database"))


@pytest.fixture(scope="session")
def ear(tmp_path_factory: pytest.TempPathFactory) -> Ear:
    """One who knows the hotline's prompts."""
    return Ear(Services(Settings(state_dir=tmp_path_factory.mktemp("ear"))).catalogue)


@pytest.fixture
def settings(tmp_path: Path, sounds: Path, database: Path) -> Callable[..., Settings]:
    """Makes settings of a stack in the test's own folder, its database laid."""

    def make(**changes: Any) -> Settings:
        made = stack_settings(tmp_path / "state", changes.pop("sounds_dir", sounds), **changes)
        lay_database(made, database)
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

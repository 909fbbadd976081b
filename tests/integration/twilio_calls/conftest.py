"""Fixtures of calls by Twilio's webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.settings import Settings
from tests.fixtures.house import FILES, house_of
from tests.fixtures.sounds import silent_sounds


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sound for every prompt."""
    folder = tmp_path_factory.mktemp("sounds")
    silent_sounds(FILES.catalogue, folder)
    return folder


@pytest.fixture
def services(tmp_path: Path, sounds: Path) -> Iterator[Services]:
    """The house with its state in the test's own folder, and a sound for every prompt."""
    house = house_of(Settings(state_dir=tmp_path / "state", sounds_dir=sounds))
    yield house
    house.close()


@pytest.fixture
def mute(tmp_path: Path) -> Iterator[Services]:
    """The house without a sound."""
    empty = tmp_path / "nothing"
    house = house_of(Settings(state_dir=tmp_path / "state", sounds_dir=empty))
    yield house
    house.close()

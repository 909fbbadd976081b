"""Fixtures of sounds for this folder. Tests with `sounds` are of the group `all-sounds`."""

from pathlib import Path

import pytest

from ivr.prompts import Catalogue
from tests.fixtures.house import FILES
from voice.build import build


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalogue, Path]:
    """The catalogue that ships, and a folder with all its sounds, for nobody to change."""
    folder = tmp_path_factory.mktemp("sounds")
    build(FILES.catalogue, folder, kept_voices=FILES.kept_voices).whole()
    return FILES.catalogue, folder

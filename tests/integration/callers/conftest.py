"""Fixtures of callers for this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from tests.fixtures.callers import services_in


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The house with its state in the test's own folder."""
    house = services_in(tmp_path / "state")
    yield house
    house.close()

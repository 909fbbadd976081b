"""What takes long to find out is found once, and again when something has changed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.settings import load_settings
from hotline.unchanged import unchanged
from tests.fixtures.house import house_of

LONG_AGO = 1_700_000_000


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder of sounds to which nothing was added for long."""
    for language in ("ar", "en", "ur"):
        (tmp_path / language).mkdir()
        os.utime(tmp_path / language, (LONG_AGO, LONG_AGO))
    return tmp_path


@pytest.fixture
def services(sounds: Path) -> Iterator[Services]:
    """A house with that folder."""
    made = house_of(load_settings({"HOTLINE_SOUNDS_DIR": str(sounds)}))
    yield made
    made.close()


def test_it_is_found_again_with_another_sound(services: Services, sounds: Path) -> None:
    """Once for what is the same; each thing by itself."""
    looks: list[str] = []

    def looked(what: str) -> int:
        def find() -> int:
            looks.append(what)
            return len(looks)

        return unchanged(services, what, find)

    assert [looked("a"), looked("a"), looked("b"), looked("a")] == [1, 1, 2, 1]
    (sounds / "ar" / "new.wav").touch()
    os.utime(sounds / "ar", (LONG_AGO + 1, LONG_AGO + 1))
    assert [looked("a"), looked("a")] == [3, 3]


def test_what_cannot_be_found_is_looked_for_again(services: Services) -> None:
    """An error is no answer that could be kept."""

    def fails() -> int:
        raise OSError("it is away")

    for _ in range(2):
        with pytest.raises(OSError, match="away"):
            unchanged(services, "a", fails)
    assert unchanged(services, "a", lambda: 5) == 5


def test_what_changes_meanwhile_is_not_kept(services: Services, sounds: Path) -> None:
    """It may be of before or after."""

    def find() -> int:
        os.utime(sounds / "en", (LONG_AGO + 2, LONG_AGO + 2))
        return 1

    assert unchanged(services, "a", find) == 1
    assert unchanged(services, "a", lambda: 2) == 2

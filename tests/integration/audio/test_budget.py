"""How long a caller must listen who never presses a key early, measured on the sounds that ship."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.prompts import Catalogue
from ivr.turn import Prompt
from tests.fixtures.house import FILES
from voice.build import build
from voice.wav import duration_ms

pytestmark = pytest.mark.xdist_group("all-sounds")  # one process makes them, once

BUDGET_MS = 90_000
PLACE = {"building_number": "7421", "postal_code": "23218"}
BEFORE = ("welcome", "danger", "language", "main", "danger", "report_group", "report_service")
AFTER = ("location", "ask_building", "ask_postal")
SPEECH = ("description", "record_notice", "keep_recording")

Measure = Callable[..., int]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalogue, Path]:
    """The catalogue that ships, and a folder with all its sounds."""
    folder = tmp_path_factory.mktemp("sounds")
    build(FILES.catalogue, folder, kept_voices=FILES.kept_voices).whole()
    return FILES.catalogue, folder


def lasts(sounds: tuple[Catalogue, Path], language: str, key: str, **values: str) -> int:
    """Milliseconds of one prompt."""
    catalogue, folder = sounds
    pieces = catalogue.speak(language, Prompt(key, values))
    return sum(duration_ms(folder / f"{piece.audio}.wav") for piece in pieces)


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_report_takes_no_more_than_90_seconds_of_prompts(
    sounds: tuple[Catalogue, Path], language: str
) -> None:
    """From answer to sent, by the longest service menu and the service with the longest name.

    Arabic 89.1 s and English 84.5 s when this was written.
    """
    catalogue, _ = sounds
    services = [k.split(".")[1] for k in catalogue.keys(language) if k.startswith("service.")]
    menu = max(lasts(sounds, language, f"report_service_{group}") for group in range(1, 6))
    confirm = max(
        lasts(sounds, language, "confirm", service_code=code, contact="+966501234567", **PLACE)
        for code in services
    )
    plain = sum(lasts(sounds, language, key, kept_days="90") for key in (*BEFORE, *AFTER, *SPEECH))
    readback = lasts(sounds, language, "location_readback", **PLACE)
    total = plain + menu + readback + confirm
    assert total <= BUDGET_MS, f"{language}: {total} ms"


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_welcome_takes_no_more_than_five_seconds(
    sounds: tuple[Catalogue, Path], language: str
) -> None:
    """The caller knows at once whom they reached."""
    assert lasts(sounds, language, "welcome") <= 5000


@pytest.mark.parametrize("language", ["ar", "en"])
def test_error_messages_outlast_their_guard(sounds: tuple[Catalogue, Path], language: str) -> None:
    """There is something left to interrupt behind the first second."""
    catalogue, _ = sounds
    keys = [k for k in catalogue.keys(language) if k.startswith(("noinput_", "nomatch_"))]
    assert len(keys) == 9
    assert min(lasts(sounds, language, key) for key in keys) >= 1200

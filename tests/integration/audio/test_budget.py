"""How long a caller must listen who never presses a key early, measured on the sounds that ship."""

from dataclasses import replace
from pathlib import Path

import pytest

from call_handlers.effects.every import CONTRACTS
from ivr.flow import Limit
from ivr.prompts import Catalogue
from ivr.timing import past, timed, ways
from ivr.turn import Prompt
from tests.fixtures.dialog import FLOW
from voice.folder import SoundFolder
from voice.wav import duration_ms

pytestmark = pytest.mark.xdist_group("all-sounds")  # one process makes them, once


def lasts(sounds: tuple[Catalogue, Path], language: str, key: str, **values: str) -> int:
    """Milliseconds of one prompt."""
    catalogue, folder = sounds
    pieces = catalogue.speak(language, Prompt(key, values))
    return sum(duration_ms(folder / f"{piece.audio}.wav") for piece in pieces)


NAMELESS = dict.fromkeys(("street", "district"), "")
"""Names of the gazetteer have no sound here: the plate is read back, which takes longer."""


@pytest.mark.parametrize("limit", FLOW.limits, ids=lambda limit: limit.name)
def test_no_way_asks_more_of_a_caller_than_the_flow_allows(
    sounds: tuple[Catalogue, Path], limit: Limit
) -> None:
    """Every service in every language: seconds for who never interrupts, and digits."""
    catalogue, folder = sounds
    flow = replace(FLOW, examples={**FLOW.examples, **NAMELESS})
    walked = ways(flow, limit.to, CONTRACTS, known=limit.known, without=limit.without)
    found = [timed(way, catalogue, SoundFolder(folder).seconds) for way in walked]
    assert {way.walked.language for way in found} == {"ar", "en", "ur"}
    assert [way.missing for way in found if way.missing] == []
    longest = max(found, key=lambda way: way.seconds)
    assert [past(limit, way) for way in found if past(limit, way)] == [], longest.walked.presses


@pytest.mark.parametrize("language", FLOW.languages)
def test_the_welcome_takes_no_more_than_five_seconds(
    sounds: tuple[Catalogue, Path], language: str
) -> None:
    """The caller knows at once whom they reached."""
    assert lasts(sounds, language, "welcome") <= 5000


@pytest.mark.parametrize("language", FLOW.languages)
def test_error_messages_outlast_their_guard(sounds: tuple[Catalogue, Path], language: str) -> None:
    """There is something left to interrupt behind the first second."""
    catalogue, _ = sounds
    keys = [k for k in catalogue.keys(language) if k.startswith(("noinput_", "nomatch_"))]
    assert len(keys) == 13
    assert min(lasts(sounds, language, key) for key in keys) >= 1200

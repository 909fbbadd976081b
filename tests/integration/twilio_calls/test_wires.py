"""Twilio may deliver twice, late or in another order: the call, its record and tickets stay."""

from pathlib import Path

import pytest

from hotline.bootstrap import Services
from lab.callers.twilio_driver import TwilioDriver, Wire
from lab.callers.twilio_server import application
from lab.inputs import Leave
from lab.transcript import load_transcript
from tests.fixtures.callers import (
    ENDS,
    EVERYDAY_BY_TELEPHONE,
    FOLDER,
    PATHS,
    by_engine,
    everyday_or_nightly,
    played,
    why,
)
from tests.fixtures.twilio_calls import by_twilio, comparable
from tests.fixtures.twilio_wires import (
    Replays,
    end_before_the_last_word,
    reply_lost,
    statuses_reordered,
    twice,
    twice_at_once,
    with_clock,
)

WIRES: dict[str, Wire] = {
    "twice": twice,
    "twice_at_once": twice_at_once,
    "reply_lost": reply_lost,
    "statuses_reordered": statuses_reordered,
}
on_a_bad_wire = everyday_or_nightly(EVERYDAY_BY_TELEPHONE | ENDS, PATHS)


@on_a_bad_wire
@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_the_wire_makes_no_difference(path: Path, wire: Wire, mute: Services) -> None:
    """Conversation, record and tickets are those of the same call without it."""
    transcript = load_transcript(path)
    result = by_twilio(mute, transcript, wire)
    assert result.passed, why(result)
    assert comparable(result) == comparable(by_engine(path))


@on_a_bad_wire
def test_a_turn_that_comes_again_a_minute_later(path: Path, mute: Services) -> None:
    """It is answered, and moves nothing."""
    transcript = load_transcript(path)
    replays = Replays()
    made = application(mute)
    driver = TwilioDriver(
        mute.catalogue, lambda stores: made(with_clock(stores, replays)), replays.wire
    )
    result = played(mute, driver, transcript)
    assert result.passed, why(result)
    assert comparable(result) == comparable(by_engine(path))
    pressed = transcript.steps and not isinstance(transcript.steps[0].input, Leave)
    assert bool(replays.replayed) == pressed
    assert replays.late_s == replays.replayed * 60


@pytest.mark.parametrize("name", ["operator", "blocked_reaches_911"])
def test_an_end_that_is_told_before_the_transfers_outcome(name: str, mute: Services) -> None:
    """The caller was put through, whichever of the two comes first."""
    path = FOLDER / f"{name}.yaml"
    result = by_twilio(mute, load_transcript(path), end_before_the_last_word)
    assert result.passed, why(result)
    assert comparable(result) == comparable(by_engine(path))

"""Prompts are recognised in the sound of real calls; wrong, cut, missing and swapped ones too."""

import time
import wave
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from lab.callers.baresip import SipCaller
from lab.callers.listening import Listener, NotHeard
from tests.fixtures.asterisk import NewCaller, running_asterisk
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi

pytestmark = [pytest.mark.asterisk, pytest.mark.alone("one call")]


def playing(folder: str, names: Sequence[str]) -> Callable[[Agi], None]:
    """A server that says these prompts in one command and then waits for a key."""
    paths = "&".join(f"{folder}/{name}" for name in names)

    def handler(agi: Agi) -> None:
        if agi.script == "call":
            agi.command(f'EXEC Read "IVR_IN,{paths},1,,1,5"')
            agi.done("hangup")

    return handler


class Heard:
    """One call to a server that says some prompts, and a listener on it."""

    def __init__(self, stack: ExitStack, new_caller: NewCaller, sounds: Path, *names: str) -> None:
        server = stack.enter_context(ScriptedAgi())
        asterisk = stack.enter_context(running_asterisk(server.address, sounds=sounds))
        server.handler = playing(asterisk.sounds_inside, names)
        self.caller = new_caller(asterisk)
        self.listener = Listener(lambda: self.caller.heard, lambda: self.caller.closed is not None)
        stack.callback(self.listener.close)
        self.caller.dial()
        self.answered = self.caller.wait_established()

    def states(self, *paths: Path) -> list[str]:
        """What became of these prompts when the call is over."""
        expectation = self.listener.expect(paths)
        with pytest.raises(NotHeard) as missed:
            expectation.wait_whole(20)
        return [piece.state for piece in missed.value.pieces]


Say = Callable[..., Heard]


def heard_by(caller: SipCaller) -> Callable[[], Path | None]:
    """What gives the file of all that this caller has heard so far."""
    return lambda: caller.heard


@pytest.fixture
def call(new_caller: NewCaller, sentences: Path) -> Iterator[Say]:
    """Begins a call in which these prompts are said."""
    with ExitStack() as stack:
        yield lambda *names: Heard(stack, new_caller, sentences, *names)


def test_right_prompts_are_heard_whole_and_in_time(call: Say, sentences: Path) -> None:
    """Arabic, English and three equal digits, one after another."""
    names = ["ar_welcome", "en_5", "en_5", "en_5", "en_confirm"]
    heard = call(*names)
    found = heard.listener.expect([sentences / f"{n}.wav" for n in names]).wait_whole(20)
    assert [piece.state for piece in found] == ["whole"] * 5
    assert all(piece.score > 0.95 for piece in found)
    begun = [piece.begun_at for piece in found if piece.begun_at is not None]
    assert begun == sorted(begun)
    assert begun[0] < 0.5


def test_a_key_can_be_pressed_as_soon_as_a_prompt_has_begun(call: Say, sentences: Path) -> None:
    """Barge-in: the prompt is cut, and known to be, and the rest is never said."""
    heard = call("ar_welcome", "ar_hole")
    expectation = heard.listener.expect([sentences / "ar_welcome.wav", sentences / "ar_hole.wav"])
    expectation.wait_begun(0, 5)
    assert time.monotonic() - heard.answered < 2
    heard.caller.press("1")
    heard.caller.wait_closed(5)
    assert [piece.state for piece in expectation.report()] == ["cut", "missing"]


@pytest.mark.nightly
def test_another_prompt_of_the_same_voice_is_not_taken_for_it(call: Say, sentences: Path) -> None:
    """Even when both begin with the same words."""
    heard = call("en_lights", "ar_lights")
    assert heard.states(sentences / "en_signs.wav", sentences / "ar_hole.wav") == ["cut", "cut"]


@pytest.mark.nightly
def test_a_missing_prompt_is_reported_and_the_next_still_found(call: Say, sentences: Path) -> None:
    """Two digits where three should be, between two sentences."""
    heard = call("en_welcome", "en_7", "en_7", "en_confirm")
    names = ("en_welcome", "en_7", "en_7", "en_7", "en_confirm")
    assert heard.states(*(sentences / f"{n}.wav" for n in names)) == [
        "whole",
        "whole",
        "whole",
        "missing",
        "whole",
    ]


@pytest.mark.nightly
def test_swapped_prompts_are_reported(call: Say, sentences: Path) -> None:
    """Both are said, in the wrong order."""
    heard = call("en_lights", "ar_welcome")
    assert "missing" in heard.states(sentences / "ar_welcome.wav", sentences / "en_lights.wav")


@pytest.mark.nightly
def test_a_prompt_cut_at_sixty_percent_is_reported(
    new_caller: NewCaller, sentences: Path, tmp_path: Path
) -> None:
    """What was played is shorter than what should have been."""
    short = tmp_path / "sounds" / "ar_cut.wav"
    short.parent.mkdir()
    with wave.open(str(sentences / "ar_welcome.wav")) as whole, wave.open(str(short), "wb") as cut:
        cut.setparams(whole.getparams())
        cut.writeframes(whole.readframes(whole.getnframes() * 6 // 10))
    with ExitStack() as stack:
        heard = Heard(stack, new_caller, short.parent, "ar_cut")
        assert heard.states(sentences / "ar_welcome.wav") == ["cut"]


@pytest.mark.nightly
def test_four_telephones_at_once_hear_their_own_calls(
    new_caller: NewCaller, sentences: Path
) -> None:
    """Each has its own ports and folder; none hears another."""
    names = ["en_welcome", "en_3"]
    with (
        ScriptedAgi() as server,
        running_asterisk(server.address, sounds=sentences) as asterisk,
    ):
        server.handler = playing(asterisk.sounds_inside, names)
        callers = [new_caller(asterisk, number=f"+96650000000{n}") for n in range(4)]
        for caller in callers:
            caller.dial()
        listeners = [Listener(heard_by(caller)) for caller in callers]
        for listener in listeners:
            expectation = listener.expect([sentences / f"{n}.wav" for n in names])
            assert all(piece.whole for piece in expectation.wait_whole(20))
            listener.close()

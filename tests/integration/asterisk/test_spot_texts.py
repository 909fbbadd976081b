"""A name made while a call goes on, on a real Asterisk: heard, or left out and the rest said."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from agi_scripts.sounds import Sounds
from embedded.asterisk.instance import AsteriskInstance
from ivr.catalogue import Piece
from ivr.event import Digits
from ivr.turn import Collect, HangUp, Prompt
from ivr.voices import Voices
from lab.callers.listening import Listener
from tests.fixtures.agi import ListDesk, dialog, serving
from tests.fixtures.asterisk import NewCaller, running_asterisk
from tests.fixtures.languages import LANGUAGES
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.tickets import wait_until
from tests.integration.asterisk.test_dialplan import answered
from voice.folder import SoundFolder
from voice.texts import TextMaker

pytestmark = [pytest.mark.asterisk, pytest.mark.alone("one call")]

THERE, NAME = ("en", "Is it in this street?"), ("en", "Al Marjan Street")


class Asking:
    """Every prompt asks whether it is in a street, whose name was made on the spot."""

    def __init__(self, maker: TextMaker) -> None:
        name = Piece(NAME[1], maker.stem_of(NAME), optional=True)
        self._pieces = (Piece(THERE[1], maker.stem_of(THERE)), name)

    def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
        """The fragment, and the name, which is last."""
        del language, prompt
        return self._pieces


@pytest.mark.parametrize("brought", [True, False])
def test_a_name_is_heard_from_a_real_asterisk_and_left_out_where_it_has_it_not(
    new_caller: NewCaller, tmp_path: Path, brought: bool
) -> None:
    """Its copy of the prompts may be older than the name: the caller is asked all the same."""
    maker = TextMaker(
        tmp_path / "sounds",
        Voices(own={code: one.voice for code, one in LANGUAGES.items()}),
        tmp_path / "none",
    )
    maker.make(THERE)
    desk, port = ListDesk(dialog((Collect(1), "main"), (HangUp(), "main"))), free_tcp_port()

    def bring(asterisk: AsteriskInstance) -> None:
        maker.make(NAME)
        if brought:
            assert asterisk.refresh_sounds() > 0

    with running_asterisk(f"127.0.0.1:{port}", sounds=maker.folder) as asterisk:
        bring(asterisk)
        folder = SoundFolder(maker.folder)
        sounds = Sounds(Asking(maker), folder.now, asterisk.sounds_inside, ("en",))
        scripts = make_scripts(desk, sounds, recordings="/rec")
        with serving(FastAgiServer("127.0.0.1", port, scripts)), capture_logs() as logs:
            caller = new_caller(asterisk)
            answered(caller)
            listener = Listener(lambda: caller.heard)
            said = [THERE, NAME] if brought else [THERE]
            paths = [maker.folder / f"{maker.stem_of(one)}.wav" for one in said]
            (*_, last) = listener.expect(paths).wait_whole(20)
            assert last.whole
            caller.press("1")
            wait_until(lambda: desk.events[:1] == [Digits("1")], "the key")
            listener.close()
    events = [entry["event"] for entry in logs]
    assert ("prompt_not_played" in events) is not brought

"""Prompts that a real Asterisk may not read: a human at once, never silence."""

import shutil
from pathlib import Path

import pytest

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from agi_scripts.sounds import LONGEST_S, Sounds
from ivr.turn import Collect, HangUp
from tests.fixtures.agi import ListDesk, StubCatalogue, dialog, serving
from tests.fixtures.asterisk import NewCaller, running_asterisk
from tests.fixtures.processes import free_tcp_port
from tests.integration.asterisk.test_dialplan import OPERATOR, answered, wait_tone

pytestmark = pytest.mark.asterisk


@pytest.mark.parametrize("asked", [(Collect(1), "main"), (HangUp(), "goodbye")])
def test_prompts_that_asterisk_may_not_read_lead_to_an_operator_at_once(
    new_caller: NewCaller, sentences: Path, tmp_path: Path, asked: tuple[Collect | HangUp, str]
) -> None:
    """Made by root for root alone: we see every file, and Asterisk none."""
    for language in ("ar", "en"):
        (tmp_path / language).mkdir()
        shutil.copy(sentences / "en_welcome.wav", tmp_path / language / f"{asked[1]}.wav")
    desk, port = ListDesk(dialog(asked)), free_tcp_port()
    with running_asterisk(f"127.0.0.1:{port}", sounds=tmp_path) as asterisk:
        laid = asterisk.root.folder / asterisk.sounds_inside.lstrip("/")
        for folder in laid.iterdir():
            shutil.chown(folder, "root")
            folder.chmod(0o700)
        sounds = Sounds(
            StubCatalogue(), lambda: lambda _stem: LONGEST_S, asterisk.sounds_inside, ("ar", "en")
        )
        scripts = make_scripts(desk, sounds, recordings="/rec")
        with serving(FastAgiServer("127.0.0.1", port, scripts)):
            caller = new_caller(asterisk)
            begun = answered(caller)
            assert wait_tone(caller, OPERATOR) - begun <= 2.0
            assert desk.events == []

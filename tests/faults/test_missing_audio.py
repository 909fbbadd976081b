"""A prompt without its sound is said in the other language, never left out in silence."""

import shutil
from collections.abc import Callable
from pathlib import Path

from hotline.settings import Settings
from ivr.turn import Prompt
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import parts_of, with_redis


def test_a_prompt_without_audio_is_said_in_the_other_language(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, sounds: Path, tmp_path: Path
) -> None:
    """The Arabic `main` is missing: English there, Arabic everywhere else, and the call goes on."""
    fewer = tmp_path / "sounds"
    shutil.copytree(sounds, fewer)
    with parts_of(settings(sounds_dir=fewer, **with_redis(redis_url))) as parts:
        catalogue = parts.views.catalogue
        (fewer / f"{catalogue.speak('ar', Prompt('main'))[0].audio}.wav").unlink()
        english = [piece.audio for piece in catalogue.speak("en", Prompt("main"))]
        parts.start("agi-1")
        asterisk = FakeAsterisk(parts.agi[:1], exists=lambda path: Path(f"{path}.wav").exists())
        caller = Reporter(ear)
        _, lived = place(asterisk, caller)
        assert caller.questions == list(QUESTIONS)
        heard = {
            question: [f"{Path(file).parent.name}/{Path(file).name}" for file in listening.files]
            for question, (listening, _) in zip(caller.questions, lived.turns, strict=True)
        }
        assert heard.pop("main") == english
        assert all(files for files in heard.values())
        heard.pop("language")  # it is said in both languages
        assert not [file for files in heard.values() for file in files if file.startswith("en/")]

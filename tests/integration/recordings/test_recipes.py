"""The recipes of docs/operations.md, with the recognisers that are installed here."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from host.inherited import OF_RECOGNISERS, inherited
from recordings.transcriber import Transcriber

RECIPES = Path(__file__).parents[3] / "docs" / "transcribing"
SAID = "there is a big hole in the road in front of the school"


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """A sentence as a line carries it."""
    whole, line = tmp_path / "whole.wav", tmp_path / "line.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-w", str(whole), SAID], check=True)
    subprocess.run(["sox", "-D", str(whole), "-r", "8000", str(line)], check=True)
    return line


@pytest.mark.skipif(
    importlib.util.find_spec("pocketsphinx") is None,
    reason="no recogniser here: `.venv/bin/uv pip install pocketsphinx` brings one, with its model",
)
def test_pocketsphinx_writes_something_down_of_english_and_nothing_of_arabic(said: Path) -> None:
    """Poorly; that it is connected is what is shown."""
    words = (sys.executable, str(RECIPES / "sphinx.py"), "{file}", "{language}")
    made = Transcriber(words, 60.0, {"PATH": "/usr/bin:/bin"})
    assert len(made.text_of(said, "en").split()) >= 3
    assert made.text_of(said, "ar") == ""


def test_whisper_takes_the_model_that_its_worker_was_told(said: Path, tmp_path: Path) -> None:
    """By WHISPER_MODEL, which the worker hands on; a stand-in tells what it was asked."""
    program = tmp_path / "whisper-cli"
    program.write_text('#!/bin/sh\necho "$2 $4"\n')
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    told = inherited(environ | {"WHISPER_MODEL": "/srv/large.bin"}, OF_RECOGNISERS)
    words = (str(RECIPES / "whisper.sh"), "{file}", "{language}")
    assert Transcriber(words, 60.0, told).text_of(said, "ar") == "/srv/large.bin ar"
    plain = Transcriber(words, 60.0, environ).text_of(said, "en")
    assert plain == "/srv/940/ggml-small.bin en"


@pytest.mark.skipif(
    shutil.which("whisper-cli") is None or not Path("/srv/940/ggml-small.bin").exists(),
    reason="no whisper.cpp here: it is built from its source, and its models are no packages",
)
def test_whisper_writes_down_what_was_said(said: Path) -> None:
    """Most of it."""
    made = Transcriber((str(RECIPES / "whisper.sh"), "{file}", "{language}"), 300.0, {})
    heard = set(made.text_of(said, "en").lower().replace(".", "").split())
    assert len(heard & set(SAID.split())) >= len(set(SAID.split())) // 2

"""The program that writes down recordings: no shell, no secret, bounded in time and in words."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from host.inherited import inherited
from recordings.transcriber import (
    MOST_CHARACTERS,
    Interrupted,
    Transcriber,
    TranscriptionFailed,
    command_of,
)
from tests.fixtures import recogniser
from tests.fixtures.recordings import wav
from tests.fixtures.tickets import wait_until

PROGRAM = recogniser.__file__


@pytest.fixture
def sound(folder: Path) -> Path:
    """A recording of a second and a half, in a folder whose name would trouble a shell."""
    odd = folder / "a b; touch $(id)"
    odd.mkdir()
    path = odd / "said.wav"
    path.write_bytes(wav(1.5))
    return path


def program(how: str, *more: str, timeout_s: float = 20.0) -> Transcriber:
    """The program of the tests, which does `how`."""
    words = (sys.executable, PROGRAM, how, "{language}", *more)
    return Transcriber(words, timeout_s, inherited(os.environ))


@pytest.mark.parametrize("more", [(), ("{file}",)], ids=["standard input", "by its path"])
def test_a_recording_becomes_one_line_of_clean_text(sound: Path, more: tuple[str, ...]) -> None:
    """The call's language goes along; what steers a terminal or turns the text round is gone."""
    told = program("says", *more).text_of(sound, "ar")
    assert told == "ar: 1.5 s of a hole [31m in the road حُفْرَةْ"


def test_no_shell_reads_the_command_nor_what_is_put_into_it(sound: Path) -> None:
    """What a shell would take for itself is an argument like any other."""
    made = command_of(
        f'{sys.executable} {PROGRAM} arguments "{{language}}" {{file}} "$(id)" ";" \'*\''
    )
    told = Transcriber(made, 20.0, inherited(os.environ)).text_of(sound, "en")
    assert told == f"en | {sound} | $(id) | ; | *"


@pytest.mark.parametrize(
    ("written", "mend"), [('vosk "a', "close it"), ("{file} --text", "must begin with a program")]
)
def test_a_command_that_cannot_be_is_refused_with_the_mend(written: str, mend: str) -> None:
    """When settings are read, and not when somebody has called."""
    with pytest.raises(ValueError, match=mend):
        command_of(written)


def test_the_program_inherits_no_secret(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be anybody's: the carrier's token is none of its business."""
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "t")
    monkeypatch.setenv("DATABASE_URL", "postgresql://x:secret@db/h")
    told = program("environment").text_of(sound, "ar").split()
    assert "PATH" in told
    assert not {"TWILIO_AUTH_TOKEN", "DATABASE_URL"} & set(told)


def test_nothing_understood_is_no_text(sound: Path) -> None:
    """And no failure."""
    assert program("nothing").text_of(sound, "ar") == ""


def test_a_long_text_is_cut(sound: Path) -> None:
    """To what a ticket's field may have."""
    assert len(program("long").text_of(sound, "ar")) <= MOST_CHARACTERS


def test_bytes_that_are_no_text_are_left_out(sound: Path) -> None:
    """What is around them is kept."""
    assert program("broken").text_of(sound, "ar") == "a hole in the road"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("hangs", "did not finish within 0.5 s"),
        ("closes", "did not finish within 0.5 s"),
        ("fails", "ends with status 3"),
        ("floods", "says more than 65536 bytes"),
    ],
)
def test_a_program_that_misbehaves_is_ended_and_told_without_its_words(
    sound: Path, how: str, why: str
) -> None:
    """With all that it has started."""
    timeout_s = 0.5 if how in ("hangs", "closes") else 20.0
    with pytest.raises(TranscriptionFailed) as failed:
        program(how, timeout_s=timeout_s).text_of(sound, "ar")
    assert str(failed.value) == why
    wait_until(lambda: not _children_of_sessions(), "nothing that it has started runs")


def test_a_program_that_is_not_there_is_a_failure(sound: Path) -> None:
    """Told by what the system says."""
    absent = Transcriber(("/nowhere/recogniser",), 5.0, {})
    with pytest.raises(TranscriptionFailed, match="cannot be started: No such file"):
        absent.text_of(sound, "ar")


def test_a_worker_that_is_to_end_ends_the_program(sound: Path) -> None:
    """At once: nobody waits for minutes."""
    ending = threading.Event()
    words = (sys.executable, PROGRAM, "hangs", "{language}")
    made = Transcriber(words, 600.0, inherited(os.environ), ending=ending)
    threading.Timer(0.3, ending.set).start()
    began = time.monotonic()
    with pytest.raises(Interrupted):
        made.text_of(sound, "ar")
    assert time.monotonic() - began < 20


def _children_of_sessions() -> list[str]:
    """What runs of `sleep 600` whose parents are gone or ours."""
    ours = os.getpid()
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if command[:2] == [b"sleep", b"600"] and told[0] != "Z" and int(told[1]) in (1, ours):
            found.append(stat.parent.name)
    return found


def test_a_voice_that_the_program_laid_aside_goes_with_it(sound: Path, tmp_path: Path) -> None:
    """It is killed in the middle, and has no time to clear up."""
    where = tmp_path / "where"
    words = ("sh", "-c", 'cp "$0" "$TMPDIR/voice.wav" && echo "$TMPDIR" >"$1" && sleep 60')
    slow = Transcriber((*words, "{file}", str(where)), 2.0, inherited(os.environ))
    with pytest.raises(TranscriptionFailed, match="did not finish"):
        slow.text_of(sound, "ar")
    laid_aside = Path(where.read_text(encoding="utf-8").strip())
    assert laid_aside.name.startswith("hotline-draft-")
    assert not laid_aside.exists()

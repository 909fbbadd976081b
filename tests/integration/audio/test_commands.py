"""Any program as a voice: real ones, good and bad, each through the whole build."""

import json
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.environment import SettingsWrong
from hotline.main import cli
from hotline.settings import CONFIG_DIR, Settings, load_settings
from ivr.prompts import Catalogue, load_catalogue
from ivr.voices import Voices
from tests.fixtures.house import FILES
from tests.fixtures.languages import FEWER_WORDS
from voice.build import BuildReport, build
from voice.command import Command, check_length
from voice.ready import check
from voice.wav import AudioError, duration_ms
from voice.writing import command_of, without_marks

TEXTS = {"welcome": "Jeddah Municipality. Good day.", "goodbye": "Thank you, and goodbye."}
ESPEAK = "espeak-ng --stdin --stdout -v en"


def program(folder: Path, body: str) -> str:
    """A program of that shell script."""
    path = folder / "say"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def catalogue_of(folder: Path, line: str, language: str = "en") -> Catalogue:
    """A catalogue of the two texts, said by that line."""
    path = folder / f"{language}.yaml"
    path.write_text("".join(f'{key}: "{text}"\n' for key, text in TEXTS.items()))
    return load_catalogue(
        {language: path}, FEWER_WORDS, {}, Voices({}, {language: f"marks {line}"})
    )


def built(folder: Path, line: str) -> BuildReport:
    """What a build by that line reports."""
    return build(catalogue_of(folder, line), folder / "sounds", commands={"en": f"marks {line}"})


def test_a_program_says_every_text_and_is_asked_once(tmp_path: Path) -> None:
    """A sentence at a time; a second build asks for nothing, another command for everything."""
    body = f"tee -a {tmp_path}/asked | {ESPEAK} -s 150; echo >>{tmp_path}/asked"
    line = f"{program(tmp_path, body)} -x"
    catalogue = catalogue_of(tmp_path, line)
    assert built(tmp_path, line).whole().made == len(catalogue.sources)
    asked = (tmp_path / "asked").read_text()
    for said in ("Jeddah Municipality.", "Good day.", "Thank you, and goodbye.", "seventeen"):
        assert said in asked
    assert built(tmp_path, line).made == 0
    assert (tmp_path / "asked").read_text() == asked
    other = catalogue_of(tmp_path, f"{line} --louder")
    silent = sum(1 for source in other.sources.values() if not source.voice)
    assert len(check(other, tmp_path / "sounds")) == len(other.sources) - silent


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "no-such-voice is not installed"),
        ("echo one >&2; echo the account is empty >&2; exit 3", "say failed: the account is empty"),
        ("exit 4", "say failed: status 4"),
        ("cat >/dev/null", "say gave no sound"),
        ("cat >/dev/null; echo {}", "is no sound that can be read"),
        ("cat >/dev/null; sox -n -r 8000 -t wav - trim 0 2", "there is nothing to hear"),
        (f"{ESPEAK} >$$.wav; sox $$.wav -t wav - trim 0 0.05", "is cut off"),
        (f"{ESPEAK} >$$.wav; sox $$.wav -t wav - repeat 20", "is too long"),
    ],
    ids=["absent", "failing", "status", "nothing", "no-sound", "silent", "cut", "endless"],
)
def test_every_text_that_failed_is_told_with_the_reason(
    tmp_path: Path, body: str | None, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bad text does not hide the next; what could be said is there."""
    monkeypatch.chdir(tmp_path)
    good = (
        f'text=$(cat); case $text in Thank*|Good*) ;; *) printf %s "$text" | {ESPEAK}; exit;; esac'
    )
    if body is None:
        line = "no-such-voice"
    else:
        line = program(tmp_path, f'{good}; printf %s "$text" | {{ {body}; }}')
    report = built(tmp_path, line)
    catalogue = catalogue_of(tmp_path, line)
    failed = {failure.text: failure.why for failure in report.failures}
    assert set(TEXTS.values()) <= set(failed)
    assert all(why in told for told in failed.values()), failed
    if body is not None:
        assert set(failed) == set(TEXTS.values())
        assert report.made == len(catalogue.sources) - 2
    missing = {item.text for item in check(catalogue, tmp_path / "sounds")}
    assert missing == set(failed)


def test_a_program_that_hangs_is_given_up(tmp_path: Path) -> None:
    """It is told as the others are."""
    command = Command((program(tmp_path, "exec sleep 60"),), seconds=0.2)
    with pytest.raises(AudioError, match="did not finish within"):
        command.say("Hello.")


def test_no_shell_reads_the_command() -> None:
    """Its words are parted as a shell parts them; what a shell would do with them is not done."""
    command = command_of("""marks say --voice 'a b' "$HOME;id" `id`""")
    assert command.argv == ("say", "--voice", "a b", "$HOME;id", "`id`")


def test_a_program_may_want_its_text_without_vowel_marks(tmp_path: Path) -> None:
    """Dagger alif and the lengthening stroke go too; letters, spaces and marks of pause stay."""
    assert without_marks("هٰذَا الِاخْتِيَارُ غَيْرُ صَحِيحْ، صِفـْرْ.") == "هذا الاختيار غير صحيح، صفر."
    environ = {"HOTLINE_VOICE__AR": "cat -u", "HOTLINE_VOICE_TEXT__AR": "plain"}
    (line,) = load_settings(environ).voice_commands.values()
    assert command_of(line).say("رَدُّكْ.") == "ردك.".encode()
    marks = load_settings({"HOTLINE_VOICE__AR": "cat -u"}).voice_commands["ar"]
    assert command_of(marks).say("رَدُّكْ.") == "رَدُّكْ.".encode()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"HOTLINE_VOICE__XX": "say"}, "HOTLINE_VOICE: XX is no language"),
        ({"HOTLINE_VOICE__AR": 'say "x'}, "quotation mark"),
        ({"HOTLINE_VOICE__AR": " "}, "HOTLINE_VOICE: AR names no program"),
        ({"HOTLINE_VOICE__AR": '"" --louder'}, "HOTLINE_VOICE: AR names no program"),
        ({"HOTLINE_VOICE_TEXT__XX": "plain"}, "HOTLINE_VOICE_TEXT: XX is no language"),
        ({"HOTLINE_VOICE_TEXT__AR": "some"}, "HOTLINE_VOICE_TEXT__AR"),
    ],
)
def test_a_wrong_setting_is_told_by_name(environ: dict[str, str], told: str) -> None:
    """Before anything is said."""
    with pytest.raises(SettingsWrong, match=told):
        load_settings(environ)


def test_a_setting_that_is_left_empty_chooses_no_program() -> None:
    """As everywhere in an env file."""
    assert load_settings({"HOTLINE_VOICE__AR": ""}).voice_commands == {}


def test_a_length_is_held_against_its_text() -> None:
    """Digits count as words; vowel marks as nothing."""
    check_length("عَفْوًا، لَمْ يَصِلْنَا رَدُّكْ.", 1.8)
    check_length("940", 2.5)
    for text, seconds in (("Thank you, and goodbye.", 0.3), ("two", 4.0), ("940", 0.2)):
        with pytest.raises(AudioError):
            check_length(text, seconds)


def test_trying_a_voice_writes_what_callers_would_hear(tmp_path: Path) -> None:
    """A WAV at 8 kHz; level and length are told."""
    out = tmp_path / "said.wav"
    done = CliRunner().invoke(
        cli, ["voice", "try", "Good day. Goodbye.", "--en", "--out", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "LUFS" in done.output
    assert str(out) in done.output
    assert 900 < duration_ms(out) < 4000


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--en", "--command", "no-such-voice"], 1),
        ([], 2),
        (["--ar", "--en"], 2),
        (["--language", "xx"], 2),
        (["--en", "--command", "'"], 2),
        (["--en", "--command", ""], 2),
        (["--en", "--command", '"" --louder'], 2),
    ],
)
def test_a_voice_that_cannot_be_tried_says_why(words: list[str], status: int) -> None:
    """1: the voice failed; 2: it was not told which."""
    done = CliRunner().invoke(cli, ["voice", "try", "Good day.", *words])
    assert done.exit_code == status, done.output


def test_a_text_without_a_word_is_told_before_a_voice_is_asked() -> None:
    """Punctuation is a pause: nobody would hear anything."""
    done = CliRunner().invoke(cli, ["voice", "try", ".", "--en"])
    assert done.exit_code == 2, done.output
    assert "nothing to say" in done.output


@pytest.mark.parametrize("text", ["Thank you for calling. Goodbye.", "seven"])
def test_what_is_kept_with_the_prompts_is_heard_as_callers_hear_it(
    tmp_path: Path, text: str
) -> None:
    """The very samples of the sound that is played: of a prompt, of a word."""
    (audio,) = {
        audio
        for audio, source in FILES.catalogue.sources.items()
        if (source.language, source.text, source.whole) == ("en", text, "")
        and source.form != "dictated"
    }
    out = tmp_path / "said.wav"
    done = CliRunner().invoke(cli, ["voice", "try", text, "--en", "--out", str(out)])
    assert done.output.startswith("by bundled:"), done.output
    assert out.read_bytes() == (Settings().sounds / f"{audio}.wav").read_bytes()


def test_what_nobody_has_kept_is_said_by_the_default_voice(tmp_path: Path) -> None:
    """As it would be heard before somebody keeps it."""
    words = ["Nobody has kept these words.", "--en", "--out", str(tmp_path / "said.wav")]
    assert CliRunner().invoke(cli, ["voice", "try", *words]).output.startswith("by espeak-ng:")


def test_a_build_by_command_line_tells_failures_and_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is for people; what could be made is made."""
    config = tmp_path / "config"
    (config / "prompts").mkdir(parents=True)
    shutil.copytree(CONFIG_DIR / "languages", config / "languages")
    for name, text in (
        ("welcome", "Good day."),
        ("goodbye", "Thank you."),
        ("phone_withheld", "x"),
    ):
        with (config / "prompts/en.yaml").open("a") as file:
            file.write(f"{name}: {json.dumps(text)}\n")
    say = program(
        tmp_path, f'text=$(cat); case $text in Thank*) exit 5;; esac; echo "$text" | {ESPEAK}'
    )
    for name, value in (("CONFIG_DIR", config), ("SOUNDS_DIR", tmp_path / "s"), ("VOICE__EN", say)):
        monkeypatch.setenv(f"HOTLINE_{name}", str(value))
    done = CliRunner().invoke(cli, ["prompts", "build"])
    assert done.exit_code == 1, done.output
    assert f"en: 'Thank you.': {say} failed: status 5" in done.output
    assert "1 texts could not be said" in done.output
    assert CliRunner().invoke(cli, ["prompts", "build"]).output.startswith("en: 'Thank you.'")

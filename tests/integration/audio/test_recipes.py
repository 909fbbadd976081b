"""The recipes of docs/voice.md where they are installed; the clouds' against a stand-in."""

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ivr.spoken.sentences import sentences
from voice.sound import decoded
from voice.voice import spoken
from voice.wav import RATE
from voice.writing import command_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/voice.md").read_text(encoding="utf-8")
ENGLISH, ARABIC = "Good day. Press two.", "عَفْوًا. اضْغَطِ اثْنَيْنْ."


def recipe(line: str) -> str:
    """That line, which must stand in the page."""
    assert line in PAGE
    return line


def lasts(line: str, text: str) -> float:
    """How long `text` is, said by that line (s)."""
    return len(spoken(command_of(line), text).narrow) / RATE


def test_espeak_ng_in_another_voice() -> None:
    """What every machine here has."""
    line = recipe("espeak-ng -v ar+f2 -s 170 --stdin --stdout")
    assert 1 < lasts(f"phonemes {line}", ARABIC) < 5


def test_mbrola_says_arabic() -> None:
    """Where a city has installed it, whose terms it then has read."""
    if not shutil.which("mbrola") or not Path("/usr/share/mbrola/ar1").exists():
        pytest.skip("no MBROLA here: Debian's contrib and non-free have mbrola and mbrola-ar1")
    line = recipe("espeak-ng -v mb-ar1 -s 150 --stdin --stdout")
    assert 1 < lasts(f"mbrola {line}", ARABIC) < 6


def test_kokoro_says_english() -> None:
    """Where tools/kokoro/setup has laid it."""
    if not (ROOT / "var/kokoro/voices.npz").exists():
        pytest.skip("no Kokoro here: tools/kokoro/setup var/kokoro")
    line = recipe("var/kokoro/bin/python tools/kokoro/say.py --voice bf_emma --speed 1.2")
    assert 1 < lasts(f"marks {line}", ENGLISH) < 5


def test_piper_says_what_its_voice_knows() -> None:
    """Where a venv of Piper's is, with a voice that a package carries."""
    if not (ROOT / "var/piper/bin/piper").exists():
        pytest.skip("no Piper here: docs/voice.md says how it is laid into var/piper")
    line = recipe("docs/speaking/piper.sh var/piper")
    assert 1 < lasts(f"marks {line}", ENGLISH) < 5


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("docs/speaking/azure.sh ar-SA-ZariyahNeural uaenorth {key}", "ssml"),
        ("docs/speaking/google.sh ar-XA-Wavenet-A {key}", "json"),
        ("docs/speaking/polly.sh Hala ar-AE hotline", "words"),
    ],
)
def test_the_clouds_are_asked_as_they_want(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, sent: str
) -> None:
    """A stand-in for what asks: what it is given is whole, and the key is in no word."""
    if not shutil.which("jq") and sent != "words":
        pytest.skip("no jq here: apt-get install jq")
    recipe(line.replace("{key}", "/srv/940/secrets/voice.key"))
    wav = subprocess.run(
        ["espeak-ng", "--stdout", "good day"], capture_output=True, check=True
    ).stdout
    (tmp_path / "sound.wav").write_bytes(wav)
    (tmp_path / "sound.json").write_text(
        json.dumps({"audioContent": base64.b64encode(wav).decode()})
    )
    key = tmp_path / "key"
    key.write_text("s3cret-key")
    answer = tmp_path / ("sound.json" if sent == "json" else "sound.wav")
    programs = tmp_path / "bin"
    programs.mkdir()
    record = f'printf "%s\\n" "$@" >{tmp_path}/words'
    (programs / "curl").write_text(f"#!/bin/sh\n{record}\ncat >{tmp_path}/body\ncat {answer}\n")
    (programs / "aws").write_text(
        f'#!/bin/sh\n{record}\nfor file; do :; done\ntail -c +45 {answer} >"$file"\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    text = 'رَدُّكْ & <"اثْنَيْنْ">'
    assert sentences(text) == (text,)
    sound = command_of(f"marks {ROOT / line.replace('{key}', str(key))}").say(text)
    assert len(decoded(sound)) > 1000
    words = (tmp_path / "words").read_text()
    assert "s3cret-key" not in words
    if sent == "words":
        assert text in words
    elif sent == "json":
        asked = json.loads((tmp_path / "body").read_text())
        assert (asked["input"]["text"], asked["voice"]["languageCode"]) == (text, "ar-XA")
    else:
        body = (tmp_path / "body").read_text()
        assert "&amp; &lt;&quot;اثْنَيْنْ&quot;&gt;</voice>" in body.replace("&#34;", "&quot;")
        assert 'xml:lang="ar-SA"' in body

"""The English that ships: a voice whose audio is kept with the prompts."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import soundfile

from hotline.files import HouseFiles
from hotline.settings import CONFIG_DIR
from ivr.prompts import CatalogueError, load_catalogue
from ivr.voices import BUNDLED, DEFAULT, Voices
from tests.fixtures.house import FILES
from tests.fixtures.languages import FEWER_WORDS
from voice.build import build
from voice.command import Command, check_length
from voice.keeping import About, keep, texts_of
from voice.kept import MANIFEST, SUFFIX, KeptWrong, kept_audio

ENGLISH = CONFIG_DIR / "prompts" / "voices" / "en"
ABOUT = About("a test voice", "nowhere", "none", "say")
ESPEAK = Command(("espeak-ng", "--stdin", "--stdout", "-v", "en"))


def manifest() -> dict[str, object]:
    """What the folder says of itself."""
    told: dict[str, object] = json.loads((ENGLISH / MANIFEST).read_text(encoding="utf-8"))
    return told


def test_every_english_text_and_word_that_ships_is_kept() -> None:
    """Whoever changes a text has it said anew: `tools/kokoro/keep`."""
    wanted = set(texts_of(FILES.catalogue, "en"))
    kept = set(kept_audio(ENGLISH.parent)["en"])
    assert wanted - kept == set(), "run tools/kokoro/keep"
    assert kept - wanted == set(), "run tools/kokoro/keep, which takes away what nobody says"
    voices = {s.voice for s in FILES.catalogue.sources.values() if s.language == "en" and s.voice}
    assert voices == {BUNDLED}


def test_what_is_kept_is_whole_small_and_says_whose_it_is() -> None:
    """Each file is named by its content, no other lies there; source and licence are told."""
    files = {path.stem: path for path in ENGLISH.glob(f"*{SUFFIX}")}
    assert files.keys() == set(kept_audio(ENGLISH.parent)["en"].values())
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] == name
    others = {path.name for path in ENGLISH.iterdir()} - {path.name for path in files.values()}
    assert others == {MANIFEST, "NOTICE"}
    assert sum(path.stat().st_size for path in files.values()) < 4_000_000
    told = manifest()
    assert "Kokoro-82M" in str(told["voice"])
    assert "Apache-2.0" in str(told["licence"])
    assert str(told["made_by"]) in Path("tools/kokoro/keep").read_text(encoding="utf-8")
    notice = (ENGLISH / "NOTICE").read_text(encoding="utf-8")
    assert {"Kokoro-82M", "Apache License", "tools/kokoro/keep"} <= {
        words for words in ("Kokoro-82M", "Apache License", "tools/kokoro/keep") if words in notice
    }


def test_each_kept_sound_is_as_long_as_its_text() -> None:
    """None is cut off, and none goes on."""
    for (_, text), content in kept_audio(ENGLISH.parent)["en"].items():
        info = soundfile.info(ENGLISH / f"{content}{SUFFIX}")
        assert info.channels == 1
        check_length(text, info.frames / info.samplerate)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with two prompts."""
    (tmp_path / "en.yaml").write_text('welcome: "Good day. Welcome."\ngoodbye: "Goodbye."\n')
    return tmp_path


def test_a_voice_is_kept_a_sentence_at_a_time_and_only_what_changed_is_said_anew(
    small: Path,
) -> None:
    """Another wording is one sentence more; what nobody says goes; another voice says all anew."""
    catalogue = load_catalogue({"en": small / "en.yaml"}, FEWER_WORDS)
    texts = [text for text in texts_of(catalogue, "en") if text[0] == ""]
    assert texts == [("", "Good day."), ("", "Goodbye."), ("", "Welcome.")]
    folder = small / "voices" / "en"
    first = keep(texts, ESPEAK, folder, ABOUT)
    assert (first.said, first.kept, first.pruned, first.failures) == (3, 0, 0, {})
    changed = [("", "Good day."), ("", "Goodbye."), ("", "Welcome to Jeddah.")]
    second = keep(changed, ESPEAK, folder, ABOUT)
    assert (second.said, second.kept, second.pruned) == (1, 2, 1)
    other = About("another", "nowhere", "none", "say --otherwise")
    assert keep(changed, ESPEAK, folder, other).said == 3


def test_a_text_that_is_not_all_kept_is_said_by_one_voice(small: Path) -> None:
    """Nobody follows a voice that changes within a text; its sound says whose it is."""
    folder = small / "voices" / "en"
    keep([("", "Good day."), ("", "Goodbye.")], ESPEAK, folder, ABOUT)
    catalogue = load_catalogue(
        {"en": small / "en.yaml"}, FEWER_WORDS, {}, Voices(kept_audio(folder.parent))
    )
    by = {source.text: source.voice for source in catalogue.sources.values() if not source.form}
    assert by == {"Good day. Welcome.": DEFAULT, "Goodbye.": BUNDLED}
    report = build(catalogue, small / "sounds", kept_voices=folder.parent).whole()
    assert report.made == len(catalogue.sources)


def test_kept_audio_that_is_away_is_told_by_its_file(small: Path) -> None:
    """All else is made."""
    folder = small / "voices" / "en"
    keep([("", "Goodbye.")], ESPEAK, folder, ABOUT)
    catalogue = load_catalogue(
        {"en": small / "en.yaml"}, FEWER_WORDS, {}, Voices(kept_audio(folder.parent))
    )
    (path,) = folder.glob(f"*{SUFFIX}")
    path.write_bytes(b"")
    (failure,) = build(catalogue, small / "sounds", kept_voices=folder.parent).failures
    assert str(path) in failure.why


def test_a_text_that_the_voice_fails_at_is_told_and_the_rest_is_kept(small: Path) -> None:
    """The manifest has what there is."""
    failing = Command(
        (
            "sh",
            "-c",
            "text=$(cat); case $text in Good*) exit 1;; esac; "
            "echo $text | espeak-ng --stdin --stdout -v en",
        )
    )
    report = keep([("", "Good day."), ("", "Welcome.")], failing, small / "en", ABOUT)
    assert list(report.failures) == ["Good day."]
    assert set(kept_audio(small)["en"]) == {("", "Welcome.")}


@pytest.mark.parametrize(
    "content", ["", "[]", '{"audio": [{"form": ""}]}', '{"audio": [{"form": 1}]}']
)
def test_a_manifest_that_is_none_is_refused_by_name(tmp_path: Path, content: str) -> None:
    """Who edits it by hand is told the file, and a house does not start with it."""
    path = tmp_path / "prompts/voices/en" / MANIFEST
    path.parent.mkdir(parents=True)
    path.write_text(content)
    with pytest.raises(KeptWrong, match=re.escape(str(path))):
        kept_audio(path.parent.parent)
    with pytest.raises(CatalogueError, match=re.escape(str(path))):
        _ = HouseFiles(tmp_path).catalogue

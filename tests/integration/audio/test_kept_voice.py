"""The English that ships: a voice whose audio is kept with the prompts."""

import re
from pathlib import Path

import pytest

from hotline.files import HouseFiles
from ivr.prompts import CatalogueError, load_catalogue
from ivr.voices import BUNDLED, DEFAULT, Voices
from voice.build import build
from voice.command import Command
from voice.keeping import About, keep, texts_of
from voice.kept import MANIFEST, SUFFIX, KeptWrong, kept_audio

ABOUT = About("a test voice", "nowhere", "none", "say")
ESPEAK = Command(("espeak-ng", "--stdin", "--stdout", "-v", "en"))


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with two prompts."""
    (tmp_path / "en.yaml").write_text('welcome: "Good day. Welcome."\ngoodbye: "Goodbye."\n')
    return tmp_path


def test_a_voice_is_kept_a_sentence_at_a_time_and_only_what_changed_is_said_anew(
    small: Path,
) -> None:
    """Another wording is one sentence more; what nobody says goes; another voice says all anew."""
    catalogue = load_catalogue({"en": small / "en.yaml"})
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
    catalogue = load_catalogue({"en": small / "en.yaml"}, {}, Voices(kept_audio(folder.parent)))
    by = {source.text: source.voice for source in catalogue.sources.values() if not source.form}
    assert by == {"Good day. Welcome.": DEFAULT, "Goodbye.": BUNDLED}
    report = build(catalogue, small / "sounds", kept_voices=folder.parent).whole()
    assert report.made == len(catalogue.sources)


def test_kept_audio_that_is_away_is_told_by_its_file(small: Path) -> None:
    """All else is made."""
    folder = small / "voices" / "en"
    keep([("", "Goodbye.")], ESPEAK, folder, ABOUT)
    catalogue = load_catalogue({"en": small / "en.yaml"}, {}, Voices(kept_audio(folder.parent)))
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

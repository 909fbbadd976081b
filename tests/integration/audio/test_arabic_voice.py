"""What espeak-ng makes of vowelled Arabic: its own account of the phonemes it will say."""

import re
import subprocess
from pathlib import Path

import pytest

from ivr.prompt_text import Literal
from ivr.prompts import load_catalogue
from tests.fixtures.dialog import FLOW
from tests.fixtures.languages import LANGUAGES
from voice.arabic import mbrola, phonemes

PROMPTS = Path(__file__).parents[3] / "config" / "prompts"


def said(text: str) -> str:
    """The phonemes that espeak-ng reports for `text`, without stress marks."""
    done = subprocess.run(
        ["espeak-ng", "-v", "ar", "-x", "-q", "--stdin"],
        input=phonemes(text).encode(),
        capture_output=True,
        check=True,
    )
    return " ".join(done.stdout.decode().split()).replace("'", "").replace(",", "")


def plain(phones: str) -> str:
    """Phonemes without brackets, joints, stress and pauses; a doubled one written long."""
    bare = re.sub(r"\[\[|\]\]|['|]| [,.?;](?= |$)|\s", "", phones)
    return re.sub(r"(dZ|gH|dH|[a-zA-Z?]\[?)\1", r"\1:", bare)


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("الشَّمْسُ", "?aSSamsu"),  # sun letter
        ("الْقَمَرُ", "?alqamaru"),  # moon letter
        ("فِي الشَّمْسِ", "fiS Samsi"),  # links, and shortens the vowel before
        ("هُوَ الْآنْ", "huwa l?a:n"),
        ("مِنْ الْبَيْتِ", "mina lbajti"),  # helping vowel
        ("بَلَدِيَّةُ", "balad ijjatu"),  # shadda on a glide
        ("سِتَّةْ", "sit:ah"),  # shadda, and ة before a pause
        ("سِتَّةُ أَيَّامٍ", "sit:atu ?ajja:min"),  # nunation
        ("يَوْمًا", "jawman"),
        ("مَبْنًى", "mabnan"),
        ("مَدْحٌ", "madHun"),  # d and H are two sounds
        ("طَوَارِئْ", "t[a.wa:ri?"),  # dark vowel beside an emphatic
    ],
)
def test_spelling_is_said_as_written(text: str, phones: str) -> None:
    """Doubling, linking, nunation and dark vowels reach the voice."""
    assert said(text).replace(" ", "") == phones.replace(" ", "")


def test_no_arabic_text_is_left_to_a_guess() -> None:
    """Every word of prompts and vocabulary is handed over as phonemes, and said as handed over."""
    paths = {code: PROMPTS / f"{code}.yaml" for code in FLOW.languages}
    catalogue = load_catalogue(paths, LANGUAGES)
    texts = {
        part.text
        for prompts in catalogue.literals.values()
        for parts in prompts.values()
        for part in parts
        if isinstance(part, Literal) and part.language == "ar"
    }
    words = sorted(texts | {word for word in LANGUAGES["ar"].words if word != "،"})
    outside = [text for text in words if any("\u0600" <= c <= "\u06ff" for c in phonemes(text))]
    assert outside == []
    assert [text for text in words if plain(said(text)) != plain(phonemes(text))] == []


def test_a_bare_word_is_left_to_the_voice() -> None:
    """What is not vowelled is still said, as well as the voice can."""
    assert phonemes("بَيْتْ كبير بَيْتْ") == "[[b'aj|t]] كبير [[b'aj|t]]"


def test_a_voice_of_mbrola_gets_its_own_names_of_phonemes() -> None:
    """It would leave out غ, which it knows as Q."""
    assert phonemes("غَيْرُ.") == "[[gH'aj|ru]] ."
    assert mbrola("غَيْرُ.") == "[[Q'aj|ru]] ."

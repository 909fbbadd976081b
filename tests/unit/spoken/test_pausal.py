"""Words before a pause, in vowelled Arabic."""

import pytest

from ivr.spoken.orthography import pausal, sounds
from tests.fixtures.languages import LANGUAGES


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("أَيَّامٍ", "أَيَّامْ"),
        ("سَاعَةٍ", "سَاعَةْ"),
        ("سَاعَةً", "سَاعَةْ"),
        ("يَوْمًا", "يَوْمَا"),
        ("يَوْمَيْنِ", "يَوْمَيْنْ"),
        ("دَقَائِقَ", "دَقَائِقْ"),
        ("مُتَّصِلَانِ", "مُتَّصِلَانْ"),
        ("أَقَلُّ", "أَقَلّْ"),
        ("مَبْنًى", "مَبْنَى"),
        ("ثَمَانِي", "ثَمَانِي"),
        ("وَاحِدْ", "وَاحِدْ"),
    ],
)
def test_a_word_loses_its_last_short_vowel_and_its_nunation(word: str, said: str) -> None:
    """-an becomes a long a, ة is heard as h; a long vowel and a sukun stay as they are."""
    assert sounds(pausal(word)) == sounds(said)


@pytest.mark.parametrize("word", LANGUAGES["ar"].words)
def test_every_word_of_the_vocabulary_can_be_said_before_a_pause(word: str) -> None:
    """And once said so, it stays."""
    if word == LANGUAGES["ar"].pause:
        return
    said = pausal(word)
    assert all(sounds(part) for part in said.split())
    assert pausal(said) == said

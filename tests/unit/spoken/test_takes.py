"""Letters one by one, and the names of the studio's takes."""

import re
import string

import pytest

from ivr.spoken import count, digits, spell
from ivr.spoken.language import Language
from ivr.spoken.orthography import unvowelled_words
from ivr.spoken.takes import take_of, takes
from tests.fixtures.languages import LANGUAGES

AR, EN = LANGUAGES["ar"], LANGUAGES["en"]


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_word_of_the_vocabulary_can_be_a_take_of_its_own(language: Language) -> None:
    """The pause alone is none; names are fit for any disk, whatever it makes of capitals."""
    named = takes(language)
    assert set(named.values()) == set(language.words) - {language.pause}
    assert len({name.lower() for name in named}) == len(named)
    assert [name for name in named if not re.fullmatch(r"[a-z]+\.[A-Za-z0-9-]{1,60}", name)] == []


def test_the_names_stay_what_they_are() -> None:
    """A studio has them: a word that is added changes none of them."""
    assert take_of(AR, digits(AR, "2")[0]) == "digit.2"
    assert take_of(AR, spell(AR, "R")[0]) == "letter.R"
    assert take_of(AR, "،") == ""
    said = [count(AR, 25, "hour", "genitive"), count(AR, 3, "day", "genitive")]
    assert [take_of(AR, word) for words in said for word in words] == [
        *("word.khamsin", "word.wa3ishriina", "word.saa3atan"),
        *("word.thalaathati", "word.2ayyaamin"),
    ]
    assert [take_of(EN, word) for word in count(EN, 121, "minute")] == [
        *("digit.1", "word.hundred", "word.and", "word.twenty", "digit.1", "word.minutes")
    ]


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_letter_is_told_from_every_other(language: Language) -> None:
    """There are 26, and none is called like a digit."""
    letters = language.letters
    assert len(letters) == len(set(letters)) == 26
    assert not set(letters) & set(language.digits)


def test_arabic_letters_are_fully_vowelled() -> None:
    """As everything that a voice says."""
    assert [unvowelled_words(letter) for letter in LANGUAGES["ar"].letters] == [()] * 26


def test_a_short_address_is_spelled_letters_first_then_digits() -> None:
    """With a pause between, so that nobody writes on too soon."""
    assert spell(EN, "RRRD2929") == (
        *("are", "are", "are", "dee", ",", "two", "nine", "two", "nine"),
    )
    assert spell(AR, "AB12") == ("إِيهْ", "بِي", "،", "وَاحِدْ", "اِثْنَيْنْ")
    whole = string.ascii_uppercase
    assert len(spell(AR, whole)) == 26


@pytest.mark.parametrize("text", ["", "ab", "R R", "é", "A٥", "A\n"])
def test_anything_else_is_not_spelled(text: str) -> None:
    """Neither other scripts nor blanks."""
    with pytest.raises(ValueError, match="A-Z"):
        spell(AR, text)

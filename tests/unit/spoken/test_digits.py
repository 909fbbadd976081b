"""Digits one by one, English counts, and the vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.spoken import clock, count, date, digits, spell
from ivr.spoken.language import CALENDARS, CASES, NOUNS, Language
from tests.fixtures.languages import LANGUAGES


def test_arabic_digits_are_read_one_by_one_in_the_pausal_form() -> None:
    """A building number is four words, in order."""
    assert digits(LANGUAGES["ar"], "7420") == ("سَبْعَةْ", "أَرْبَعَةْ", "اِثْنَيْنْ", "صِفْرْ")


@pytest.mark.parametrize(
    ("length", "groups"),
    [(1, [1]), (5, [5]), (6, [3, 3]), (7, [3, 4]), (8, [3, 3, 2]), (9, [3, 3, 3]), (10, [3, 3, 4])],
)
def test_long_numbers_are_grouped_and_no_last_digit_stands_alone(
    length: int, groups: list[int]
) -> None:
    """Pauses cut more than five digits into threes."""
    words = " ".join(digits(LANGUAGES["en"], "1" * length)).split(LANGUAGES["en"].pause)
    assert [len(group.split()) for group in words] == groups


@given(
    st.text(alphabet="0123456789", min_size=1, max_size=30),
    st.sampled_from(tuple(LANGUAGES.values())),
)
def test_no_digit_is_lost_or_added(text: str, language: Language) -> None:
    """What is heard is the number, whatever its grouping."""
    names = [digits(language, digit)[0] for digit in "0123456789"]
    heard = [word for word in digits(language, text) if word != language.pause]
    assert "".join(str(names.index(word)) for word in heard) == text


@pytest.mark.parametrize("text", ["", "12a", "٥", "²", "1 2", "-1", "12\n"])
def test_anything_but_ascii_digits_is_refused(text: str) -> None:
    """Figures of other scripts are never read as digits."""
    with pytest.raises(ValueError, match="0-9"):
        digits(LANGUAGES["ar"], text)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero days"),
        (1, "one day"),
        (12, "twelve days"),
        (20, "twenty days"),
        (45, "forty five days"),
        (100, "one hundred days"),
        (101, "one hundred and one days"),
        (999, "nine hundred and ninety nine days"),
    ],
)
def test_english_counts(number: int, words: str) -> None:
    """One is singular, everything else plural."""
    assert " ".join(count(LANGUAGES["en"], number, "day")) == words


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_the_vocabulary_holds_every_word_that_can_be_said(language: Language) -> None:
    """No number from 0 to 999 needs a word that the vocabulary has not, and it has none twice."""
    words = language.words
    said = {
        w
        for n in range(1000)
        for noun in NOUNS
        for case in CASES
        for w in count(language, n, noun, case)
    }
    said |= {
        language.before_pause(count(language, n, noun, case))[-1]
        for n in range(1000)
        for noun in NOUNS
        for case in CASES
    }
    said |= {
        word
        for calendar in CALENDARS
        for month in range(1, 13)
        for day in range(1, 32)
        for word in date(language, f"{calendar}:1448-{month:02}-{day:02}")
    }
    said |= {w for h in range(24) for m in range(60) for w in clock(language, f"{h:02}:{m:02}")}
    said |= set(spell(language, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    said |= set(digits(language, "0123456789"))
    assert said == set(words)
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("07:00", "صبح سات بجے"),
        ("07:30", "صبح سات بج کر تیس منٹ پر"),
        ("14:34", "دوپہر دو بج کر تیس منٹ پر"),
        ("00:05", "صبح بارہ بج کر پانچ منٹ پر"),
    ],
)
def test_urdu_says_the_part_of_the_day_first_and_another_hour_before_minutes(
    time: str, words: str
) -> None:
    """By its file alone: the hour is `بجے`, and `بج کر` where minutes follow."""
    assert " ".join(clock(LANGUAGES["ur"], time)) == words

"""Counted nouns in Urdu and English: the number words written out again, and every number to 999.

Urdu's numbers to 99 are words of their own (R. L. Schmidt, Urdu: An Essential Grammar, 1999, on
numerals); hundreds are counted by سو, with nothing between them and the rest. Behind a numeral a
measure of time keeps its short form in the oblique. Of 1 alone the noun is singular (CLDR's rule
for ur and en: one is i = 1 and v = 0).
"""

import unicodedata

import pytest

from ivr.spoken import count
from ivr.spoken.language import CASES, LARGEST, NOUNS, Case, Noun
from tests.fixtures.languages import LANGUAGES

URDU, ENGLISH = LANGUAGES["ur"], LANGUAGES["en"]
_URDU = """
صفر ایک دو تین چار پانچ چھے سات آٹھ نو
دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس
بیس اکیس بائیس تیئیس چوبیس پچیس چھبیس ستائیس اٹھائیس انتیس
تیس اکتیس بتیس تینتیس چونتیس پینتیس چھتیس سینتیس اڑتیس انتالیس
چالیس اکتالیس بیالیس تینتالیس چوالیس پینتالیس چھیالیس سینتالیس اڑتالیس انچاس
پچاس اکاون باون ترپن چون پچپن چھپن ستاون اٹھاون انسٹھ
ساٹھ اکسٹھ باسٹھ تریسٹھ چونسٹھ پینسٹھ چھیاسٹھ سڑسٹھ اڑسٹھ انہتر
ستر اکہتر بہتر تہتر چوہتر پچھتر چھہتر ستتر اٹھہتر اناسی
اسی اکیاسی بیاسی تراسی چوراسی پچاسی چھیاسی ستاسی اٹھاسی نواسی
نوے اکیانوے بانوے ترانوے چورانوے پچانوے چھیانوے ستانوے اٹھانوے ننانوے
"""
URDU_WORDS = _URDU.split()
URDU_NOUNS: dict[Noun, tuple[str, str]] = {
    **{"hour": ("گھنٹہ", "گھنٹے"), "day": ("دن", "دن"), "minute": ("منٹ", "منٹ")},
    **{"year": ("سال", "سال"), "caller": ("شخص", "افراد"), "ticket": ("رپورٹ", "رپورٹیں")},
}
_ENGLISH = """
zero one two three four five six seven eight nine
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety
"""
ENGLISH_UNITS, ENGLISH_TENS = _ENGLISH.split()[:20], _ENGLISH.split()[20:]
EVERY = [(noun, case) for noun in NOUNS for case in CASES]


def bare(word: str) -> str:
    """The word without its vowel marks."""
    return "".join(char for char in word if unicodedata.category(char) != "Mn")


def urdu(number: int) -> list[str]:
    """The words of a number."""
    hundreds, rest = divmod(number, 100)
    said = [URDU_WORDS[hundreds], "سو"] if hundreds else []
    return said if hundreds and not rest else [*said, URDU_WORDS[rest]]


def english(number: int) -> list[str]:
    """The words of a number."""
    hundreds, rest = divmod(number, 100)
    said = [ENGLISH_UNITS[hundreds], "hundred"] if hundreds else []
    if hundreds and not rest:
        return said
    said += ["and"] if hundreds else []
    if rest < 20:
        return [*said, ENGLISH_UNITS[rest]]
    units = [ENGLISH_UNITS[rest % 10]] if rest % 10 else []
    return [*said, ENGLISH_TENS[rest // 10 - 2], *units]


def test_no_two_numbers_of_urdu_have_one_word() -> None:
    """All hundred words differ, and so do those that the voice says."""
    assert len(set(URDU_WORDS)) == 100
    assert len({count(URDU, number, "day")[0] for number in range(1, 100)}) == 99


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_urdu_counts_from_1_to_999(noun: Noun, case: Case) -> None:
    """Number, then the noun: گھنٹہ alone changes in the oblique, with 1."""
    one, other = URDU_NOUNS[noun]
    one = "گھنٹے" if noun == "hour" and case == "genitive" else one
    for number in range(1, LARGEST + 1):
        words = [bare(word) for word in count(URDU, number, noun, case)]
        assert words == [*urdu(number), one if number == 1 else other], number


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_urdu_says_in_words_of_its_own_that_there_is_none(noun: Noun, case: Case) -> None:
    """Less than one of what is measured, and nobody, or no report."""
    said = " ".join(count(URDU, 0, noun, case))
    wanted = {"caller": "کوئی نہیں", "ticket": "کوئی رپورٹ نہیں"}
    assert said == wanted.get(noun, said)
    assert noun in wanted or said.endswith("سے کم")


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_english_counts_from_0_to_999(noun: Noun, case: Case) -> None:
    """Number, then the noun, which has no case."""
    name = "report" if noun == "ticket" else noun
    for number in range(LARGEST + 1):
        words = list(count(ENGLISH, number, noun, case))
        assert words == [*english(number), name if number == 1 else f"{name}s"], number

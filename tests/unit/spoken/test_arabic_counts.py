"""Counted nouns in Arabic: a table of forms known by heart, and the rules over every number."""

import unicodedata

import pytest
from babel import Locale

from ivr.spoken import count
from ivr.spoken.language import CASES, LARGEST, NOUNS, Case, Noun
from ivr.spoken.orthography import unvowelled_words
from tests.fixtures.languages import LANGUAGES

ARABIC = LANGUAGES["ar"]
KNOWN: list[tuple[int, Noun, Case, str]] = [
    (0, "hour", "genitive", "أَقَلَّ مِنْ سَاعَةٍ"),
    (0, "caller", "nominative", "صِفْرٌ مِنَ الْمُتَّصِلِينَ"),
    (1, "hour", "nominative", "سَاعَةٌ وَاحِدَةٌ"),
    (1, "hour", "genitive", "سَاعَةٍ وَاحِدَةٍ"),
    (1, "day", "genitive", "يَوْمٍ وَاحِدٍ"),
    (1, "caller", "nominative", "مُتَّصِلٌ وَاحِدٌ"),
    (2, "hour", "nominative", "سَاعَتَانِ"),
    (2, "hour", "genitive", "سَاعَتَيْنِ"),
    (2, "day", "nominative", "يَوْمَانِ"),
    (2, "day", "genitive", "يَوْمَيْنِ"),
    (2, "minute", "genitive", "دَقِيقَتَيْنِ"),
    (2, "caller", "nominative", "مُتَّصِلَانِ"),
    (3, "day", "nominative", "ثَلَاثَةُ أَيَّامٍ"),
    (3, "day", "genitive", "ثَلَاثَةِ أَيَّامٍ"),
    (3, "hour", "nominative", "ثَلَاثُ سَاعَاتٍ"),
    (3, "hour", "genitive", "ثَلَاثِ سَاعَاتٍ"),
    (4, "hour", "genitive", "أَرْبَعِ سَاعَاتٍ"),
    (5, "minute", "nominative", "خَمْسُ دَقَائِقَ"),
    (5, "day", "genitive", "خَمْسَةِ أَيَّامٍ"),
    (5, "year", "genitive", "خَمْسِ سَنَوَاتٍ"),
    (6, "day", "nominative", "سِتَّةُ أَيَّامٍ"),
    (8, "hour", "nominative", "ثَمَانِي سَاعَاتٍ"),
    (8, "hour", "genitive", "ثَمَانِي سَاعَاتٍ"),
    (8, "day", "genitive", "ثَمَانِيَةِ أَيَّامٍ"),
    (10, "minute", "genitive", "عَشْرِ دَقَائِقَ"),
    (10, "day", "nominative", "عَشَرَةُ أَيَّامٍ"),
    (10, "caller", "nominative", "عَشَرَةُ مُتَّصِلِينَ"),
    (11, "day", "genitive", "أَحَدَ عَشَرَ يَوْمًا"),
    (11, "hour", "genitive", "إِحْدَى عَشْرَةَ سَاعَةً"),
    (12, "hour", "nominative", "اِثْنَتَا عَشْرَةَ سَاعَةً"),
    (12, "hour", "genitive", "اِثْنَتَيْ عَشْرَةَ سَاعَةً"),
    (12, "day", "nominative", "اِثْنَا عَشَرَ يَوْمًا"),
    (12, "day", "genitive", "اِثْنَيْ عَشَرَ يَوْمًا"),
    (13, "day", "nominative", "ثَلَاثَةَ عَشَرَ يَوْمًا"),
    (14, "hour", "genitive", "أَرْبَعَ عَشْرَةَ سَاعَةً"),
    (18, "minute", "nominative", "ثَمَانِيَ عَشْرَةَ دَقِيقَةً"),
    (20, "hour", "nominative", "عِشْرُونَ سَاعَةً"),
    (20, "day", "genitive", "عِشْرِينَ يَوْمًا"),
    (21, "hour", "genitive", "إِحْدَى وَعِشْرِينَ سَاعَةً"),
    (21, "day", "nominative", "وَاحِدٌ وَعِشْرُونَ يَوْمًا"),
    (22, "day", "genitive", "اِثْنَيْنِ وَعِشْرِينَ يَوْمًا"),
    (22, "minute", "nominative", "اِثْنَتَانِ وَعِشْرُونَ دَقِيقَةً"),
    (24, "hour", "nominative", "أَرْبَعٌ وَعِشْرُونَ سَاعَةً"),
    (24, "hour", "genitive", "أَرْبَعٍ وَعِشْرِينَ سَاعَةً"),
    (28, "hour", "nominative", "ثَمَانٍ وَعِشْرُونَ سَاعَةً"),
    (30, "day", "genitive", "ثَلَاثِينَ يَوْمًا"),
    (48, "hour", "genitive", "ثَمَانٍ وَأَرْبَعِينَ سَاعَةً"),
    (90, "day", "nominative", "تِسْعُونَ يَوْمًا"),
    (99, "day", "genitive", "تِسْعَةٍ وَتِسْعِينَ يَوْمًا"),
    (100, "day", "nominative", "مِئَةُ يَوْمٍ"),
    (100, "hour", "genitive", "مِئَةِ سَاعَةٍ"),
    (101, "day", "nominative", "مِئَةُ يَوْمٍ وَيَوْمٌ"),
    (102, "hour", "genitive", "مِئَةِ سَاعَةٍ وَسَاعَتَيْنِ"),
    (103, "day", "nominative", "مِئَةٌ وَثَلَاثَةُ أَيَّامٍ"),
    (112, "day", "nominative", "مِئَةٌ وَاثْنَا عَشَرَ يَوْمًا"),
    (120, "hour", "genitive", "مِئَةٍ وَعِشْرِينَ سَاعَةً"),
    (200, "day", "nominative", "مِئَتَا يَوْمٍ"),
    (200, "day", "genitive", "مِئَتَيْ يَوْمٍ"),
    (205, "day", "nominative", "مِئَتَانِ وَخَمْسَةُ أَيَّامٍ"),
    (205, "day", "genitive", "مِئَتَيْنِ وَخَمْسَةِ أَيَّامٍ"),
    (300, "year", "nominative", "ثَلَاثُمِئَةِ سَنَةٍ"),
    (365, "day", "genitive", "ثَلَاثِمِئَةٍ وَخَمْسَةٍ وَسِتِّينَ يَوْمًا"),
    (800, "day", "nominative", "ثَمَانِيمِئَةِ يَوْمٍ"),
    (0, "ticket", "nominative", "صِفْرٌ مِنَ الْبَلَاغَاتِ"),
    (1, "ticket", "nominative", "بَلَاغٌ وَاحِدٌ"),
    (2, "ticket", "nominative", "بَلَاغَانِ"),
    (3, "ticket", "nominative", "ثَلَاثَةُ بَلَاغَاتٍ"),
    (10, "ticket", "nominative", "عَشَرَةُ بَلَاغَاتٍ"),
    (11, "ticket", "nominative", "أَحَدَ عَشَرَ بَلَاغًا"),
    (12, "ticket", "nominative", "اِثْنَا عَشَرَ بَلَاغًا"),
    (21, "ticket", "nominative", "وَاحِدٌ وَعِشْرُونَ بَلَاغًا"),
    (100, "ticket", "nominative", "مِئَةُ بَلَاغٍ"),
    (102, "ticket", "nominative", "مِئَةُ بَلَاغٍ وَبَلَاغَانِ"),
    (999, "hour", "nominative", "تِسْعُمِئَةٍ وَتِسْعٌ وَتِسْعُونَ سَاعَةً"),
]

FEMININE: dict[Noun, bool] = {
    **{"hour": True, "minute": True, "year": True, "day": False, "caller": False},
    "ticket": False,
}
# The forms of each noun, written out again here: genitive plural, accusative and genitive singular.
PLURAL = {
    **{"hour": "سَاعَاتٍ", "minute": "دَقَائِقَ", "year": "سَنَوَاتٍ"},
    **{"day": "أَيَّامٍ", "caller": "مُتَّصِلِينَ", "ticket": "بَلَاغَاتٍ"},
}
ACCUSATIVE = {
    **{"hour": "سَاعَةً", "minute": "دَقِيقَةً", "year": "سَنَةً"},
    **{"day": "يَوْمًا", "caller": "مُتَّصِلًا", "ticket": "بَلَاغًا"},
}
GENITIVE = {
    **{"hour": "سَاعَةٍ", "minute": "دَقِيقَةٍ", "year": "سَنَةٍ", "day": "يَوْمٍ", "caller": "مُتَّصِلٍ"},
    "ticket": "بَلَاغٍ",
}
# Bare letters → value, as a reader without vowel marks would take the words.
VALUES = {
    **{"احد": 1, "احدي": 1, "واحد": 1, "واحده": 1, "اثنا": 2, "اثني": 2, "اثنتا": 2, "اثنتي": 2},
    **{"اثنان": 2, "اثنين": 2, "اثنتان": 2, "اثنتين": 2, "عشر": 10, "عشره": 10},
    **{"ثلاث": 3, "اربع": 4, "خمس": 5, "ست": 6, "سبع": 7, "ثمان": 8, "ثماني": 8, "تسع": 9},
    **{"ثلاثه": 3, "اربعه": 4, "خمسه": 5, "سته": 6, "سبعه": 7, "ثمانيه": 8, "تسعه": 9},
    **{"مئه": 100, "مئتا": 200, "مئتي": 200, "مئتان": 200, "مئتين": 200},
    **{"ثلاثمئه": 300, "اربعمئه": 400, "خمسمئه": 500, "ستمئه": 600, "سبعمئه": 700},
    **{"ثمانيمئه": 800, "تسعمئه": 900},
    **{f"{stem}{end}": tens for stem, tens in [
        *[("عشر", 20), ("ثلاث", 30), ("اربع", 40), ("خمس", 50)],
        *[("ست", 60), ("سبع", 70), ("ثمان", 80), ("تسع", 90)],
    ] for end in ("ون", "ين")},
}  # fmt: skip
ONES = {
    **{"ساعه": 1, "يوم": 1, "دقيقه": 1, "سنه": 1, "متصل": 1, "بلاغ": 1},
    **{"ساعتان": 2, "يومان": 2, "دقيقتان": 2, "سنتان": 2, "متصلان": 2, "بلاغان": 2},
    **{"ساعتين": 2, "يومين": 2, "دقيقتين": 2, "سنتين": 2, "متصلين": 2, "بلاغين": 2},
}
EVERY = [(noun, case) for noun in NOUNS for case in CASES]


def bare(word: str) -> str:
    """The letters of a word without marks, hamzas on alif and ة made plain."""
    letters = "".join(c for c in unicodedata.normalize("NFC", word) if not unicodedata.combining(c))
    return letters.translate(str.maketrans("أإةى", "ااهي"))


def valued(words: tuple[str, ...]) -> int:
    """The number that the words say, read without the module under test."""
    total = 0
    for place, word in enumerate(words):
        text = bare(word)
        linked = text[1:] if place and text.startswith("و") else text
        if place and word.startswith("وَاحِد"):
            continue  # "one hour" says its one twice: by the noun, and by this adjective
        if linked in VALUES:
            total += VALUES[linked]
        elif place == 0 or text.startswith("و"):
            total += ONES[linked]
    return total


@pytest.mark.parametrize(("number", "noun", "case", "words"), KNOWN)
def test_forms_that_are_known_by_heart(number: int, noun: Noun, case: Case, words: str) -> None:
    """Each form of the table is spoken exactly so, mark by mark."""
    spoken = unicodedata.normalize("NFC", " ".join(count(ARABIC, number, noun, case)))
    assert spoken == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_every_number_says_its_own_value(noun: Noun, case: Case) -> None:
    """From 1 to 999 the words add up to the number."""
    wrong = [n for n in range(1, LARGEST + 1) if valued(count(ARABIC, n, noun, case)) != n]
    assert wrong == []


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_no_two_numbers_sound_alike(noun: Noun, case: Case) -> None:
    """Different numbers give different words."""
    assert len({count(ARABIC, n, noun, case) for n in range(LARGEST + 1)}) == LARGEST + 1


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_the_noun_takes_the_form_that_the_last_part_of_the_number_asks_for(
    noun: Noun, case: Case
) -> None:
    """3-10: genitive plural; 11-99: accusative singular; whole hundreds: genitive singular."""
    for number in range(3, LARGEST + 1):
        rest, last = number % 100, count(ARABIC, number, noun, case)[-1]
        if 3 <= rest <= 10:
            assert last == PLURAL[noun], number
        elif rest >= 11:
            assert last == ACCUSATIVE[noun], number
        elif rest == 0:
            assert last == GENITIVE[noun], number
        else:
            assert GENITIVE[noun] in count(ARABIC, number, noun, case), number
            assert last.startswith("وَ"), number


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_three_to_ten_take_the_gender_opposite_to_the_noun(noun: Noun, case: Case) -> None:
    """The unit has ة with a masculine noun and none with a feminine one, in all compounds."""
    for number in range(3, LARGEST + 1):
        rest, words = number % 100, count(ARABIC, number, noun, case)
        if rest in (0, 1, 2, 11, 12) or rest % 10 in (1, 2) or (rest % 10 == 0 and rest > 10):
            continue
        unit = bare(words[1 if number > 100 else 0])
        assert unit.endswith("ه") is not FEMININE[noun], number


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_eleven_to_nineteen_are_fixed_but_the_dual_of_twelve(noun: Noun, case: Case) -> None:
    """Both parts end in a whatever the case, but for the first of 12, and of 11 with a feminine."""
    for number in range(11, LARGEST + 1):
        if not 11 <= number % 100 <= 19:
            continue
        first, ten = count(ARABIC, number, noun, case)[-3:-1]
        assert ten == ("عَشْرَةَ" if FEMININE[noun] else "عَشَرَ"), number
        if number % 100 == 12:
            assert bare(first)[-1] == ("ا" if case == "nominative" else "ي"), number
        elif not (number % 100 == 11 and FEMININE[noun]):
            assert first.endswith("\u064e"), number


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_tens_and_duals_show_the_case(noun: Noun, case: Case) -> None:
    """Nominative tens end in ūna and two hundred in ā; genitive ones in īna and ay."""
    for number in range(20, LARGEST + 1):
        words = count(ARABIC, number, noun, case)
        if number % 100 >= 20:
            ending = "ُونَ" if case == "nominative" else "ِينَ"
            assert words[-2].endswith(ending), number
        if number // 100 == 2:
            assert bare(words[0])[3] == ("ا" if case == "nominative" else "ي"), number


@pytest.mark.parametrize("noun", NOUNS)
def test_the_first_number_word_shows_the_case_by_its_last_vowel(noun: Noun) -> None:
    """u or un in the nominative where i or in stands in the genitive, if the word can show it."""
    for number in (*range(3, 11), *range(23, 30), *range(100, 200)):
        nominative, genitive = (count(ARABIC, number, noun, case)[0] for case in CASES)
        if nominative != genitive:
            assert (nominative[-1], genitive[-1]) in {("\u064f", "\u0650"), ("\u064c", "\u064d")}
        else:  # eight before a feminine noun is the only one that cannot show it
            assert bare(nominative) in ("ثماني", "ثمان"), number


@pytest.mark.parametrize(("noun", "case"), EVERY)
def test_every_word_is_fully_vowelled(noun: Noun, case: Case) -> None:
    """No word of any number needs a guess to be read."""
    words = {word for n in range(LARGEST + 1) for word in count(ARABIC, n, noun, case)}
    assert unvowelled_words(" ".join(sorted(words))) == ()


@pytest.mark.parametrize("noun", NOUNS)
def test_the_classes_of_number_are_those_of_cldr(noun: Noun) -> None:
    """Unicode's plural rules for Arabic (TR 35): the noun's form changes with their class alone.

    zero 0, one 1, two 2, few 3-10 of each hundred, many 11-99 of each hundred, other the rest.
    """
    category = Locale.parse("ar").plural_form
    wanted = {"few": PLURAL[noun], "many": ACCUSATIVE[noun], "other": GENITIVE[noun]}
    for number in range(3, LARGEST + 1):
        words = count(ARABIC, number, noun, "nominative")
        # "a hundred days and a day" says the noun of the hundred, and then itself once more
        said = words[-2] if number % 100 in (1, 2) else words[-1]
        assert said == wanted[category(number)], number


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_numbers_outside_the_table_are_refused(number: int) -> None:
    """A number that cannot be spoken right is not spoken."""
    with pytest.raises(ValueError, match="from 0 to 999"):
        count(ARABIC, number, "day")

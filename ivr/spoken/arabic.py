"""Arabic numbers with their counted nouns, fully vowelled: a rule that needs more than data.

The rules (any grammar of the written language, under العدد والمعدود):

- 1 and 2 are said by the noun itself, singular and dual; 1 takes its adjective for clearness.
- 3-10 take the gender opposite to the noun's, and the noun in the genitive plural.
- 11 and 12 agree with the noun in both parts; 13-19 only in the second, the first is opposite. All
  are fixed in the accusative, but the first part of 12, which is a dual.
- 11-99 take the noun in the accusative singular.
- Whole hundreds are in construct with the genitive singular. After other hundreds the last part of
  the number rules the noun; 101 and 102 say the noun again: "a hundred days and a day".
- `وَ` belongs to the word that follows it, so it is spoken with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.spoken.language import Case, Count, Noun


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms a counted noun takes; the first three are its singular.

    `dual_oblique` is the dual in the genitive; `zero_…` is all that is said for 0, by case.
    """

    feminine: bool
    nominative: str
    genitive: str
    accusative: str
    dual: str
    dual_oblique: str
    plural_genitive: str
    zero_nominative: tuple[str, ...]
    zero_genitive: tuple[str, ...]


# Stems without the last vowel: the long ones (with ة) for masculine nouns, the short for feminine.
_LONG = {
    **{3: "ثَلَاثَة", 4: "أَرْبَعَة", 5: "خَمْسَة", 6: "سِتَّة", 7: "سَبْعَة"},
    **{8: "ثَمَانِيَة", 9: "تِسْعَة", 10: "عَشَرَة"},
}
_SHORT = {3: "ثَلَاث", 4: "أَرْبَع", 5: "خَمْس", 6: "سِتّ", 7: "سَبْع", 9: "تِسْع", 10: "عَشْر"}
_TENS = ("عِشْر", "ثَلَاث", "أَرْبَع", "خَمْس", "سِتّ", "سَبْع", "ثَمَان", "تِسْع")

_U, _I, _A, _UN, _IN = "\u064f", "\u0650", "\u064e", "\u064c", "\u064d"


def arabic(nouns: Mapping[Noun, Forms]) -> Count:
    """The count of Arabic, with these nouns."""

    def count(number: int, noun: Noun, case: Case) -> tuple[str, ...]:
        return _counted(number, nouns[noun], case == "genitive")

    return count


def _counted(number: int, forms: Forms, genitive: bool) -> tuple[str, ...]:
    hundreds, rest = divmod(number, 100)
    if number == 0:
        return forms.zero_genitive if genitive else forms.zero_nominative
    if hundreds == 0:
        return _below_hundred(rest, forms, genitive)
    if rest == 0:
        return (_hundreds(hundreds, genitive, construct=True), forms.genitive)
    if rest <= 2:
        return (
            _hundreds(hundreds, genitive, construct=True),
            forms.genitive,
            "وَ" + _one_or_two(rest, forms, genitive),
        )
    first, *others = _below_hundred(rest, forms, genitive)
    return (_hundreds(hundreds, genitive, construct=False), _and(first), *others)


def _and(word: str) -> str:
    """`وَ` before `word`; a linking alif (written here with its kasra) then falls silent."""
    return "وَ" + (word.replace("ا" + _I, "ا", 1) if word.startswith("ا" + _I) else word)


def _hundreds(hundreds: int, genitive: bool, construct: bool) -> str:
    if hundreds == 2:
        dual = "مِئَتَيْ" if genitive else "مِئَتَا"
        return dual if construct else dual.removesuffix("ْ") + ("نِ" if not genitive else "ْنِ")
    ending = (_I if construct else _IN) if genitive or hundreds > 2 else (_U if construct else _UN)
    if hundreds == 1:
        return "مِئَة" + ending
    multiple = "ثَمَانِي" if hundreds == 8 else _SHORT[hundreds] + (_I if genitive else _U)
    return multiple + "مِئَة" + ending


def _one_or_two(number: int, forms: Forms, genitive: bool) -> str:
    if number == 1:
        return forms.genitive if genitive else forms.nominative
    return forms.dual_oblique if genitive else forms.dual


def _below_hundred(number: int, forms: Forms, genitive: bool) -> tuple[str, ...]:
    if number == 1:
        ending = _IN if genitive else _UN
        one = ("وَاحِدَة" if forms.feminine else "وَاحِد") + ending
        return (_one_or_two(1, forms, genitive), one)
    if number == 2:
        return (_one_or_two(2, forms, genitive),)
    if number <= 10:
        return (_units(number, forms.feminine, _I if genitive else _U), forms.plural_genitive)
    if number < 20:
        return (*_teen(number - 10, forms.feminine, genitive), forms.accusative)
    tens, units = divmod(number, 10)
    ten = _TENS[tens - 2] + ("ِينَ" if genitive else "ُونَ")
    if units == 0:
        return (ten, forms.accusative)
    return (_unit_before_ten(units, forms.feminine, genitive), "وَ" + ten, forms.accusative)


def _units(number: int, feminine: bool, ending: str) -> str:
    """3 to 10 with the gender opposite to the noun's, ending in `ending`."""
    if not feminine:
        return _LONG[number] + ending
    if number == 8:  # a defective noun: only the accusative shows on its ي
        return "ثَمَانٍ" if ending in (_UN, _IN) else "ثَمَانِيَ" if ending == _A else "ثَمَانِي"
    return _SHORT[number] + ending


def _teen(units: int, feminine: bool, genitive: bool) -> tuple[str, str]:
    ten = "عَشْرَةَ" if feminine else "عَشَرَ"
    if units == 1:
        return ("إِحْدَى" if feminine else "أَحَدَ", ten)
    if units == 2:
        stem = "اِثْنَت" if feminine else "اِثْن"
        return (stem + ("َيْ" if genitive else "َا"), ten)
    return (_units(units, feminine, _A), ten)


def _unit_before_ten(units: int, feminine: bool, genitive: bool) -> str:
    if units == 1:
        return "إِحْدَى" if feminine else "وَاحِدٍ" if genitive else "وَاحِدٌ"
    if units == 2:
        stem = "اِثْنَت" if feminine else "اِثْن"
        return stem + ("َيْنِ" if genitive else "َانِ")
    return _units(units, feminine, _IN if genitive else _UN)

"""Counted nouns by data alone: number words that stand before a noun in one of its plural forms.

For languages whose numbers do not agree with the noun. Which form a number takes is CLDR's rule for
the language (Unicode TR 35, part 3, "Language Plural Rules").
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.spoken.language import Case, Count, Noun


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number words, each a tuple, since a number may be said by several.

    `ones` are 0 to 19 with `tens` (20 to 90), or all of 0 to 99, where each has a word of its own.
    `hundreds` are 100 to 900, and `joint` what stands between them and the rest.
    """

    ones: tuple[tuple[str, ...], ...]
    tens: tuple[tuple[str, ...], ...]
    hundreds: tuple[tuple[str, ...], ...]
    joint: tuple[str, ...] = ()

    def words(self, number: int) -> tuple[str, ...]:
        """`number` (0 to 999)."""
        hundreds, rest = divmod(number, 100)
        if hundreds:
            tail = (*self.joint, *self.words(rest)) if rest else ()
            return (*self.hundreds[hundreds - 1], *tail)
        if rest < len(self.ones):
            return self.ones[rest]
        tens, units = divmod(rest, 10)
        return (*self.tens[tens - 2], *(self.ones[units] if units else ()))


@dataclass(frozen=True, slots=True)
class Forms:
    """What a noun becomes behind a number: plural category → words, by case.

    `none` is said for 0 in place of number and noun; empty where they are said.
    """

    by_case: Mapping[Case, Mapping[str, tuple[str, ...]]]
    none: Mapping[Case, tuple[str, ...]] = field(default_factory=dict)


def cardinal(
    numbers: Numbers, nouns: Mapping[Noun, Forms], category: Callable[[int], str]
) -> Count:
    """The count of such a language; `category` is the plural category of a number."""

    def count(number: int, noun: Noun, case: Case) -> tuple[str, ...]:
        forms = nouns[noun]
        if number == 0 and forms.none:
            return forms.none[case]
        return (*numbers.words(number), *forms.by_case[case][category(number)])

    return count

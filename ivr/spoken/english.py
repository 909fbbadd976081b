"""English: its numbers, and what else the house must know of it."""

from ivr.spoken.language import Case, Language, Noun
from ivr.spoken.voice import Voice

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

LETTERS = (
    *("ay", "bee", "see", "dee", "ee", "eff", "gee", "aitch", "eye", "jay", "kay", "ell", "em"),
    *("en", "oh", "pee", "cue", "are", "ess", "tee", "you", "vee", "double you", "ex", "why"),
    "zed",
)
"""The letters A to Z by their names, which a voice says as such."""

_TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen"),
    *("fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def count(number: int, noun: Noun, case: Case) -> tuple[str, ...]:
    """`number` (0 to 999) of `noun`. English nouns have no case: `case` makes no difference."""
    del case
    return (*_cardinal(number), noun if number == 1 else f"{noun}s")


def _cardinal(number: int) -> tuple[str, ...]:
    hundreds, rest = divmod(number, 100)
    if hundreds:
        tail = ("and", *_cardinal(rest)) if rest else ()
        return (DIGITS[hundreds], "hundred", *tail)
    tens, units = divmod(number, 10)
    if tens == 0:
        return (DIGITS[units],)
    if tens == 1:
        return (_TEENS[units],)
    return (_TENS[tens - 2], DIGITS[units]) if units else (_TENS[tens - 2],)


LANGUAGE = Language(
    code="en",
    locale="en-US",
    digits=DIGITS,
    letters=LETTERS,
    count=count,
    pause=",",
    voice=Voice("en-gb", pitch=45, speed=160, word_speed=175),
    yes=("yes", "yeah"),
)

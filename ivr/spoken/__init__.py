"""Numbers as people say them, and Arabic spelling as it sounds. Pure.

What lives here: digits one by one, counted nouns with the agreement their language asks for, and
the reading of fully vowelled Arabic. What may not: prompts, files, audio.

Every function gives words, not sentences: `vocabulary` is the whole list of them, so that each can
be recorded once and any number be put together from recordings.
"""

import re
from typing import Literal

from ivr.spoken import arabic, english

Noun = Literal["hour", "day", "minute", "year", "caller"]
Case = Literal["nominative", "genitive"]

NOUNS: tuple[Noun, ...] = ("hour", "day", "minute", "year", "caller")
CASES: tuple[Case, ...] = ("nominative", "genitive")
LARGEST = 999

PAUSES = {"ar": "،", "en": ","}
"""Not words: a short silence, between groups of digits."""

_DIGITS = {"ar": arabic.DIGITS, "en": english.DIGITS}
_COUNTS = {"ar": arabic.count, "en": english.count}
LANGUAGES = tuple(_DIGITS)
_UNGROUPED = 5


def digits(language: str, text: str) -> tuple[str, ...]:
    """`text` digit by digit, with a pause between groups of three when there are more than five.

    A last digit is never left alone: ten digits are 3-3-4. Raises ValueError unless `text` is one
    or more of 0-9, and KeyError for a language that is not spoken here.
    """
    if not re.fullmatch("[0-9]+", text):
        raise ValueError("only the digits 0-9 can be read out")
    names = _DIGITS[language]
    ends = set() if len(text) <= _UNGROUPED else set(range(3, len(text) - 1, 3))
    words: list[str] = []
    for position, digit in enumerate(text):
        if position in ends:
            words.append(PAUSES[language])
        words.append(names[int(digit)])
    return tuple(words)


def count(language: str, number: int, noun: Noun, case: Case = "nominative") -> tuple[str, ...]:
    """`number` of `noun`, word by word, as it stands in `case`: genitive after خِلَالَ or بَعْدَ.

    Raises ValueError unless 0 ≤ number ≤ 999, and KeyError for a language that is not spoken here.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"a count from 0 to {LARGEST} can be spoken, not {number}")
    return _COUNTS[language](number, noun, case)


def vocabulary(language: str) -> tuple[str, ...]:
    """Every word that `digits` and `count` can give, each once, in a fixed order."""
    words = dict.fromkeys((*_DIGITS[language], PAUSES[language]))
    for noun in NOUNS:
        for case in CASES:
            for number in range(LARGEST + 1):
                words.update(dict.fromkeys(count(language, number, noun, case)))
    return tuple(words)

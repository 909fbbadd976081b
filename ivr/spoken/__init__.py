"""Numbers as people say them, and Arabic spelling as it sounds. Pure.

What lives here: digits and letters one by one, dates, counted nouns with the agreement their
language asks for, and the reading of fully vowelled Arabic. What may not: prompts, files, audio. A
language is data (`ivr.languages` reads its file); here is what is done with it.

Every function gives words, not sentences: `Language.words` is the whole list of them, so that each
can be recorded once and any number be put together from recordings.
"""

import re

from ivr.spoken.language import CALENDARS, LARGEST, Case, Language, Noun

_UNGROUPED = 5
_CLOCK = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")
_DATE = re.compile(r"([a-z]+):[0-9]{4}-([0-9]{2})-([0-9]{2})")


def digits(language: Language, text: str) -> tuple[str, ...]:
    """`text` digit by digit, with a pause between groups of three when there are more than five.

    A last digit is never left alone: ten digits are 3-3-4. Raises ValueError unless `text` is one
    or more of 0-9.
    """
    if not re.fullmatch("[0-9]+", text):
        raise ValueError("only the digits 0-9 can be read out")
    ends = set() if len(text) <= _UNGROUPED else set(range(3, len(text) - 1, 3))
    words: list[str] = []
    for position, digit in enumerate(text):
        if position in ends:
            words.append(language.pause)
        words.append(language.digits[int(digit)])
    return tuple(words)


def spell(language: Language, text: str) -> tuple[str, ...]:
    """Latin letters and digits one by one, with a pause where one kind follows the other.

    As the short addresses of plates are written: RRRD2929. Raises ValueError unless `text` is one
    or more of A-Z and 0-9.
    """
    if not re.fullmatch("[A-Z0-9]+", text):
        raise ValueError("only the letters A-Z and the digits 0-9 can be spelled")
    words: list[str] = []
    for part in re.findall("[A-Z]+|[0-9]+", text):
        if words:
            words.append(language.pause)
        if part.isdigit():
            words += (language.digits[int(digit)] for digit in part)
        else:
            words += (language.letters[ord(letter) - ord("A")] for letter in part)
    return tuple(words)


def count(
    language: Language, number: int, noun: Noun, case: Case = "nominative"
) -> tuple[str, ...]:
    """`number` of `noun`, word by word, as it stands in `case`: genitive after خِلَالَ or بَعْدَ.

    Raises ValueError unless 0 ≤ number ≤ 999.
    """
    if not 0 <= number <= LARGEST:
        raise ValueError(f"a count from 0 to {LARGEST} can be spoken, not {number}")
    return language.count(number, noun, case)


def clock(language: Language, text: str) -> tuple[str, ...]:
    """A time of the day, of `07:30`. Raises ValueError for what is none."""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError("a time of the day is written like 07:30")
    return language.clock.words(int(found[1]), int(found[2]))


def date(language: Language, text: str) -> tuple[str, ...]:
    """A day and its month, of `gregorian:2026-11-29` or `hijri:1448-06-19`; the year is left out.

    Raises ValueError for what is neither.
    """
    found = _DATE.fullmatch(text)
    for calendar in CALENDARS:
        if found and found[1] == calendar:
            try:
                return language.dates.words(calendar, int(found[2]), int(found[3]))
            except IndexError:
                break
    raise ValueError("a date is written like gregorian:2026-11-29 or hijri:1448-06-19")

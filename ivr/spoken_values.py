"""Values of placeholders as words: digits, numbers, spans of time, dates."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from ivr.spoken import clock, count, date, digits, spell
from ivr.spoken.language import Case, Language, Noun

_HOURS_UP_TO = 48
_Words = tuple[str, ...]


def spoken_value(language: Language, kind: str, value: str, pauses: bool = False) -> _Words:
    """The words by which a value of this kind is spoken; none for a kind that is a prompt itself.

    `pauses`: a pause follows, before which counted nouns have another ending in some languages.
    Raises ValueError for a value that is none of that kind.
    """
    if kind == "hours":
        words = _hours(language, value)
    elif kind in _COUNTED:
        words = count(language, _number(value), *_COUNTED[kind])
    else:
        return _READ[kind](language, value) if kind in _READ else ()
    return language.before_pause(words) if pauses else words


def local_number(number: str) -> str:
    """The digits of a telephone number as people here dial it; empty when it is not one.

    What the network sends is not to be trusted: anything but an optional + and 3 to 15 digits
    counts as withheld.
    """
    if not re.fullmatch(r"\+?[0-9]{3,15}", number):
        return ""
    return f"0{number[4:]}" if number.startswith("+966") else number.removeprefix("+")


_READ: Mapping[str, Callable[[Language, str], _Words]] = MappingProxyType(
    {
        "digits": digits,
        "dictated": digits,
        "phone": digits,
        "spelled": spell,
        "last4": lambda language, value: digits(language, value[-4:]),
        "date": date,
        "clock": clock,
    }
)
_COUNTED: Mapping[str, tuple[Noun, Case]] = MappingProxyType(
    {
        "days": ("day", "genitive"),
        "minutes": ("minute", "genitive"),
        "years": ("year", "genitive"),
        "place": ("caller", "nominative"),
        "tickets": ("ticket", "nominative"),
    }
)
"""What is counted, and its case. Spans of time stand behind خِلَالَ or لِمُدَّةِ, so in the genitive."""


def _number(value: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", value):
        raise ValueError("not a number that is counted here")
    return int(value)


def _hours(language: Language, value: str) -> _Words:
    hours = _number(value)
    if hours < _HOURS_UP_TO:
        return count(language, hours, "hour", "genitive")
    return count(language, -(-hours // 24), "day", "genitive")

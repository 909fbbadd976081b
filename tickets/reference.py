"""Reference numbers: nine digits that a caller hears, writes down and keys in again.

Eight random digits (the first is not 0) and a Damm check digit. Damm finds every wrong single
digit and every exchange of two neighbours. Numbers are not in sequence, so one caller's number
says nothing about another's.

Those that begin with 9 are spare: reserved ahead, for what is told while the database is away
(`tickets.spare`). Others begin with 1 to 8; earlier releases opened tickets with a 9 as well.
"""

import re
import secrets

from stdnum import damm

LENGTH = 9
_PATTERN = re.compile(r"[1-9][0-9]{8}")
_SPARE = "9"
_SPARE_FROM = 90_000_000
_NEW_FROM = 10_000_000


def new_reference() -> str:
    """A new reference number. The database's unique constraint decides whether it is free."""
    return _numbered(_NEW_FROM + secrets.randbelow(_SPARE_FROM - _NEW_FROM))


def spare_reference() -> str:
    """A number to be reserved. The database decides whether it is free."""
    return _numbered(_SPARE_FROM + secrets.randbelow(10 * _NEW_FROM - _SPARE_FROM))


def is_reference(text: str) -> bool:
    """Whether `text` is nine ASCII digits with a right check digit. Says nothing of a ticket."""
    return _PATTERN.fullmatch(text) is not None and damm.is_valid(text)


def is_spare(text: str) -> bool:
    """Whether `text` is a number that may be reserved. Says nothing of whether it is."""
    return text.startswith(_SPARE) and is_reference(text)


def _numbered(number: int) -> str:
    digits = str(number)
    return digits + damm.calc_check_digit(digits)

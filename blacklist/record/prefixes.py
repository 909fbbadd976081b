"""Prefixes: one entry for many numbers, so it takes two people, a look at the past, and an end."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import phonenumbers
import sqlalchemy as sa

from blacklist.entry import AGENCIES, HOTLINE, EntryRefused, full_number
from blacklist.numbers import LONGEST_RAW, REGION, WITHHELD_NUMBERS, written
from blacklist.record.entries import find_entry
from blacklist.record.fields import RecordedEntry
from blacklist.record.prefix_replay import is_fresh
from blacklist.record.schema import entries
from people.audit import note_change
from people.identity import identity
from people.person import NotAllowed, NothingThere, Person
from people.tokens import makers_of

SHORTEST_ABROAD = 5
"""Digits with the country code: fewer stand for a whole country or network."""
STAND_IN = "+966500000000"
"""A number that lets the checks of an entry judge a prefix's other parts."""
LONGEST = 14

_DIGITS = re.compile(r"\+?[0-9]{1,20}")


def full_prefix(
    raw: str, *, protected: frozenset[str] = frozenset(), shortest_saudi: int = 6
) -> str:
    """Return the first digits of numbers in E.164 (`+96650123`), as they may be restricted.

    `shortest_saudi` counts digits after +966. Takes the spellings of numbers: `05012345`,
    `0096650123`, a trailing `*`.
    Raises EntryRefused for what would stop everyone, the city, an agency, or far too many.
    """
    if len(raw) > LONGEST_RAW:
        raise EntryRefused("this is not a prefix: give one such as +966501234")
    text = written(raw).replace("*", "")
    if not _DIGITS.fullmatch(text):
        raise EntryRefused("this is not a prefix: give one such as +966501234")
    if text in AGENCIES or text == HOTLINE:
        raise EntryRefused(f"{text} is {AGENCIES.get(text, 'the hotline itself')}, never blocked")
    if text.removeprefix("+") in WITHHELD_NUMBERS:
        raise EntryRefused("withheld callers are never blocked: give a prefix such as +966501234")
    code = str(phonenumbers.country_code_for_region(REGION))
    digits = _international(text, code)
    if digits.startswith(code):
        national = digits.removeprefix(code).lstrip("0")
        if len(national) < shortest_saudi:
            raise EntryRefused(
                f"a Saudi prefix needs {shortest_saudi} digits after +{code}: fewer stop too many"
            )
        digits = code + national
    elif len(digits) < SHORTEST_ABROAD or digits.startswith("0"):
        raise EntryRefused(f"a prefix needs {SHORTEST_ABROAD} digits: fewer stop whole countries")
    if len(digits) > LONGEST:
        raise EntryRefused(f"a prefix has at most {LONGEST} digits: block the number itself")
    prefix = f"+{digits}"
    if any(number.startswith(prefix) for number in protected):
        raise EntryRefused("this prefix would stop a line of the hotline or an agency")
    return prefix


def subject_of(raw: str) -> str:
    """The number or the prefix that `raw` means. Raises EntryRefused for what is neither."""
    try:
        return full_number(raw)
    except EntryRefused:
        return full_prefix(raw)


def pattern_of(part: str) -> str:
    """What matches numbers (E.164) with this part in them, as SQL's LIKE has it.

    What is written from the beginning, with 0, 00 or +, is looked for there. Raises EntryRefused.
    """
    text = written(part[:LONGEST_RAW]).replace("*", "")
    if not _DIGITS.fullmatch(text):
        raise EntryRefused("this is no part of a number: give some of its digits, such as 5512")
    if text.startswith(("+", "0")):
        code = str(phonenumbers.country_code_for_region(REGION))
        return f"+{_international(text, code)}%"
    return f"%{text}%"


def _international(text: str, code: str) -> str:
    """The digits with their country code, however it was written (as `numbers.normalise`)."""
    if text.startswith("+"):
        return text[1:]
    if text.startswith("00"):
        return text[2:]
    if text.startswith("0" + code):
        return text[1:]
    if text.startswith(code):
        return text
    return code + text.lstrip("0")


def waiting_prefix(
    connection: sa.Connection, prefix: str, *, by: Person, now: datetime
) -> RecordedEntry:
    """The prefix that `by` may approve, as the second person.

    Raises NothingThere when none waits, NotAllowed below manager, for the person who asked by their
    own name or by a token that they made, and for a token of theirs.
    """
    by.must_be("manager", "approving a prefix")
    waiting = find_entry(connection, "prefix", prefix, now)
    if waiting is None or waiting.approved_by is not None:
        raise NothingThere(f"{prefix}: no such prefix waits for approval")
    if by.is_(waiting.who):
        raise NotAllowed("a prefix needs two people: who asked for it cannot approve it")
    asker, theirs = identity(waiting.who), makers_of(connection, name=waiting.who)
    if identity(by.name) in theirs:
        raise NotAllowed("a prefix needs two people: you have made the token that asked for it")
    mine = makers_of(connection, token=by.token) if by.token else {}
    if asker in mine:
        raise NotAllowed("a prefix needs two people: who asked for it has made this token")
    # An admin makes tokens for other people, as accounts; a manager's two tokens are one manager's.
    if any(maker in theirs and role != "admin" for maker, role in mine.items()):
        raise NotAllowed("a prefix needs two people: one has made both tokens")
    return waiting


def renew_replay(
    connection: sa.Connection,
    waiting: RecordedEntry,
    replay: Mapping[str, Any],
    *,
    by: Person,
    now: datetime,
) -> None:
    """Keep a newer look at the past with a prefix that waits."""
    given = dict(replay)
    connection.execute(entries.update().where(entries.c.id == waiting.id).values(replay=given))
    note_change(connection, by, "replayed", waiting.subject, now, entry=waiting.id, replay=given)


def approve_prefix(
    connection: sa.Connection, seen: RecordedEntry, *, by: Person, now: datetime
) -> RecordedEntry:
    """The second person agrees with the request that was `seen`: from now on the prefix acts.

    Raises what `waiting_prefix` raises, and EntryRefused when the request is another by now, or its
    look at the past is too old.
    """
    prefix = seen.subject
    waiting = waiting_prefix(connection, prefix, by=by, now=now)
    if waiting.id != seen.id or not is_fresh(waiting.replay, now):
        raise EntryRefused("this request was changed meanwhile: look at it, and approve it again")
    connection.execute(
        entries.update().where(entries.c.id == waiting.id).values(approved_by=by.name)
    )
    note_change(
        connection, by, "approved", prefix, now, entry=waiting.id, replay=dict(waiting.replay)
    )
    approved = find_entry(connection, "prefix", prefix, now)
    assert approved is not None
    return approved

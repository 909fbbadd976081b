"""What an answer may repeat and nobody is told: secrets, and what is personal in a ticket.

Receivers say back what they were sent in the form of wherever they put it: escaped for JSON, for
HTML or for an address, in capitals, or cut.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tickets.model import Ticket, to_wire

LEFT_OUT = "…"
_PERSONAL = (
    *("phone", "first_name", "last_name", "description"),
    *("address_string", "address_id", "address", "lat", "long"),
)
_OF_ATTRIBUTES = ("called_from", "short_keys")
_FEWEST = 3
"""Of letters: what is shorter stands in many words."""
_ENOUGH = 12
"""Of something longer so much of its beginning is taken for it: it may be cut."""
_ESCAPED = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["/\\]))')
_NO_LETTER = re.compile(r"&#[0-9]{8,};?")
_ROUNDS = 5
"""So often it may be escaped, once more each time."""


def untold_of(ticket: Ticket, secrets: Iterable[str] = ()) -> list[str]:
    """What no answer to a message about this ticket may be shown with."""
    return [*secrets, *personal_in(to_wire(ticket))]


def personal_in(wire: Mapping[str, Any]) -> Iterator[str]:
    """What is personal in a ticket as others are told it: each line of each text by itself."""
    attributes = wire.get("attributes") or {}
    values = [wire.get(name) for name in _PERSONAL]
    for value in [*values, *(attributes.get(name) for name in _OF_ATTRIBUTES)]:
        for text in value.values() if isinstance(value, Mapping) else (value,):
            for line in str(text if text is not None else "").splitlines():
                if len(line.strip()) >= _FEWEST:
                    yield line


def secret_parts(secrets: Iterable[str]) -> Iterator[str]:
    """Each as it is, without the word before it (`Basic`), and what is before and after a colon."""
    for secret in secrets:
        user, _, password = secret.partition(":")
        yield secret
        yield secret.rpartition(" ")[2]
        yield password
        if len(user) >= _FEWEST:
            yield user


def without(text: str, untold: Iterable[str]) -> str:
    """`text` as people would write it, without escapes, and with none of these in it."""
    forms = {form for value in untold for form in _forms(value) if len(form) >= _FEWEST}
    longest_first = sorted(forms, key=len, reverse=True)
    # All is read before anything is cut out: a short one might stand in the middle of a long one.
    *_, read = _read(text)
    return _cut_out(read, longest_first)


def _forms(value: str) -> Iterator[str]:
    yield _spaced(value).replace(" ", "+")
    yield from _read(value)


def _spaced(text: str) -> str:
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _read(text: str) -> Iterator[str]:
    """As it is, and each time with one round of escapes less, until there are none."""
    read = _spaced(text)
    for _ in range(_ROUNDS):
        yield read
        before = read
        read = _ESCAPED.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], read)
        read = _spaced(unquote(html.unescape(_NO_LETTER.sub("", read))))
        if read == before:
            return
    yield read


def _cut_out(text: str, values: Iterable[str]) -> str:
    for value in values:
        begun, kept, at = re.compile(re.escape(value[:_ENOUGH]), re.IGNORECASE), [], 0
        while found := begun.search(text, at):
            kept += [text[at : found.start()], LEFT_OUT]
            at = found.end()
            for letter in value[_ENOUGH:]:
                if text[at : at + 1].lower() != letter.lower():
                    break
                at += 1
        text = "".join(kept) + text[at:]
    return text

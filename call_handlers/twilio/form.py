"""The form that a webhook carries, read so that it can be read in one way only.

Twilio's signature runs over names and values without a mark between them: `Digits=12` and
`Digits1=2` sign the same. So a form is taken only where its fields stand as they do in the text
that was signed (see `cutting`). Fields that are not ours may have any name and hold any words.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote_to_bytes

from call_handlers.twilio.cutting import Reading, Unclear, can_begin, read
from call_handlers.twilio.fields import DOCUMENTED, Field, Table

MOST_FIELDS = 1000
MOST_BYTES = 64 * 1024

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.~-]{0,127}|(?:Dial)?SipHeader_[\w.!%*+`'~-]{1,128}", re.A)
_HALVES: dict[str, tuple[str, ...]] = {}
for _name in DOCUMENTED:
    for _length in range(1, len(_name)):
        _HALVES[_name[:_length]] = (*_HALVES.get(_name[:_length], ()), _name[_length:])


class FormWrong(Exception):
    """The body is no form of Twilio's; the text says why, without a word of the body."""


def read_pairs(body: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of an `application/x-www-form-urlencoded` body, as bytes, in their order.

    Raises FormWrong for too many fields, a part without `=`, and a name that stands twice.
    """
    if not body:
        return []
    parts = body.split(b"&", MOST_FIELDS)
    if len(parts) > MOST_FIELDS:
        raise FormWrong("too many fields")
    pairs = []
    for part in parts:
        name, equals, value = part.partition(b"=")
        if not equals:
            raise FormWrong("a part is no field")
        pairs.append((_decoded(name), _decoded(value)))
    if len({name for name, _ in pairs}) < len(pairs):
        raise FormWrong("a field stands twice")
    return pairs


def read_form(pairs: Sequence[tuple[bytes, bytes]], table: Table) -> dict[str, str]:
    """The fields of `table` as text, from `pairs` in the order in which they were signed.

    Bytes that are no UTF-8 become U+FFFD. Raises FormWrong when a field that always comes is
    missing, when a value is not of its form, and when a boundary between fields was shifted, or may
    have been.
    """
    # Latin-1 keeps each byte a character: a boundary may stand inside of a letter.
    fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in pairs}
    for name, value in fields.items():
        if name not in DOCUMENTED:
            _check_other(name, value)
    twice = _twice(fields, table)
    said = [field.name for field in table if _says(field, fields, twice)]
    starts, at = {}, 0
    for name, value in fields.items():
        starts[name] = at
        at += len(name) + len(value)
    text = "".join([part for pair in fields.items() for part in pair])
    try:
        reading = read(text, table, twice, starts)
    except Unclear as error:
        raise FormWrong(str(error)) from None
    if said != list(reading):
        raise FormWrong("a field stands in another's place")
    form = {}
    for place, field in enumerate(table):
        name = field.name
        if name in reading:
            value = _value(text, starts[name], fields[name], reading, table, place)
            form[name] = value if value.isascii() else _utf8(value)
        elif name in fields:
            form[name] = ""
    return form


def _check_other(name: str, value: str) -> None:
    """Raises FormWrong for what cannot be a field's name, and for half of a documented one."""
    if not _NAME.fullmatch(name):
        raise FormWrong("a field's name is none of Twilio's")
    if value.startswith(_HALVES.get(name, ())):
        raise FormWrong("a field's name is cut in two")


def _twice(fields: Mapping[str, str], table: Table) -> dict[str, str]:
    """Values that Twilio says in two fields."""
    twice = {}
    for field in table:
        value = fields.get(field.name)
        if field.echo and value is not None and value == fields.get(field.echo):
            twice[field.name] = twice[field.echo] = value
    return twice


def _says(field: Field, fields: Mapping[str, str], twice: Mapping[str, str]) -> bool:
    """Whether the field is there and says anything. Raises FormWrong for a value of no form."""
    value = fields.get(field.name)
    if value is None:
        if field.always:
            raise FormWrong(f"{field.name} is missing")
        return False
    if field.form.fullmatch(value) or field.name in twice:
        return bool(value)
    if field.begins is not None and field.begins.match(value):
        # It ends where Twilio's other word of it ends, so that one must say the same.
        if field.echo in fields:
            raise FormWrong(f"{field.name} is not what Twilio says of it twice")
        return True
    if field.lenient and not field.form.match(value):
        return False
    raise FormWrong(f"{field.name} is not what Twilio sends")


def _value(text: str, start: int, value: str, reading: Reading, table: Table, place: int) -> str:
    """The value of a field that says something. Raises FormWrong when it was cut elsewhere."""
    field = table[place]
    found = reading[field.name]
    if found.start != start or (found.end >= 0 and found.end != found.value + len(value)):
        raise FormWrong("a field stands in another's place")
    if found.end >= 0 or field.echo:
        return value
    following = next((one.name for one in table[place + 1 :] if one.name in reading), None)
    to = reading[following].start if following else len(text)
    return text[found.value : _first_end(text, found.value, to, field.name, following)]


def _first_end(text: str, value: int, to: int, name: str, following: str | None) -> int:
    """Where a value ends that has no end of its own: before what may be the next field's name.

    Nobody can tell `SpeechResult=oneSome` from `SpeechResult=one` and a new `Some=`: both are
    read as `one`. A name never comes behind a blank, for Twilio does not end what was said so.
    """
    first, last = name[0], following[0] if following else "\xff"
    for at in range(value + 1, to):
        if not first <= text[at] <= last:
            continue  # no name that begins so sorts between the two
        if text[at - 1] != " " and can_begin(text, at, to, name, following):
            return at
    return to


def _utf8(text: str) -> str:
    return text.encode("latin-1").decode("utf-8", "replace")


def _decoded(part: bytes) -> bytes:
    if b"%" in part or b"+" in part:
        return unquote_to_bytes(part.replace(b"+", b" "))
    return part

"""The wire of Open311 GeoReport v2: the form that is posted, and answers in JSON or XML.

See the specification, "POST Service Request", "GET Service Requests" and "Format Support". Ids are
texts, though its own examples in JSON have numbers.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.parsers import expat

from tickets.destinations.template import Template, as_text
from tickets.model import Ticket

FORM = "application/x-www-form-urlencoded; charset=utf-8"
MOST_DESCRIPTION = 4000
LONGEST_RANGE = timedelta(days=90)
MOST_ROWS = 1000
"""Of a list, which ends there whether there is more or not ("Response Volume")."""
_DEEPEST = 20
Row = Mapping[str, Any]


def location_of(ticket: Ticket, place: str, otherwise: str) -> Iterator[tuple[str, str]]:
    """Each way in which the place is known; one is required."""
    known = False
    if ticket.lat is not None and ticket.long is not None:
        yield "lat", repr(ticket.lat)
        yield "long", repr(ticket.long)
        known = True
    if ticket.address_id:
        yield "address_id", ticket.address_id
        known = True
    if place or not known:
        yield "address_string", place or otherwise


def person_of(ticket: Ticket) -> Iterator[tuple[str, str]]:
    """Who has called, as far as they are known."""
    for name in ("first_name", "last_name", "phone"):
        if value := getattr(ticket, name):
            yield name, value


def attributes_of(
    attributes: Mapping[str, Template], values: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """`attribute[code]`, of a list with a value each; what is not known is left out."""
    for code, template in attributes.items():
        value = template.value(values)
        if isinstance(value, list):
            yield from ((f"attribute[{code}][]", as_text(one)) for one in value)
        elif text := as_text(value):
            yield f"attribute[{code}]", text


def w3_time(moment: datetime) -> str:
    """The specification's "w3 format"."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rows_of(body: bytes | None) -> list[Row] | None:
    """The rows of an answer, in either format; None where it is neither."""
    text = (body or b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<"):
        return _xml_rows(text)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict):  # one row without its list, or the list below XML's own name
        inner = found.get("service_requests")
        found = inner if isinstance(inner, list) else [found]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        return None
    return found


def ranges(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From `start` to `end` in parts that a server takes."""
    while start < end:
        until = min(start + LONGEST_RANGE, end)
        yield start, until
        start = until


def _xml_rows(text: bytes) -> list[Row] | None:
    """The elements below the first one, each by the texts in it. Who declares types is not read:
    entities may unfold without end."""
    reader = _Rows()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refused
    parser.StartElementHandler = reader.begun
    parser.CharacterDataHandler = reader.said
    parser.EndElementHandler = reader.ended
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, _NotThis, LookupError, ValueError):  # also an encoding of no name
        return None
    return None if reader.root.lower() == "html" else reader.rows


class _NotThis(Exception):
    """XML that no such server sends."""


class _Rows:
    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.root = ""
        self._path: list[str] = []
        self._row: dict[str, str] = {}

    def refused(self, *_declaration: object) -> None:
        raise _NotThis

    def begun(self, name: str, _attributes: object) -> None:
        self.root = self.root or name
        self._path.append(name)
        if len(self._path) == 2:
            self._row = {}
        if len(self._path) > _DEEPEST:
            raise _NotThis

    def said(self, text: str) -> None:
        if len(self._path) == 3:
            name = self._path[2]
            self._row[name] = self._row.get(name, "") + text

    def ended(self, _name: str) -> None:
        if len(self._path) == 2:
            row = {name: text.strip() for name, text in self._row.items()}
            self.rows.append(row)
        self._path.pop()

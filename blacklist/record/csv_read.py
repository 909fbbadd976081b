"""Reading the blocklist from CSV, row by row: each is a checked row, or an error with its number.

Nothing of the file is kept: a million rows take the memory of one.
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from blacklist.entry import LONGEST_NOTE, EntryRefused, full_number, moment_of, new_entry
from blacklist.record.csv_form import BYTE_ORDER_MARK, COLUMNS, restored
from blacklist.record.entries import Evidence, Kind
from blacklist.record.prefixes import STAND_IN, full_prefix

LONGEST_LINE = 65_536
"""Characters of a line: beyond it the file is no list of numbers."""
_NO_EVIDENCE = Evidence()
_ALLOWED_KINDS = ("number", "prefix", "allow")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row. `row` counts lines of the file, the header being 1."""

    row: int
    message: str


class Row(NamedTuple):
    """A checked row. `until` None: an allowed number without an end. `own_end`: the row gave it."""

    kind: Kind
    subject: str
    disposition: str
    reason: str
    note: str
    until: datetime | None
    own_end: bool
    calls: tuple[str, ...]
    recordings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a row that does not say: the end after `days`, and what happens to calls."""

    reason: str = ""
    days: float | None = None
    disposition: str = "block"


class FileUnusable(ValueError):
    """The file is no blocklist; the message says why and what to do."""


class Reader:
    """Reads one file. `now` is the moment of the import, `zone` of times without one."""

    def __init__(
        self,
        source: BinaryIO,
        *,
        now: datetime,
        zone: ZoneInfo,
        defaults: Defaults,
        protected: frozenset[str],
        shortest_saudi: int,
        longest: timedelta,
    ) -> None:
        self._source = source
        self._now = now
        self._zone = zone
        self._defaults = defaults
        self._protected = protected
        self._shortest_saudi = shortest_saudi
        self._longest = longest

    def rows(self) -> Iterator[Row | RowError]:
        """Every row that is not empty. Raises FileUnusable when the file cannot be read on."""
        lines = _lines(self._source)
        head = next(lines, "")
        delimiter = ";" if ";" in head and "," not in head else ","
        names = _header(next(csv.reader([head], delimiter=delimiter), []))
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            row = reader.line_num + 2
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise FileUnusable(f"row {row}: {error}; check its quotation marks") from None
            if cells is None:
                return
            if not any(cell.strip() for cell in cells):
                continue
            try:
                yield self._row(names, cells)
            except ValueError as error:
                yield RowError(row, str(error))

    def _row(self, names: list[str], cells: list[str]) -> Row:
        if len(cells) > len(names) and any(cells[len(names) :]):
            raise EntryRefused(f"{len(cells)} cells, the header has {len(names)}")
        given = {name: _text(cell) for name, cell in zip(names, cells, strict=False)}
        raw = given.get("number", "").strip()
        kind = given.get("kind", "").strip() or ("prefix" if raw.endswith("*") else "number")
        if kind not in _ALLOWED_KINDS:
            raise EntryRefused(f"kind is not one of {', '.join(_ALLOWED_KINDS)}")
        if kind == "allow":
            return self._allowed(raw, given)
        if kind == "prefix":
            subject = full_prefix(
                raw, protected=self._protected, shortest_saudi=self._shortest_saudi
            )
            return self._restricted("prefix", subject, STAND_IN, given)
        return self._restricted("number", "", raw, given)

    def _restricted(self, kind: Kind, subject: str, raw: str, given: Mapping[str, str]) -> Row:
        until = self._moment(given.get("until", "").strip())
        entry = new_entry(
            raw,
            reason=given.get("reason", "").strip() or self._defaults.reason,
            who="import",
            now=self._now,
            days=self._defaults.days if until is None else None,
            until=until,
            note=given.get("note", ""),
            disposition=given.get("disposition", "").strip() or self._defaults.disposition,
            protected=self._protected,
        )
        if entry.until - self._now > self._longest:
            raise EntryRefused(f"until lies more than {self._longest.days} days ahead")
        evidence = _evidence(given)
        return Row(
            kind,
            subject or entry.number,
            entry.disposition,
            entry.reason,
            entry.note,
            entry.until,
            until is not None,
            evidence.calls,
            evidence.recordings,
        )

    def _allowed(self, raw: str, given: Mapping[str, str]) -> Row:
        until = self._moment(given.get("until", "").strip())
        if until is not None and until <= self._now:
            raise EntryRefused("until must lie ahead")
        note = given.get("note", "").strip()
        if len(note) > LONGEST_NOTE:
            raise EntryRefused(f"the note is longer than {LONGEST_NOTE} characters")
        evidence = _evidence(given)
        number = full_number(raw)
        calls, recordings = evidence.calls, evidence.recordings
        return Row("allow", number, "allow", "", note, until, True, calls, recordings)

    def _moment(self, written: str) -> datetime | None:
        return moment_of(written, self._zone) if written else None


def _evidence(given: Mapping[str, str]) -> Evidence:
    if not (given.get("calls") or given.get("recordings")):
        return _NO_EVIDENCE
    return Evidence(
        tuple(given.get("calls", "").split()), tuple(given.get("recordings", "").split())
    )


def _lines(source: BinaryIO) -> Iterator[str]:
    """Lines as text, whichever way they end (LF, CR LF, CR), in UTF-8 or UTF-16 (spreadsheets').

    What is not UTF-8 shows in its row as surrogates, and is refused there. Raises FileUnusable.
    """
    head = source.read(4)
    encoding = _encoding(head)
    errors = "surrogateescape" if encoding == "utf-8" else "strict"
    whole = io.BufferedReader(_Joined(head, source))
    with io.TextIOWrapper(whole, encoding, errors, newline="") as text:
        try:
            first = True
            while line := text.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise FileUnusable(f"a line is longer than {LONGEST_LINE}: is this a CSV file?")
                yield line.removeprefix(BYTE_ORDER_MARK) if first else line
                first = False
        except UnicodeError:
            raise FileUnusable("this is no whole UTF-16: save it as CSV in UTF-8") from None


def _encoding(head: bytes) -> str:
    """By the byte order mark, or by where the zeros of ASCII letters lie. Raises FileUnusable."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise FileUnusable("this is UTF-32: save it as CSV in UTF-8")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = head[:1] == b"\0", head[1:2] == b"\0"
    return {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get(zeros, "utf-8")


class _Joined(io.RawIOBase):
    """Bytes that were read already, and what follows them. The source stays open."""

    def __init__(self, head: bytes, source: BinaryIO) -> None:
        self._head = head
        self._source = source

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill the buffer as far as there is something."""
        found, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        found = found or self._source.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "number" not in names or len(set(names)) != len(names):
        raise FileUnusable(f"row 1 must name columns, once each: number, of {', '.join(COLUMNS)}")
    return names


def _text(cell: str) -> str:
    """The cell without its neutralising; raises EntryRefused for what no text may hold."""
    if cell.isprintable():  # as nearly all are
        return restored(cell)
    for character in cell:
        if not character.isprintable() and unicodedata.category(character) in ("Cc", "Cs"):
            if character in "\r\n\t":
                continue
            raise EntryRefused("holds control characters, or is not UTF-8")
    return restored(cell)

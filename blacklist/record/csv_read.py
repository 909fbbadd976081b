"""Reading the blocklist from CSV, row by row: each is a checked row, or an error with its number.

Nothing of the file is kept: a million rows take the memory of one.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, BinaryIO, Literal, NamedTuple
from zoneinfo import ZoneInfo

from blacklist.entry import LONGEST_NOTE, EntryRefused, full_number, moment_of, new_entry
from blacklist.record import freepbx
from blacklist.record.csv_form import COLUMNS
from blacklist.record.fields import Evidence, Kind
from blacklist.record.prefixes import STAND_IN, full_prefix
from files.csv_lines import FileUnusable, lines_of, table_of
from files.spreadsheet import restored

_NONE: frozenset[str] = frozenset()
_KEPT = 10_000
"""Of each kind of cells, how many are kept to be compared with."""
Form = Literal["csv", "freepbx"]
_ALLOWED_KINDS = ("number", "prefix", "allow")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with a row. `row` counts lines of the file, the header being 1."""

    row: int
    message: str


@dataclass(frozen=True, slots=True)
class RowLeft:
    """A row that says something else than that a number is blocked, and what."""

    row: int
    message: str


class Row(NamedTuple):
    """A checked row. `until` None: an allowed number without an end. `own_end`: the row gave it."""

    subject: str
    note: str
    kind: Kind
    disposition: str
    reason: str
    until: datetime | None
    own_end: bool
    calls: tuple[str, ...]
    recordings: tuple[str, ...]

    @property
    def terms(self) -> tuple[Any, ...]:
        """All but number and note: many rows of a file have the same."""
        return self[2:]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for a row that does not say: the end after `days`, and what happens to calls."""

    reason: str = ""
    days: float | None = None
    disposition: str = "block"


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
        form: Form = "csv",
    ) -> None:
        self._source = source
        self._now = now
        self._zone = zone
        self._defaults = defaults
        self._protected = protected
        self._shortest_saudi = shortest_saudi
        self._longest = longest
        self._form = form

    def rows(self) -> Iterator[Row | RowError | RowLeft]:
        """Every row that is not empty. Raises FileUnusable when the file cannot be read on."""
        lines = lines_of(self._source)
        names, records = _csv(lines) if self._form == "csv" else _freepbx(lines)
        known = _Known(names, self._protected)
        for row, cells in records:
            if isinstance(cells, str):
                yield RowLeft(row, cells)
                continue
            found = known.row(cells)
            if found is not None:
                yield found
            elif any(cell.strip() for cell in cells):
                try:
                    found = self._row(names, cells)
                except ValueError as error:
                    yield RowError(row, str(error))
                else:
                    known.learn(cells, found)
                    yield found

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
        evidence = _evidence(given.get("calls", ""), given.get("recordings", ""))
        return Row(
            subject or entry.number,
            entry.note,
            kind,
            entry.disposition,
            entry.reason,
            entry.until,
            until is not None,
            *evidence,
        )

    def _allowed(self, raw: str, given: Mapping[str, str]) -> Row:
        until = self._moment(given.get("until", "").strip())
        if until is not None and until <= self._now:
            raise EntryRefused("until must lie ahead")
        note = given.get("note", "").strip()
        if len(note) > LONGEST_NOTE:
            raise EntryRefused(f"the note is longer than {LONGEST_NOTE} characters")
        evidence = _evidence(given.get("calls", ""), given.get("recordings", ""))
        return Row(full_number(raw), note, "allow", "allow", "", until, True, *evidence)

    def _moment(self, written: str) -> datetime | None:
        return moment_of(written, self._zone) if written else None


class _Known:
    """What was found of cells before: it holds for the next row that has the same.

    Each cell is judged by itself, so a row whose parts were all good is good. Whatever is not
    known, or not good, is for the reader to look at, and to say what is wrong with it.
    """

    def __init__(self, names: Sequence[str], protected: frozenset[str]) -> None:
        self._width = len(names)
        place = {name: len(names) for name in COLUMNS}  # of what is missing: behind the last
        place |= {name: at for at, name in enumerate(names)}
        self._until = place["until"]
        self._own = itemgetter(*(place[name] for name in ("number", "note", "calls", "recordings")))
        self._terms = itemgetter(place["kind"], place["disposition"], place["reason"])
        self._protected = protected
        self._found: dict[tuple[str, ...], tuple[Kind, str, str]] = {}
        self._ends: dict[tuple[Kind, str], tuple[datetime | None, bool]] = {}

    def row(self, cells: Sequence[str]) -> Row | None:
        """The row, where all that it says was seen before but for a good number and a note."""
        whole = "".join(cells)
        if len(cells) != self._width or not whole.isprintable():
            return None
        cells = (*cells, "")
        terms = self._found.get(self._terms(cells))
        if terms is None:
            return None
        end = self._ends.get((terms[0], cells[self._until]))
        raw, note, *evidence = self._own(cells)
        if "'" in whole:
            raw, note, *evidence = map(restored, (raw, note, *evidence))
        raw = raw.strip()
        if end is None or raw.endswith("*") or len(note) > LONGEST_NOTE:
            return None
        try:
            number = full_number(raw, protected=self._protected if terms[0] == "number" else _NONE)
            calls, recordings = _evidence(*evidence)
        except ValueError:
            return None
        return Row(number, note.strip(), *terms, *end, calls, recordings)

    def learn(self, cells: Sequence[str], row: Row) -> None:
        """Keep what the reader found of a row's cells; of prefixes nothing, they are few."""
        if row.kind == "prefix" or len(cells) != self._width:
            return
        cells = (*cells, "")
        for kept in (self._found, self._ends):
            if len(kept) == _KEPT:
                kept.clear()
        self._found[self._terms(cells)] = row.kind, row.disposition, row.reason
        self._ends[row.kind, cells[self._until]] = row.until, row.own_end


def _csv(lines: Iterator[str]) -> tuple[list[str], Iterator[freepbx.Record]]:
    """What the columns of our own file are, and its rows."""
    names, records = table_of(lines)
    _check_header(names)
    return names, records


def _freepbx(lines: Iterator[str]) -> tuple[list[str], Iterator[freepbx.Record]]:
    return freepbx.NAMES, freepbx.records(lines)


def _evidence(calls: str, recordings: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Calls and recordings. Raises ValueError."""
    if not (calls or recordings):
        return (), ()
    evidence = Evidence(tuple(calls.split()), tuple(recordings.split()))
    return evidence.calls, evidence.recordings


def _check_header(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "number" not in names or len(set(names)) != len(names):
        raise FileUnusable(f"row 1 must name columns, once each: number, of {', '.join(COLUMNS)}")


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

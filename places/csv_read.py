"""Reading the gazetteer from CSV, row by row: each is a checked row, or what is wrong with it.

Nothing of the file is kept but what its names are: a million rows take the memory of one.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from files.csv_lines import FileUnusable, lines_of, table_of
from places.gazetteer import SHORT_ADDRESS
from places.keypad import keys_of

COLUMNS = (
    *("building_number", "postal_code", "secondary_number", "short_address"),
    *("street_ar", "street_en", "district_ar", "district_en"),
    *("sub_municipality", "lat", "long"),
)
"""All columns; a file may have them in any order, and must have the first two."""
NEEDED = COLUMNS[:2]
ENCODINGS = ("utf-8", "windows-1256")
LONGEST_NAME = 100
SAUDI_ARABIA = {"lat": (16.0, 33.0), "long": (34.0, 56.0)}
"""Between which degrees the country lies (WGS 84): the usual slip is one for the other."""
_KEPT = 50_000
_FOUR, _FIVE = re.compile("[0-9]{4}").fullmatch, re.compile("[0-9]{5}").fullmatch
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")

Row = tuple[str | float | None, ...]
"""A checked row: the values of `places.fields.Address`, in their order."""


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with a cell, and the mend. `row` counts lines of the file, the header being 1.

    `column` is empty for what is wrong with the whole row.
    """

    row: int
    column: str
    message: str


class Reader:
    """Reads one file. `codes` are sub-municipalities: a code or a name in small letters → the code.

    `unsayable` tells what keeps a name from being said, empty for nothing.
    """

    def __init__(
        self,
        source: BinaryIO,
        *,
        codes: Mapping[str, str],
        unsayable: Callable[[str], str],
        encoding: str = "utf-8",
    ) -> None:
        self._source = source
        self._codes = codes
        self._unsayable = unsayable
        self._encoding = encoding
        self._names: dict[str, str] = {}
        self._found: dict[str, str | None] = {}

    def rows(self) -> Iterator[tuple[int, Row | list[CellError]]]:
        """Each row that is not empty, by its number. Raises FileUnusable."""
        names, records = table_of(lines_of(self._source, self._encoding))
        unknown = [name for name in names if name not in COLUMNS]
        if unknown or not set(NEEDED) <= set(names) or len(set(names)) != len(names):
            raise FileUnusable(
                f"row 1 must name columns, once each: {', '.join(NEEDED)}, "
                f"and any of {', '.join(COLUMNS[2:])}" + _told(unknown)
            )
        places = [names.index(name) if name in names else len(names) for name in COLUMNS]
        for number, cells in records:
            if len(cells) > len(names) and any(cells[len(names) :]):
                more = f"{len(cells)} cells, the header has {len(names)}: quote what has a comma"
                yield number, [CellError(number, "", more)]
                continue
            cells += [""] * (len(names) + 1 - len(cells))
            given = [cells[place].strip() for place in places]
            if any(given):
                yield number, self._row(number, given)

    def _row(self, number: int, given: list[str]) -> Row | list[CellError]:
        building, postal, secondary, short, *names, sub, lat, long = given
        short = short.upper()
        faults: list[tuple[str, str]] = []
        if not _FOUR(building):
            faults.append(("building_number", _digits_mend(building, 4)))
        if not _FIVE(postal):
            faults.append(("postal_code", _digits_mend(postal, 5)))
        if secondary and not _FOUR(secondary):
            faults.append(("secondary_number", _digits_mend(secondary, 4)))
        if short and not SHORT_ADDRESS.fullmatch(short):
            faults.append(("short_address", "must be four letters A-Z and four digits: RRRD2929"))
        for column, name in zip(COLUMNS[4:8], names, strict=True):
            if name and (fault := self._fault(name)):
                faults.append((column, fault))
        code = self._code(sub) if sub else None
        if sub and code is None:
            mend = "is no code or name of sub_municipalities.yaml: write one of its codes"
            faults.append(("sub_municipality", mend))
        where = _degrees("lat", lat, faults), _degrees("long", long, faults)
        if bool(lat) != bool(long):
            faults.append(("long" if lat else "lat", "is missing: give lat and long, or neither"))
        if faults:
            return [CellError(number, column, message) for column, message in faults]
        keys = keys_of(short) if short else None
        return (building, postal, secondary, short or None, keys, *names, code, *where)

    def _code(self, name: str) -> str | None:
        """The code of a sub-municipality; most are those of rows before."""
        if name not in self._found:
            if len(self._found) == _KEPT:
                self._found.clear()
            self._found[name] = self._codes.get(folded(name))
        return self._found[name]

    def _fault(self, name: str) -> str:
        """What is wrong with a name; most are those of rows before."""
        known = self._names.get(name)
        if known is not None:
            return known
        if len(self._names) == _KEPT:
            self._names.clear()
        if any("\udc80" <= char <= "\udcff" for char in name):
            found = "holds bytes that are not UTF-8: is the file --encoding windows-1256?"
        elif self._encoding != "utf-8" and _was_utf8(name, self._encoding):
            found = f"is UTF-8 and no {self._encoding}: import it without --encoding"
        elif len(name) > LONGEST_NAME:
            found = f"has {len(name)} characters: at most {LONGEST_NAME}"
        else:
            found = self._unsayable(name)
        self._names[name] = found
        return found


def _was_utf8(name: str, encoding: str) -> bool:
    """Whether a name was read by another encoding than it was written in."""
    try:
        return not name.isascii() and bool(name.encode(encoding).decode("utf-8"))
    except UnicodeError:
        return False


def folded(name: str) -> str:
    """A name as it is compared: in small letters, a hyphen being a blank."""
    return " ".join(name.casefold().replace("-", " ").split())


def _digits_mend(value: str, digits: int) -> str:
    if not value:
        return f"is missing: write its {digits} digits"
    if value.isascii() and value.isdecimal() and len(value) < digits:
        return (
            f"has {len(value)} digits of {digits}: a spreadsheet drops leading zeros, "
            f"so make the column text and write {value.zfill(digits)}"
        )
    return f"must be {digits} digits 0-9"


def _degrees(axis: str, text: str, faults: list[tuple[str, str]]) -> float | None:
    if not text:
        return None
    if not _DEGREES.fullmatch(text):
        faults.append((axis, "must be degrees with a point, as 21.5433"))
        return None
    value = float(text)
    least, most = SAUDI_ARABIA[axis]
    if not least <= value <= most:
        mend = f"{value:g} is not between {least:g} and {most:g}: are lat and long exchanged?"
        faults.append((axis, mend))
    return value


def _told(unknown: Sequence[str]) -> str:
    shown = ", ".join(name[:40] for name in unknown[:4] if name.isprintable())
    return f"; not known here: {shown}" if shown else ""

"""The lines of a CSV file as text, however a spreadsheet has saved it."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

BYTE_ORDER_MARK = "\ufeff"
LONGEST_LINE = 65_536
"""Characters of a line: beyond it the file is no list."""


class FileUnusable(ValueError):
    """The file is no such list; the message says why and what to do."""


def lines_of(source: BinaryIO, encoding: str = "utf-8") -> Iterator[str]:
    """Lines as text, whichever way they end (LF, CR LF, CR), in UTF-8 or UTF-16 (spreadsheets').

    `encoding` is another one that people name: it then holds, whatever the file begins with. What
    is not UTF-8 shows in its row as surrogates, and is refused there. Raises FileUnusable.
    """
    head = source.read(4)
    encoding = _encoding(head) if encoding == "utf-8" else encoding
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


def table_of(lines: Iterator[str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The names in the first line (small letters), and the rows behind it by their numbers.

    Cells are parted by commas, or by the semicolons of a spreadsheet whose decimals have commas.
    Raises FileUnusable.
    """
    head = next(lines, "")
    delimiter = ";" if ";" in head and "," not in head else ","
    names = [cell.strip().casefold() for cell in next(csv.reader([head], delimiter=delimiter), [])]
    while names and not names[-1]:
        names.pop()
    return names, numbered(csv.reader(lines, delimiter=delimiter, strict=True))


def numbered(rows: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows of a `csv.reader` whose file began with a header of one line, each with the line it
    begins on. Raises FileUnusable.
    """
    while True:
        row = rows.line_num + 2
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise FileUnusable(f"row {row}: {error}; check its quotation marks") from None
        if cells is None:
            return
        yield row, cells


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

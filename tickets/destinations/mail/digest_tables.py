"""A day's list as tables: CSV for programs and spreadsheets, XLSX for people.

No cell is ever computed: in CSV what a spreadsheet would take as a formula has an apostrophe before
it (`files.spreadsheet`), in XLSX every cell is typed as text. Times are such as sort by themselves.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import xlsxwriter

from files.csv_lines import BYTE_ORDER_MARK
from files.spreadsheet import neutral
from tickets.destinations.mail.digest_rows import DayList
from tickets.destinations.mail.safe_text import safe
from tickets.destinations.mail.told import Names
from tickets.destinations.mail.words import LANGUAGES, Words
from tickets.model import Ticket

_WIDTHS = {"place": 40, "service": 34, "description": 60, "recording": 38, "status": 26}
_WIDTH = 19
Said = Callable[[str], str]
"""A word for each language, by one of them: `{ar} / {en}`."""


class DigestTables:
    """Rows of tickets in the languages of a destination, at a moment (aware)."""

    def __init__(self, names: Names, languages: Sequence[str], now: datetime) -> None:
        self._names = names
        self._words = [LANGUAGES[language] for language in languages]
        self._now = now

    def csv(self, found: DayList) -> bytes:
        """Both lists, by their first column (RFC 4180, UTF-8 with a byte order mark)."""
        out = io.StringIO(newline="")
        rows = csv.writer(out)
        rows.writerow([self._word("sheet"), *self._heads()])
        for sheet, tickets in (("told", found.told), ("open", found.open)):
            for ticket in tickets:
                cells = (self._word(f"sheet.{sheet}"), *self._cells(ticket).values())
                rows.writerow([neutral(cell) for cell in cells])
        return (BYTE_ORDER_MARK + out.getvalue()).encode()

    def xlsx(self, found: DayList) -> bytes:
        """A sheet for each list, from right to left where Arabic comes first."""
        out = io.BytesIO()
        with xlsxwriter.Workbook(
            out,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
        ) as book:
            bold = book.add_format({"bold": True, "bg_color": "#E3EEE9", "text_wrap": True})
            text = book.add_format({"num_format": "@", "valign": "top"})
            for name, tickets in (("told", found.told), ("open", found.open)):
                sheet = book.add_worksheet(self._word(f"sheet.{name}").replace("/", "-"))
                if self._words[0].direction == "rtl":
                    sheet.right_to_left()
                sheet.freeze_panes(1, 1)
                for column, (key, head) in enumerate(self._columns()):
                    sheet.set_column(column, column, _WIDTHS.get(key, _WIDTH), text)
                    sheet.write_string(0, column, head, bold)
                for row, ticket in enumerate(tickets, start=1):
                    for column, value in enumerate(self._cells(ticket).values()):
                        sheet.write_string(row, column, value, text)
        return out.getvalue()

    def _heads(self) -> list[str]:
        return [head for _, head in self._columns()]

    def _columns(self) -> Iterator[tuple[str, str]]:
        """The keys of `_cells`, and what stands above them."""
        for key in _KEYS:
            yield key, self._word(key)

    def _word(self, key: str) -> str:
        return self._each(lambda words: words[key])

    def _each(self, word: Callable[[Words], str]) -> str:
        """In each language, once where they are alike."""
        return " / ".join(dict.fromkeys(word(words) for words in self._words))

    def _cells(self, ticket: Ticket) -> dict[str, str]:
        names = self._names
        code, area = ticket.service_code, ticket.sub_municipality
        values = {
            "reference": ticket.service_request_id,
            "opened": self._moment(ticket.requested_datetime),
            "service": self._each(lambda words: names.service(code, words.language)),
            "kind": self._each(lambda words: words.of("kind", ticket.kind)),
            "status": self._each(lambda words: words.of("status", ticket.status)),
            "priority": self._each(lambda words: words.of("priority", ticket.priority)),
            "area": self._each(lambda words: names.area(area, words.language)) if area else "",
            "place": ticket.address_string if ticket.address_string != area else "",
            "expected": self._moment(ticket.expected_datetime),
            "late": self._word("yes") if is_late(ticket, self._now) else "",
            "phone": ticket.phone or "",
            "call_back": self._word("yes") if ticket.callback_requested else "",
            "description": ticket.description or "",
            "recording": ticket.recording_ref or "",
            "changed": self._moment(ticket.updated_datetime),
            "version": str(ticket.version),
        }
        return {key: safe(values[key] or "") for key in _KEYS}

    def _moment(self, moment: datetime | None) -> str:
        return "" if moment is None else moment.astimezone(self._names.zone).strftime("%F %H:%M")


_KEYS = (
    *("reference", "opened", "service", "kind", "status", "priority", "area", "place", "expected"),
    *("late", "phone", "call_back", "description", "recording", "changed", "version"),
)


def is_late(ticket: Ticket, now: datetime) -> bool:
    """Whether it is open, and was promised to be done by now."""
    return (
        ticket.is_open and ticket.expected_datetime is not None and ticket.expected_datetime < now
    )

"""What is asked of a server of Open311 GeoReport v2, and its lists, which are short."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote, urlencode

import httpx

from carriers.addresses import Admits, anywhere
from tickets.destination import CannotAsk
from tickets.destinations.answer import is_page, remote_id
from tickets.destinations.attempt import NOT_HEARD, Attempt
from tickets.destinations.open311_wire import FORM, MOST_ROWS, Row, ranges, rows_of, w3_time
from tickets.destinations.webhook import not_asked

_NO_SUCH_LIST = frozenset({404, 405, 410, 501})
"""What says so. Whoever refuses a key (401, 403), or the question (400), may have one all the same:
a key may be wrong for an hour, and a proxy before it may refuse anybody."""
_MOST_LISTED_BYTES = 16_000_000
_LISTING_S = 60.0
_AGENT = {"user-agent": "hotline-940"}


class NoList(Exception):
    """It answered, and not with a list."""

    def __init__(self, status: int, why: str, retry_after_s: float | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def for_good(self) -> bool:
        """Whether it has no such list: asking again is no use."""
        return self.status in _NO_SUCH_LIST


@dataclass(frozen=True, slots=True)
class Open311Server:
    """The server at `endpoint` (without a stroke at its end)."""

    endpoint: str
    format: Literal["json", "xml"] = "json"
    jurisdiction_id: str | None = None
    admits: Admits = anywhere
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Whose certificates are taken; None: the public authorities'."""

    def attempt(self, seconds: float) -> Attempt:
        """Questions that end together."""
        return Attempt(seconds, self.admits, self.tls)

    def post(self, what: str, form: Sequence[tuple[str, str]]) -> httpx.Request:
        """A question that makes something."""
        url, headers = f"{self.endpoint}/{what}.{self.format}", {"content-type": FORM, **_AGENT}
        return httpx.Request("POST", url, content=urlencode(form).encode(), headers=headers)

    def get(self, what: str, more: Mapping[str, str] | None = None) -> httpx.Request:
        """A question that makes nothing."""
        query = urlencode([*self.jurisdiction(), *(more or {}).items()])
        url = f"{self.endpoint}/{what}.{self.format}{'?' if query else ''}{query}"
        return httpx.Request("GET", url, headers=_AGENT)

    def jurisdiction(self) -> Iterator[tuple[str, str]]:
        """Which city is meant, where a server has several."""
        if self.jurisdiction_id:
            yield "jurisdiction_id", self.jurisdiction_id

    def rows(
        self, attempt: Attempt | None, start: datetime, end: datetime, code: str | None = None
    ) -> Iterator[Row]:
        """What was requested from `start` to `end`, in as many questions as its lists are short.

        Without `attempt` each question has its own time. Raises NoList, and NOT_HEARD.
        """
        for first, last in ranges(start, end):
            rows = self._list(attempt, first, last, code)
            half = (last - first) / 2
            if len(rows) >= MOST_ROWS and half >= timedelta(seconds=1):
                yield from self.rows(attempt, first, first + half, code)
                yield from self.rows(attempt, first + half, last, code)
            else:
                yield from rows

    def _list(
        self, attempt: Attempt | None, start: datetime, end: datetime, code: str | None
    ) -> list[Row]:
        asked = {"start_date": w3_time(start), "end_date": w3_time(end)}
        asked |= {"service_code": code} if code else {}
        exchange = attempt or self.attempt(_LISTING_S)
        with exchange.asked(self.get("requests", asked), _MOST_LISTED_BYTES) as reply:
            if not reply.is_success:
                raise NoList(reply.status, f"HTTP {reply.status}", reply.retry_after_s)
            rows = None if is_page(reply) else rows_of(reply.read(_MOST_LISTED_BYTES))
        # Errors are rows too, and some servers send them with a status that says yes: whoever takes
        # them for a list in which nothing is found posts again what is there.
        if rows is None or not all("service_request_id" in row or "token" in row for row in rows):
            raise NoList(reply.status, f"HTTP {reply.status}, and no list of requests in it")
        return rows

    def has(self, number: str, seconds: float) -> bool:
        """Whether it has this request. Raises CannotAsk."""
        question = self.get(f"requests/{quote(number, safe='')}")
        try:
            with self.attempt(seconds).asked(question) as reply:
                if reply.status in (404, 410):
                    return False
                rows = rows_of(reply.read()) if reply.is_success else None
        except NOT_HEARD as error:
            raise CannotAsk(not_asked(error).error or "") from None
        if rows is None:
            raise CannotAsk(f"HTTP {reply.status}, and no request in it")
        return any(remote_id(row.get("service_request_id")) == number for row in rows)

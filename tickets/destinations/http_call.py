"""Requests as data: an address, headers and a body with places, and what is read of an answer."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from carriers.exchange import Reply
from tickets.destination import PushResult
from tickets.destinations.acknowledgement import Acknowledgement, value_at
from tickets.destinations.answer import first_line, is_page, json_value, remote_id
from tickets.destinations.attempt import NOT_HEARD, Attempt, NotKnown, not_told
from tickets.destinations.mark import begins_with
from tickets.destinations.template import Template, fill_body, header_of, url_of
from tickets.destinations.untold import personal_in, secret_parts
from tickets.destinations.webhook import not_asked

Path = tuple[str, ...]
Values = Mapping[str, Any]
_MOST_FOUND_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request. Secrets are in the values that its headers get alone."""

    method: str
    url: Template
    headers: Mapping[str, Template] = field(default_factory=dict)
    body: Any = None
    """As `parse_body` gives it; None: without one."""

    def request(self, values: Values, hidden: Values) -> httpx.Request:
        """Filled. Raises Unfit, and httpx.InvalidURL."""
        known = {**values, **hidden}
        headers = {"user-agent": "hotline-940", "accept": "application/json"}
        content = None
        if self.body is not None:
            content = json.dumps(fill_body(self.body, values), ensure_ascii=False).encode()
            headers["content-type"] = "application/json"
        headers |= {name: header_of(name, one, known) for name, one in self.headers.items()}
        encoded = [(name.encode(), text.encode("latin-1")) for name, text in headers.items()]
        url = url_of(self.url, values)
        return httpx.Request(self.method, url, content=content, headers=encoded)


@dataclass(frozen=True, slots=True)
class Found:
    """It is there, by this number of theirs, where they tell it."""

    remote_id: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """A question that finds what was sent: rows of which one begins as `match` says, word by word.

    `rows` is where the list stands in the answer, `count` where its length does, for who leaves an
    empty list out. After `found_after_s` at the latest it is found.
    """

    call: Call
    match: Mapping[Path, Template]
    rows: Path = ()
    count: Path | None = None
    id: Path | None = None
    found_after_s: float = 0.0

    def find(self, attempt: Attempt, values: Values, hidden: Values) -> Found | None:
        """Raises NotKnown where it does not answer, and what `Call.request` raises."""
        try:
            with attempt.asked(self.call.request(values, hidden), _MOST_FOUND_BYTES) as reply:
                body = reply.read(_MOST_FOUND_BYTES) if reply.is_success else None
                rows = self._rows(json_value(body)) if body is not None else None
                if rows is None:
                    untold = [*secret_parts(hidden.values()), *personal_in(values)]
                    raise NotKnown(_no_list(reply, body, untold))
        except NOT_HEARD as error:
            raise not_told(error) from None
        for row in rows:
            if all(begins_with(value_at(row, at), wanted.text(values))
                   for at, wanted in self.match.items()):  # fmt: skip
                return Found(remote_id(value_at(row, self.id)) if self.id else None)
        return None

    def _rows(self, answer: Any) -> list[Any] | None:
        rows = value_at(answer, self.rows)
        if rows is None and self.count is not None:
            count = value_at(answer, self.count)
            rows = [] if count == 0 and not isinstance(count, bool) else None
        if not isinstance(rows, list) or (rows and not any(map(self._is_told, rows))):
            return None
        return rows

    def _is_told(self, row: Any) -> bool:
        """Whether a row has what is compared, or its number: errors are rows too."""
        told = all(value_at(row, at) is not None for at in self.match)
        return told or (self.id is not None and value_at(row, self.id) is not None)


def _no_list(reply: Reply, body: bytes | None, untold: Collection[str]) -> PushResult:
    what = f"HTTP {reply.status}" + (", and no list in it" if reply.is_success else "")
    body = body if reply.is_success else reply.read()
    said = first_line(body, page=is_page(reply), untold=untold)
    error = f"asked whether it has this already: {what}"
    return PushResult("retry", reply.status, error, retry_after_s=reply.retry_after_s, answer=said)


@dataclass(frozen=True, slots=True)
class Session:
    """A request before the others, whose answer has at `token` what they need in a header."""

    call: Call
    token: Path

    def begin(self, attempt: Attempt, hidden: Values) -> str:
        """Raises NotKnown where there is none, and what `Call.request` raises."""
        try:
            with attempt.asked(self.call.request({}, hidden)) as reply:
                token = value_at(json_value(reply.read()), self.token) if reply.is_success else None
        except NOT_HEARD as error:
            raise NotKnown(
                PushResult("retry", error=f"its session: {not_asked(error).error}")
            ) from None
        if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
            what = f"its session: HTTP {reply.status}"
            what += ", and no token in it" if reply.is_success else ""
            wish = reply.retry_after_s
            raise NotKnown(PushResult("retry", reply.status, what, retry_after_s=wish))
        return token


@dataclass(frozen=True, slots=True)
class Sending:
    """How one kind of message is sent: the request, what says that it is taken, how it is found."""

    call: Call
    success: frozenset[int] = frozenset()
    """Which of 2xx; none: all."""
    wanted: Acknowledgement | None = None
    """What the body must say; None: whatever is no page for people."""
    id: Path | None = None
    look: Look | None = None

    def takes(self, reply: Reply, body: bytes | None) -> bool:
        """Whether an answer of 2xx says that it is taken."""
        if self.success and reply.status not in self.success:
            return False
        return not is_page(reply) if self.wanted is None else self.wanted.holds(body)

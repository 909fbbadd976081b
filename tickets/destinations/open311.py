"""A server of Open311 GeoReport v2, to which tickets are posted as service requests.

It knows no key by which it would make a request once. So what is posted begins with our mark
(`mark.py`), and where an attempt may have reached it, its list of requests is looked through for
that mark before anything is posted again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

import httpx

from carriers.exchange import Reply
from outbox.retry import Retry
from tickets.destination import CannotAsk, Held, Message, PushResult
from tickets.destinations.answer import failure, first_line, is_page, remote_id
from tickets.destinations.attempt import (
    NOT_HEARD,
    Attempt,
    NotKnown,
    not_told,
    too_soon,
    unsure_of,
)
from tickets.destinations.entry import FOUND_AFTER_S, SecretMissing
from tickets.destinations.fields import values_of
from tickets.destinations.mail.told import Names
from tickets.destinations.mark import begins_with, mark_of, marked_for
from tickets.destinations.open311_server import NoList, Open311Server
from tickets.destinations.open311_wire import (
    MOST_DESCRIPTION,
    attributes_of,
    location_of,
    person_of,
    rows_of,
)
from tickets.destinations.plain import added_of, cut, place_of, text_of
from tickets.destinations.template import Template
from tickets.destinations.untold import untold_of
from tickets.destinations.webhook import not_asked
from tickets.model import UPDATED

_ABOUT_A_REQUEST = frozenset({400, 403, 404, 409, 422})
_AROUND = timedelta(days=1)
"""So far the server's clock may be from ours, or its dates from UTC."""
_MOST_TOKEN = 400


@dataclass(frozen=True, slots=True)
class Open311Destination:
    """Where tickets become service requests.

    `services` are its codes by ours, `attributes` what its services ask for besides. `updates` is
    what a later version becomes: a request of its own, or nothing. After `found_after_s` at the
    latest its list has what was posted.
    """

    name: str
    server: Open311Server
    api_key: Callable[[], str] = field(repr=False)
    names: Names = field(repr=False)
    timeout_s: float = 8.0
    retry: Retry | None = None
    services: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Template] = field(default_factory=dict)
    updates: Literal["post", "leave"] = "post"
    found_after_s: float = FOUND_AFTER_S
    place: str = "جدة, Jeddah"
    """Where a ticket is whose place nobody knows."""
    read_by_people: bool = False
    lists: bool = True

    def push(self, message: Message) -> PushResult:
        """Post the ticket once and judge the answer; or ask by its token what became of it."""
        if message.event == UPDATED and self.updates == "leave":
            why = "not told: GeoReport v2 has no updates (updates: leave)"
            return PushResult("acknowledged", error=why, remote_id=message.remote_id, asked=False)
        attempt, blind = self.server.attempt(self.timeout_s), False
        try:
            if message.token:
                return self._ask(attempt, message)
            if message.repeated:
                try:
                    found = self._look(attempt, message)
                except NoList:
                    found, blind = None, True
                if found is not None:
                    return found
            key = self.api_key()
            with attempt.asked(self._post(message, key)) as reply:
                return replace(self._judge(reply, message, key), blind=blind)
        except NotKnown as error:
            return error.result
        except SecretMissing as error:
            return PushResult("retry", error=str(error))
        except NOT_HEARD as error:
            return replace(not_asked(error), blind=blind)

    def _post(self, message: Message, key: str) -> httpx.Request:
        ticket = message.ticket
        code = ticket.service_code
        form = [
            ("api_key", key),
            *self.server.jurisdiction(),
            ("service_code", self.services.get(code, code)),
            *location_of(ticket, place_of(message, self.names), self.place),
            ("description", self._description(message)),
            *person_of(ticket),
            *attributes_of(self.attributes, values_of(message, self.names)),
        ]
        return self.server.post("requests", form)

    def _description(self, message: Message) -> str:
        """It may be shown to the whole city: nothing of who has called is in it."""
        known = text_of(message, self.names, personal=False)
        if message.event == UPDATED:
            earlier = message.remote_id or message.ticket.service_request_id
            about = f"إضافة إلى الطلب {earlier}\nAdded to request {earlier}"
            known = f"{about}\n\n{added_of(message, self.names)}\n\n{known}"
        return cut(f"{mark_of(message)}\n{known}", MOST_DESCRIPTION)

    def _judge(self, reply: Reply, message: Message, key: str) -> PushResult:
        status = reply.status
        if not reply.is_success:
            return unsure_of(failure(reply, message, _ABOUT_A_REQUEST, [key]))
        body = reply.read()
        rows = rows_of(body) or [{}]
        if number := remote_id(rows[0].get("service_request_id") or None):
            return PushResult("acknowledged", status, remote_id=number)
        if token := _token(rows[0].get("token")):
            wish = reply.retry_after_s
            return PushResult("accepted", status, token=token, retry_after_s=wish)
        error = f"HTTP {status}, and neither a service_request_id nor a token in it"
        said = first_line(body, page=is_page(reply), untold=untold_of(message.ticket, [key]))
        return PushResult("retry", status, error, unsure=True, answer=said)

    def _ask(self, attempt: Attempt, message: Message) -> PushResult:
        """What became of what it had accepted: the number comes when it comes."""
        token = message.token or ""
        try:
            with attempt.asked(self.server.get(f"tokens/{quote(token, safe='')}")) as reply:
                if reply.status == 410:
                    error = "HTTP 410: it knows the token no more; it is looked for, or sent again"
                    return PushResult("retry", 410, error, token="")
                if reply.status != 404 and not reply.is_success:
                    return failure(reply, message, frozenset())
                body = reply.read()
                rows = rows_of(body) if reply.is_success else []
                if rows is None:
                    error = f"HTTP {reply.status}, and it says nothing of the token"
                    untold = untold_of(message.ticket)
                    said = first_line(body, page=is_page(reply), untold=untold)
                    return PushResult("retry", reply.status, error, answer=said)
                number = remote_id(rows[0].get("service_request_id") or None) if rows else None
                if number:
                    return PushResult("acknowledged", reply.status, remote_id=number)
                wish = reply.retry_after_s
                return PushResult("accepted", reply.status, token=token, retry_after_s=wish)
        except NOT_HEARD as error:
            return PushResult("retry", error=not_asked(error).error)

    def _look(self, attempt: Attempt, message: Message) -> PushResult | None:
        """What its list says of this message; None: it is to be posted, as far as anybody knows.

        Raises NotKnown where it does not answer, and NoList where it has none.
        """
        code, mark = message.ticket.service_code, mark_of(message)
        start = message.first_sent_at or message.ticket.requested_datetime
        end = max(message.unsure_at or datetime.now(UTC), start) + _AROUND
        try:
            theirs = self.services.get(code, code)
            for row in self.server.rows(attempt, start - _AROUND, end, theirs):
                if begins_with(row.get("description"), mark):
                    number = remote_id(row.get("service_request_id"))
                    return PushResult("acknowledged", 200, remote_id=number)
        except NoList as error:
            if error.for_good:
                raise
            why = f"asked whether it has this already: {error}"
            wish = error.retry_after_s
            raise NotKnown(PushResult("retry", error.status, why, retry_after_s=wish)) from None
        except NOT_HEARD as error:
            raise not_told(error) from None
        return too_soon(message, self.found_after_s)

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterator[Held]:
        """What its list has of ours; what is not in it is asked for by its number.

        Raises CannotAsk.
        """
        found: set[str] = set()
        try:
            for row in self.server.rows(None, since - _AROUND, datetime.now(UTC) + _AROUND):
                marked = marked_for(row.get("description"))
                if marked is not None:
                    reference, version = marked
                    found.add(reference)
                    number = remote_id(row.get("service_request_id"))
                    yield Held(reference, number, version if self.updates == "post" else None)
        except NoList as error:
            if not error.for_good:
                raise CannotAsk(str(error)) from None
        except NOT_HEARD as error:
            raise CannotAsk(not_asked(error).error or "") from None
        for message in sent:
            ours, theirs = message.ticket.service_request_id, message.remote_id
            if theirs and ours not in found and self.server.has(theirs, self.timeout_s):
                yield Held(ours, theirs)


def _token(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value or value in (".", ".."):
        return None
    return value if len(value) <= _MOST_TOKEN and value.isprintable() else None

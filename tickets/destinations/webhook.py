"""The push: one signed Standard Webhook over HTTP, and what its answer means.

The body is an event as CloudEvents 1.0 has it (JSON format, structured mode of its HTTP binding).
`webhook-id`, and the event's `id`, is the ticket's idempotency key on every attempt, for ever, so
that the receiver can make the ticket once; of a later version it is that key and the version. See
the Standard Webhooks specification, "Webhook Headers".
"""

import json
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from standardwebhooks import Webhook

from carriers.addresses import Admits, anywhere
from carriers.exchange import AddressRefused, ExchangeFailed, Reply, asked
from outbox.retry import Retry
from tickets.destination import CannotAsk, Held, Message, PushResult
from tickets.destinations.acknowledgement import Acknowledgement
from tickets.destinations.answer import (
    NUMBER_S,
    failure,
    json_object,
    json_value,
    remote_id,
    unacknowledged,
)
from tickets.destinations.entry import SecretMissing
from tickets.destinations.untold import untold_of
from tickets.model import Ticket, to_wire

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
_MOST_LISTED_BYTES = 64_000_000
_LISTING_S = 60.0
_TELLS_NOTHING = frozenset({405, 501})
"""Of an address that is asked what became of something (RFC 9110, 15.5.6 and 15.6.2)."""


@dataclass(frozen=True, slots=True)
class WebhookDestination:
    """A back office that tickets are pushed to at `url`.

    `secrets` gives those of this moment (`whsec_…`), newest first: each signs, so that the receiver
    may know any of them. `listing` is where it tells what it has, empty where it does not.
    """

    name: str
    url: str
    secrets: Callable[[], Sequence[str]]
    timeout_s: float = 8.0
    acknowledgement: Acknowledgement | None = None
    """What the body of a 2xx must be; None: the status says it."""
    retry: Retry | None = None
    read_by_people: bool = False
    admits: Admits = anywhere
    """Which addresses its host's name may lead to."""
    listing: str = ""
    lists: bool = True
    tls: ssl.SSLContext | None = None
    """Whose certificates are taken; None: the public authorities'."""

    def __repr__(self) -> str:
        return f"WebhookDestination({self.name!r}, {self.url!r})"

    def push(self, message: Message) -> PushResult:
        """Send the ticket once and judge the answer; or ask what became of it since."""
        now = datetime.now(UTC)
        try:
            if message.token:
                return self._ask(message, now)
            body, headers = signed_request(message, self.secrets(), now)
        except SecretMissing as error:
            return PushResult("retry", error=str(error))
        return self.send(message, body, headers)

    def send(
        self,
        message: Message,
        body: bytes,
        headers: Mapping[str, str],
        untold: Collection[str] = (),
    ) -> PushResult:
        """Send a signed message about a ticket once and judge the answer.

        `untold` is what of the body, beside the ticket's own, is not shown where it is repeated.
        """
        try:
            request = httpx.Request("POST", self.url, content=body, headers=dict(headers))
            with asked(request, self.timeout_s, admits=self.admits, tls=self.tls) as reply:
                return self._judge(reply, message, untold)
        except (ExchangeFailed, AddressRefused, httpx.InvalidURL) as error:
            return not_asked(error)

    def _judge(self, reply: Reply, message: Message, untold: Collection[str] = ()) -> PushResult:
        status, wanted = reply.status, self.acknowledgement
        if not reply.is_success:
            return failure(reply, message, hidden=untold)
        if status == 202 and (where := self._monitor(reply.headers.get("location", ""))):
            wish = reply.retry_after_s
            return PushResult("accepted", status, token=where, retry_after_s=wish)
        # Where the status says it, the receiver's number is worth a moment, and no second push.
        body = reply.read(seconds=NUMBER_S if wanted is None else None)
        if wanted is not None and not wanted.holds(body):
            return unacknowledged(reply, body, untold_of(message.ticket, untold))
        return PushResult("acknowledged", status, remote_id=remote_id(json_object(body).get("id")))

    def _monitor(self, location: str) -> str:
        """Where a 202 says that its outcome is told, if that is at the same server; else empty.

        RFC 9110, 15.3.3 has it "point to a status monitor", as `Location` does in practice. An
        address elsewhere would be a way to have this house ask whomever the answer names.
        """
        try:
            there = urljoin(self.url, location) if location else ""
            same = urlsplit(there)[:2] == urlsplit(self.url)[:2]
        except ValueError:  # as of http://[::1
            return ""
        return there if there and same and len(there) <= 500 and there.isascii() else ""

    def _ask(self, message: Message, now: datetime) -> PushResult:
        """What became of what was accepted. Who knows nothing of it any more is sent it again.

        Raises SecretMissing.
        """
        try:
            with asked(self._get(message.token or "", message.id, now), self.timeout_s,
                       admits=self.admits, tls=self.tls) as reply:  # fmt: skip
                if reply.status == 202:
                    wish = reply.retry_after_s
                    return PushResult("accepted", 202, token=message.token, retry_after_s=wish)
                if reply.status in (404, 410):
                    error = f"HTTP {reply.status} of what it had accepted: it is sent again"
                    return PushResult("retry", reply.status, error, token="")
                if reply.status in _TELLS_NOTHING:
                    error = f"HTTP {reply.status}: it had accepted this, and tells no more of it"
                    return PushResult("acknowledged", reply.status, error)
                if reply.status in (401, 403) or 300 <= reply.status < 400:
                    error = f"HTTP {reply.status} of what it had accepted: it is asked later"
                    return PushResult("accepted", reply.status, error, token=message.token)
                return self._judge(reply, message)
        except (ExchangeFailed, AddressRefused, httpx.InvalidURL) as error:
            return not_asked(error)

    def _get(self, url: str, message_id: str, now: datetime) -> httpx.Request:
        return httpx.Request("GET", url, headers=_signed(message_id, "", self.secrets(), now))

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterator[Held]:
        """What it lists. Raises CannotAsk."""
        del sent
        if not self.listing:
            raise CannotAsk("it has no `listing` in config/destinations.yaml")
        url = f"{self.listing}{'&' if '?' in self.listing else '?'}"
        url += urlencode({"since": since.astimezone(UTC).isoformat(timespec="seconds")})
        now = datetime.now(UTC)
        try:
            request = self._get(url, "listing", now)
            most = _MOST_LISTED_BYTES
            with asked(request, _LISTING_S, most_bytes=most,
                       admits=self.admits, tls=self.tls) as reply:  # fmt: skip
                rows = json_value(reply.read(most)) if reply.is_success else None
                if not isinstance(rows, list):
                    raise CannotAsk(f"HTTP {reply.status}, and no list in JSON")
        except (ExchangeFailed, AddressRefused, httpx.InvalidURL) as error:
            raise CannotAsk(not_asked(error).error or "") from None
        except SecretMissing as error:
            raise CannotAsk(str(error)) from None
        yield from (_held(row) for row in rows if isinstance(row, dict))


def not_asked(error: Exception) -> PushResult:
    """Of whom nothing was heard, and why."""
    if isinstance(error, ExchangeFailed):
        return PushResult("retry", error=str(error), unsure=error.sent)
    if isinstance(error, AddressRefused):
        return PushResult("retry", error=f"{error}: `private_addresses: true` allows it")
    return PushResult("retry", error=type(error).__name__)


def _held(row: Mapping[str, Any]) -> Held:
    reference, version = row.get("service_request_id"), row.get("version")
    return Held(
        reference=reference if isinstance(reference, str) else None,
        remote_id=remote_id(row.get("id")),
        version=version if isinstance(version, int) else None,
    )


def signed_request(
    message: Message, secrets: Sequence[str], now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of the webhook. `now` must be aware.

    Several signatures stand in one header with spaces between them ("Webhook Headers").
    """
    ticket = message.ticket
    data, moment = to_wire(ticket), ticket.updated_datetime
    return signed_message(event_of(message.id, message.event, moment, ticket, data), secrets, now)


def event_of(
    message_id: str, kind: str, moment: datetime, ticket: Ticket, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The event as CloudEvents 1.0 has it; its attributes in the order of the specification.

    `timestamp` says the same as `time`: receivers of earlier releases read it.
    """
    told = moment.astimezone(UTC).isoformat()
    return {
        "specversion": "1.0",
        "id": message_id,
        "source": f"/940/{ticket.jurisdiction_id}",
        "type": kind,
        "subject": ticket.service_request_id,
        "time": told,
        "datacontenttype": "application/json",
        "timestamp": told,
        "data": data,
    }


def signed_message(
    event: Mapping[str, Any], secrets: Sequence[str], now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of any webhook. `now` must be aware."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    signed = _signed(str(event["id"]), body, secrets, now)
    return body.encode(), {"content-type": CONTENT_TYPE, **signed}


def _signed(webhook_id: str, body: str, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    moment = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(webhook_id, moment, body) for secret in secrets]
    return {
        "user-agent": "hotline-940",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }

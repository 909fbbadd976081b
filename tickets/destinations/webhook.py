"""The push: one signed Standard Webhook over HTTP, and what its answer means.

`webhook-id` is the ticket's idempotency key on every attempt, for ever, so that the receiver can
make the ticket once; of a later version it is that key and the version. See the Standard Webhooks
specification, "Webhook Headers".
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
from standardwebhooks import Webhook

from carriers.exchange import ExchangeFailed, Reply, asked
from outbox.retry import RetryPolicy
from tickets.destination import PushResult
from tickets.destinations.acknowledgement import Acknowledgement
from tickets.model import UPDATED, Ticket, to_wire

NUMBER_S = 2.0
"""How long the receiver's own number is waited for once its status has said that it has it."""
_REMOTE_ID = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
# Of a ticket, where the body names it. All else may be said of any ticket, by a page of maintenance
# or a proxy: it is repeated, and told of the destination as a whole.
_ABOUT_A_TICKET = frozenset({409, 422})
_HAS_IT_ALREADY = frozenset({"already_exists", "duplicate"})


@dataclass(frozen=True, slots=True)
class WebhookDestination:
    """A back office that tickets are pushed to at `url`.

    `secrets` gives those of this moment (`whsec_…`), newest first: each signs, so that the receiver
    may know any of them.
    """

    name: str
    url: str
    secrets: Callable[[], Sequence[str]]
    timeout_s: float = 8.0
    acknowledgement: Acknowledgement | None = None
    """What the body of a 2xx must be; None: the status says it."""
    retry: RetryPolicy | None = None
    read_by_people: bool = False

    def __repr__(self) -> str:
        return f"WebhookDestination({self.name!r}, {self.url!r})"

    def push(self, ticket: Ticket, event: str) -> PushResult:
        """Send the ticket once and judge the answer."""
        body, headers = signed_request(ticket, event, self.secrets(), datetime.now(UTC))
        return self.send(ticket, body, headers)

    def send(self, ticket: Ticket, body: bytes, headers: Mapping[str, str]) -> PushResult:
        """Send a signed message about a ticket once and judge the answer."""
        try:
            request = httpx.Request("POST", self.url, content=body, headers=dict(headers))
            with asked(request, self.timeout_s) as reply:
                return _judge(reply, ticket, self.acknowledgement)
        except ExchangeFailed as error:
            return PushResult("retry", error=str(error), unsure=error.sent)
        except httpx.InvalidURL as error:
            return PushResult("retry", error=type(error).__name__)


def signed_request(
    ticket: Ticket, event: str, secrets: Sequence[str], now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of the webhook. `now` must be aware.

    Several signatures stand in one header with spaces between them ("Webhook Headers").
    """
    envelope = {
        "type": event,
        "timestamp": ticket.updated_datetime.astimezone(UTC).isoformat(),
        "data": to_wire(ticket),
    }
    return signed_message(message_id(ticket, event), envelope, secrets, now)


def message_id(ticket: Ticket, event: str) -> str:
    """What tells this message from others: the same on every attempt."""
    key = ticket.idempotency_key
    return f"{key}-v{ticket.version}" if event == UPDATED else key


def signed_message(
    webhook_id: str, envelope: Mapping[str, object], secrets: Sequence[str], now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of any webhook. `now` must be aware."""
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    moment = now.astimezone(UTC)
    signatures = [Webhook(secret).sign(webhook_id, moment, body) for secret in secrets]
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "hotline-940",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
    return body.encode(), headers


def _judge(reply: Reply, ticket: Ticket, wanted: Acknowledgement | None) -> PushResult:
    status = reply.status
    if reply.is_success:
        # Where the status says it, the receiver's number is worth a moment, and no second push.
        body = reply.read(seconds=NUMBER_S if wanted is None else None)
        if wanted is not None and not wanted.holds(body):
            return unacknowledged(status, body)
        return PushResult("acknowledged", status, remote_id=_remote_id(json_object(body)))
    if status == 410:
        return PushResult("refused", status, "refused for good with HTTP 410")
    if status in _ABOUT_A_TICKET:
        body = reply.read()
        answer = json_object(body)
        if status == 409 and answer.get("error") in _HAS_IT_ALREADY:
            return PushResult("acknowledged", status, remote_id=_remote_id(answer))
        if _names(ticket, reply, body):
            return PushResult("refused", status, f"this ticket is refused with HTTP {status}")
    error = f"HTTP {status}"
    if 300 <= status < 400:
        error = f"HTTP {status}, a redirect: if it stays, configure the final address"
    return PushResult("retry", status, error, retry_after_s=reply.retry_after_s)


def _names(ticket: Ticket, reply: Reply, body: bytes | None) -> bool:
    """Whether a program says so of this ticket: a page for people shows whatever it was asked."""
    kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    if body is None or kind in ("text/html", "application/xhtml+xml"):
        return False
    text = body.decode("utf-8", "replace")
    reference = rf"(?<![0-9]){ticket.service_request_id}(?![0-9])"
    return ticket.idempotency_key in text or re.search(reference, text) is not None


def unacknowledged(status: int, body: bytes | None) -> PushResult:
    """Of a status that says yes, and a body that does not; or that never came whole."""
    error = f"HTTP {status}, and its body is no acknowledgement"
    return PushResult("retry", status, error, unsure=body is None)


def json_object(body: bytes | None) -> dict[str, Any]:
    """The body where it is a JSON object, else an empty one."""
    try:
        answer = json.loads(body or b"")
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _remote_id(answer: dict[str, Any]) -> str | None:
    """The receiver's own number, where it is told and has a plain form."""
    value = answer.get("id")
    return value if isinstance(value, str) and _REMOTE_ID.fullmatch(value) else None

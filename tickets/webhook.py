"""The push: one signed Standard Webhook over HTTP, and what its answer means.

`webhook-id` is the ticket's idempotency key on every attempt, for ever, so that the receiver can
make the ticket once. See the Standard Webhooks specification, "Webhook Headers".
"""

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
from standardwebhooks import Webhook

from tickets.model import Ticket, to_wire

Verdict = Literal["acknowledged", "retry", "refused"]

_MAX_REPLY_BYTES = 65_536
_REMOTE_ID = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
# Faults of this message: no repetition mends them, so the ticket waits for a human at once.
# 401, 403 and 404 are not among them: they are faults of the configuration, met by every ticket
# alike and mended without touching one.
_REFUSED = frozenset({400, 405, 406, 409, 410, 411, 413, 414, 415, 422, 431})
_HAS_IT_ALREADY = frozenset({"already_exists", "duplicate"})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where tickets are pushed to. `secret` signs (`whsec_...`), `timeout_s` bounds the attempt."""

    name: str
    url: str
    secret: str
    timeout_s: float = 8.0

    def __repr__(self) -> str:
        return f"Destination({self.name!r}, {self.url!r})"


@dataclass(frozen=True, slots=True)
class PushResult:
    """What came of one push. `retry_after_s` is the receiver's own wish."""

    verdict: Verdict
    status: int | None = None
    error: str | None = None
    remote_id: str | None = None
    retry_after_s: float | None = None


def open_client() -> httpx.Client:
    """An HTTP client for pushes: no redirects (a signed body goes where it was meant), no proxy."""
    return httpx.Client(follow_redirects=False, trust_env=False)


def signed_request(
    ticket: Ticket, event: str, destination: Destination, now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of the webhook. `now` must be aware."""
    envelope = {
        "type": event,
        "timestamp": ticket.updated_datetime.astimezone(UTC).isoformat(),
        "data": to_wire(ticket),
    }
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    message_id = ticket.idempotency_key
    signature = Webhook(destination.secret).sign(message_id, now.astimezone(UTC), body)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "hotline-940",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return body.encode(), headers


def push(client: httpx.Client, ticket: Ticket, event: str, destination: Destination) -> PushResult:
    """Send the ticket once and judge the answer. Never raises for what the network does."""
    body, headers = signed_request(ticket, event, destination, datetime.now(UTC))
    deadline = time.monotonic() + destination.timeout_s
    timeout = httpx.Timeout(destination.timeout_s, connect=min(3.0, destination.timeout_s))
    try:
        with client.stream(
            "POST", destination.url, content=body, headers=headers, timeout=timeout
        ) as response:
            reply = _read(response, deadline)
            return _judge(response, reply)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return PushResult("retry", error=type(error).__name__)
    except TimeoutError:
        return PushResult("retry", error="the answer took too long")


def _read(response: httpx.Response, deadline: float) -> bytes:
    """The reply, bounded in bytes and in time: a receiver may send one byte a second for ever."""
    reply = bytearray()
    for chunk in response.iter_bytes():
        reply += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(reply) > _MAX_REPLY_BYTES:
            break
    return bytes(reply)


def _judge(response: httpx.Response, reply: bytes) -> PushResult:
    status = response.status_code
    answer = _json_object(reply)
    if response.is_success:
        return PushResult("acknowledged", status, remote_id=_remote_id(answer))
    if status == 409 and answer.get("error") in _HAS_IT_ALREADY:
        return PushResult("acknowledged", status, remote_id=_remote_id(answer))
    if response.is_redirect:
        return PushResult("refused", status, "answers with a redirect: configure the final address")
    if status in _REFUSED:
        return PushResult("refused", status, f"refused with HTTP {status}")
    return PushResult("retry", status, f"HTTP {status}", retry_after_s=_retry_after(response))


def _json_object(reply: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(reply)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _remote_id(answer: dict[str, Any]) -> str | None:
    """The receiver's own number, where it is told and has a plain form."""
    value = answer.get("id")
    return value if isinstance(value, str) and _REMOTE_ID.fullmatch(value) else None


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds from Retry-After (RFC 9110, 10.2.3); its date form is not used."""
    value = response.headers.get("retry-after", "")
    return float(value) if re.fullmatch(r"[0-9]{1,6}", value) else None

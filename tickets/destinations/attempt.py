"""One push that asks more than once: it ends at one moment, and knows what may have been sent."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from carriers.addresses import Admits
from carriers.exchange import AddressRefused, ExchangeFailed, Reply, asked
from tickets.destination import Message, PushResult
from tickets.destinations.webhook import not_asked

NOT_HEARD = (ExchangeFailed, AddressRefused, httpx.InvalidURL)
"""What `Attempt.asked` raises where there is no answer."""

_SOONEST_LOOK_S = 1.0


class Attempt:
    """Questions that share the `seconds` of one attempt."""

    def __init__(self, seconds: float, admits: Admits, tls: ssl.SSLContext | None = None) -> None:
        self._ends = time.monotonic() + seconds
        self._admits = admits
        self._tls = tls

    @contextmanager
    def asked(self, request: httpx.Request, most_bytes: int = 1_048_576) -> Iterator[Reply]:
        """Ask within what is left. Raises NOT_HEARD."""
        left = max(self._ends - time.monotonic(), 0.0)
        with asked(
            request, left, most_bytes=most_bytes, admits=self._admits, tls=self._tls
        ) as reply:
            yield reply


class NotKnown(Exception):
    """Whether it was sent before is not known; `result` says why, and that it is not sent now."""

    def __init__(self, result: PushResult) -> None:
        super().__init__(result.error)
        self.result = result


def not_told(error: Exception) -> NotKnown:
    """Of a question before anything is sent, to which there was no answer."""
    result = not_asked(error)
    why = f"asked whether it has this already: {result.error}"
    return NotKnown(replace(result, error=why, unsure=False))


def too_soon(message: Message, found_after_s: float) -> PushResult | None:
    """What follows where nothing was found, and it was sent so lately that it may yet be.

    It is looked for again after as long as has passed already, and at the end of `found_after_s`.
    """
    if message.unsure_at is None:
        return None
    passed = (datetime.now(UTC) - message.unsure_at).total_seconds()
    if not 0 <= passed < found_after_s:
        return None
    error = f"it may have this and not find it yet: asked again, {found_after_s:g} s after it"
    again_s = min(found_after_s - passed, max(passed, _SOONEST_LOOK_S))
    return PushResult("retry", error=error, asked=False, again_s=again_s)


def unsure_of(result: PushResult) -> PushResult:
    """Of a failure after which the receiver may have it: it failed while it was at it, or later."""
    late = result.verdict == "retry" and result.status is not None and result.status >= 500
    return replace(result, unsure=True) if late else result

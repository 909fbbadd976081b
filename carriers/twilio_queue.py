"""A queue at Twilio, asked by the REST API: how many callers are in it, and the first one's wait.

Names are those of the resources Queue and Member (2010-04-01). A queue is there once somebody has
waited in it, and stays; its identifier is looked for by its name, which is the account's own.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import httpx

from carriers.exchange import AddressRefused, ExchangeFailed, asked
from carriers.queue import QueueState, QueueUnknown
from carriers.twilio_account import TwilioAccount

_QUEUES = "Queues.json?PageSize=1000"
_MOST_BYTES = 1_000_000
"""A thousand queues of 600 bytes each."""
_SID = re.compile(r"QU[0-9a-f]{32}")


class TwilioQueue:
    """One queue of an account, by its name. `seconds` is all that each of two requests takes."""

    def __init__(self, account: TwilioAccount, name: str, *, seconds: float = 3.0) -> None:
        self._account = account
        self._name = name
        self._seconds = seconds

    def ask(self) -> QueueState:
        """How the queue is now. Raises QueueUnknown."""
        listed = self._asked(_QUEUES)
        queues = listed.get("queues") if listed is not None else None
        if listed is None or not isinstance(queues, list):
            raise QueueUnknown("its answer is no list of queues")
        for one in queues:
            if isinstance(one, dict) and one.get("friendly_name") == self._name:
                return self._state(one)
        if listed.get("next_page_uri"):
            raise QueueUnknown("it has too many queues to find ours among them", refused=True)
        return QueueState(0)  # nobody has ever waited in it

    def leave(self) -> None:
        """Nothing is kept from one question to the next."""

    def _state(self, queue: Mapping[str, Any]) -> QueueState:
        callers, sid = _number(queue.get("current_size")), str(queue.get("sid"))
        if callers is None or not _SID.fullmatch(sid):
            raise QueueUnknown("its answer is no queue")
        if not callers:
            return QueueState(0)
        front = self._asked(f"Queues/{sid}/Members/Front.json")
        return QueueState(callers, None if front is None else _number(front.get("wait_time")))

    def _asked(self, path: str) -> Mapping[str, Any] | None:
        """What it answers; None where there is no such thing. Raises QueueUnknown."""
        account = self._account
        try:
            request = account.request("GET", path)
            with asked(request, self._seconds, admits=account.admits) as reply:
                if reply.status == HTTPStatus.NOT_FOUND:
                    return None
                if not reply.is_success:
                    refused = reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
                    raise QueueUnknown(f"it answers with status {reply.status}", refused=refused)
                found = json.loads(reply.read(_MOST_BYTES) or b"")
        except (ExchangeFailed, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            kind = str(error) if isinstance(error, ExchangeFailed) else type(error).__name__
            raise QueueUnknown(f"it cannot be reached: {kind}") from None
        except AddressRefused as error:
            raise QueueUnknown(str(error), refused=True) from None
        except (ValueError, RecursionError):
            raise QueueUnknown("its answer cannot be read") from None
        if not isinstance(found, dict):
            raise QueueUnknown("its answer cannot be read")
        return found


def _number(found: object) -> int | None:
    """A count or seconds, as a number or its digits."""
    text = str(found)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

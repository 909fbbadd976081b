"""What an answer over HTTP means, alike for every kind of destination that is asked over HTTP."""

import json
import re
from collections.abc import Iterable
from typing import Any

from carriers.exchange import MOST_BYTES, Reply
from tickets.destination import Message, PushResult
from tickets.destinations.untold import LEFT_OUT, untold_of, without

NUMBER_S = 2.0
"""How long the receiver's own number is waited for once its status has said that it has it."""
_REMOTE_ID = re.compile(r"[A-Za-z0-9._:/-]{1,100}")
# Of a ticket, where the body names it. All else may be said of any ticket, by a page of maintenance
# or a proxy: it is repeated, and told of the destination as a whole.
_ABOUT_A_TICKET = frozenset({409, 422})
_MOST_SHOWN = 200
_MOST_LOOKED_AT, _LONGEST_LINE = 16_384, 1000
"""What is looked for below takes the square of a line's length where there is no space in it."""
_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
_BREAK = re.compile(r"\\([^u])")
_TOLD = re.compile(r"\+?\d[\d\s()./\u2010-\u2015-]{5,}\d|[^\s@<>\"']+@[^\s@<>\"']+")
"""Numbers of seven digits and more, in the digits of any script, and addresses of mail."""
_HAS_IT_ALREADY = frozenset({"already_exists", "duplicate"})


def failure(
    reply: Reply,
    message: Message,
    about: frozenset[int] = _ABOUT_A_TICKET,
    hidden: Iterable[str] = (),
) -> PushResult:
    """What any status but 2xx means for this message; `about` are those that may refuse a ticket.

    The body must name it then. `hidden` are secrets that the request had, which it may repeat.
    """
    status = reply.status
    body = reply.read(seconds=None if status in about else NUMBER_S)
    said = first_line(body, page=is_page(reply), untold=untold_of(message.ticket, hidden))
    if status == 410:
        return PushResult("gone", status, "HTTP 410: it wants no more", answer=said)
    if status in about:
        answer = json_object(body)
        error = answer.get("error")
        if status == 409 and isinstance(error, str) and error in _HAS_IT_ALREADY:
            return PushResult("acknowledged", status, remote_id=remote_id(answer.get("id")))
        if _names(message, reply, body):
            error = f"this ticket is refused with HTTP {status}"
            return PushResult("refused", status, error, answer=said)
    error = f"HTTP {status}"
    if 300 <= status < 400:
        error = f"HTTP {status}, a redirect: if it stays, configure the final address"
    wish = reply.retry_after_s
    return PushResult("retry", status, error, retry_after_s=wish, answer=said)


def first_line(body: bytes | None, *, page: bool = False, untold: Iterable[str] = ()) -> str | None:
    """The first line of a body that says something: 200 letters at most.

    Of a page it is the title, of XML the words between its tags, of JSON all of it.

    What looks like a number or an address of a person is left out, and so is what is `untold`, in
    whatever form, and what would drive a terminal: a receiver repeats what it was sent.
    """
    text = without(_written(body or b""), untold)
    if page:
        found = _TITLE.search(text)
        text = found[1] if found else ""
    elif text.lstrip("\ufeff").startswith("<"):
        text = " ".join(_TAG.sub(" ", text).split())
    lines = (" ".join(_TOLD.sub(LEFT_OUT, _begun(line)).split()) for line in text.splitlines())
    line = next(filter(None, lines), "")
    shown = "".join(letter if letter.isprintable() else " " for letter in line)
    return shown[:_MOST_SHOWN] or None


def _written(body: bytes) -> str:
    value = json_value(body) if len(body) <= MOST_BYTES else None
    if not isinstance(value, dict | list | str):
        return body[:_MOST_LOOKED_AT].decode("utf-8", "replace")
    written = json.dumps(value, ensure_ascii=False)
    # The ends of lines in its texts would be letters else.
    one_line = _BREAK.sub(lambda found: " " if found[1] in "nrtbf" else found[0], written)
    return one_line[:_MOST_LOOKED_AT]


def _begun(line: str) -> str:
    """As much of it as is looked at, without a word that is cut: it might be half a number."""
    if len(line) <= _LONGEST_LINE:
        return line
    return line[:_LONGEST_LINE].rpartition(" ")[0] or line[:_LONGEST_LINE]


def _names(message: Message, reply: Reply, body: bytes | None) -> bool:
    """Whether a program says so of this ticket: a page for people shows whatever it was asked."""
    if body is None or is_page(reply):
        return False
    ticket, text = message.ticket, body.decode("utf-8", "replace")
    reference = rf"(?<![0-9]){ticket.service_request_id}(?![0-9])"
    return ticket.idempotency_key in text or re.search(reference, text) is not None


def is_page(reply: Reply) -> bool:
    """Whether it is HTML: written for people, by a proxy or a page of maintenance."""
    kind = reply.headers.get("content-type", "").split(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml")


def unacknowledged(reply: Reply, body: bytes | None, untold: Iterable[str] = ()) -> PushResult:
    """Of a status that says yes, and a body that does not; or that never came whole."""
    error = f"HTTP {reply.status}, and its body is no acknowledgement"
    said = first_line(body, page=is_page(reply), untold=untold)
    return PushResult("retry", reply.status, error, unsure=body is None, answer=said)


def json_object(body: bytes | None) -> dict[str, Any]:
    """The body where it is a JSON object, else an empty one."""
    answer = json_value(body)
    return answer if isinstance(answer, dict) else {}


def json_value(body: bytes | None) -> Any:
    """The body where it is JSON, else None."""
    try:
        return json.loads(body or b"")
    except (ValueError, RecursionError):
        return None


def remote_id(value: object) -> str | None:
    """The receiver's own number, where it is told and has a plain form: a text, or a whole number.

    Letters, digits and `._:/-`, a hundred at most.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _REMOTE_ID.fullmatch(value) else None

"""The form that a webhook carries, read so that it can be read in one way only.

Twilio's signature runs over names and values without a mark between them: `Digits=12` and
`Digits1=2` sign the same. So a form is taken only when its fields stand where Twilio puts them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote_to_bytes

MOST_FIELDS = 1000
MOST_BYTES = 64 * 1024
FIELDS_ACTED_ON = frozenset(
    {
        "AccountSid",
        "AvgQueueTime",
        "CallSid",
        "CallStatus",
        "CurrentQueueSize",
        "DialCallStatus",
        "Digits",
        "FinishedOnKey",
        "ForwardedFrom",
        "From",
        "QueuePosition",
        "QueueResult",
        "QueueTime",
        "RecordingDuration",
        "RecordingSid",
        "RecordingStatus",
        "SpeechResult",
        "StirVerstat",
    }
)
"""The fields that decide anything here, but `To`, which a call never lacks."""

_NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,63}|msg|SipHeader_[A-Za-z0-9_.-]{1,128}")
_WORDS = re.compile(r"(?:[A-Z][a-z]+)+")
_CLOSED: Mapping[str, re.Pattern[str]] = {
    "AccountSid": re.compile(r"AC[0-9a-f]{32}"),
    "CallSid": re.compile(r"CA[0-9a-f]{32}"),
    "CallStatus": re.compile(r"[a-z-]{2,20}"),
    "DialCallStatus": re.compile(r"[a-z-]{2,20}"),
    "Digits": re.compile(r"[0-9A-D*#]*|hangup", re.IGNORECASE),
    "FinishedOnKey": re.compile(r"[0-9A-D*#]?|timeout|hangup", re.IGNORECASE),
    "QueueResult": re.compile(r"[a-z-]{2,40}"),
    "RecordingDuration": re.compile(r"-?[0-9]{1,6}"),
    "RecordingSid": re.compile(r"RE[0-9a-f]{32}|"),
}


class FormWrong(Exception):
    """The body is no form of Twilio's; the text says why, without a word of the body."""


def read_pairs(body: bytes) -> list[tuple[bytes, bytes]]:
    """The fields of an `application/x-www-form-urlencoded` body, as bytes, in their order.

    Raises FormWrong for too many fields, a part without `=`, and a name that stands twice.
    """
    if not body:
        return []
    parts = body.split(b"&", MOST_FIELDS)
    if len(parts) > MOST_FIELDS:
        raise FormWrong("too many fields")
    pairs = []
    for part in parts:
        name, equals, value = part.partition(b"=")
        if not equals:
            raise FormWrong("a part is no field")
        pairs.append((_decoded(name), _decoded(value)))
    if len({name for name, _ in pairs}) < len(pairs):
        raise FormWrong("a field stands twice")
    return pairs


def read_form(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names and values as text; bytes that are no UTF-8 become U+FFFD.

    Raises FormWrong when a boundary between fields may have been shifted.
    """
    form = {
        name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in pairs
    }
    for name, value in form.items():
        if not _is_possible(name):
            raise FormWrong("a field's name is none of Twilio's")
        closed = _CLOSED.get(name)
        if closed is not None and not closed.fullmatch(value):
            raise FormWrong(f"{name} is not what Twilio sends")
    for required in ("AccountSid", "CallSid"):
        if required not in form:
            raise FormWrong(f"{required} is missing")
    everything = "\n".join([f"{name}{value}" for name, value in form.items()])
    absent = [hidden for hidden in FIELDS_ACTED_ON.difference(form) if hidden in everything]
    if not absent:
        return form
    for name, following in pairwise((*sorted(form), "\uffff")):
        text = name[1:] + form[name]
        if any(name < hidden < following for hidden in absent if hidden in text):
            raise FormWrong("a field stands in another's place")
    return form


@lru_cache(maxsize=512)
def _is_possible(name: str) -> bool:
    """Whether Twilio may send `name`: no field of ours that lost its end or took of its value."""
    if name in FIELDS_ACTED_ON:
        return True
    if not _NAME.fullmatch(name):
        return False
    for known in FIELDS_ACTED_ON:
        if known.startswith(name) and not _WORDS.fullmatch(known[len(name) :]):
            return False
        if name.startswith(known) and not _WORDS.fullmatch(name[len(known) :]):
            return False
    return True


def _decoded(part: bytes) -> bytes:
    if b"%" in part or b"+" in part:
        return unquote_to_bytes(part.replace(b"+", b" "))
    return part

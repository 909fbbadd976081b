"""The wire of Asterisk's manager interface (AMI): messages, and what those of `QueueStatus` say.

A message is lines of `Name: value`, ended by an empty one. Names and numbers of callers stand in
them, as callers chose them: what they could add to a message is believed in nothing that counts.
"""

from collections.abc import Iterable, Mapping, Sequence

from carriers.queue import Operators, QueueState, QueueUnknown

Message = Mapping[str, tuple[str, ...]]
"""The values of each name, which has small letters, in their order."""

_END = b"\r\n\r\n"
_NO_LINE = str.maketrans("", "", "\r\n\0")
_DISPATCHED = ("local/", "agent/", "agent:")
"""Devices whose state is not a telephone's: a Local channel is free while the dialplan has it."""
_FREE, _AWAY = "1", ("4", "5")
_TAKEN = ("2", "3", "6", "7", "8")
"""States of a device (`Status` of QueueMember): in use, busy, ringing, ringing in use, on hold."""


def written(action: str, **values: str) -> bytes:
    """An action as it is sent. No value can end its line, whatever is in it."""
    lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in values.items())]
    return "".join(f"{line.translate(_NO_LINE)}\r\n" for line in (*lines, "")).encode()


def split(received: bytearray) -> list[Message]:
    """Take the whole messages out of what was received; a part of one stays."""
    *whole, rest = received.split(_END)
    received[:] = rest
    return [_read(bytes(one)) for one in whole]


def value(message: Message, name: str) -> str:
    """The value of a name that is there once; "" where it is missing, or there again."""
    found = message.get(name, ())
    return found[0] if len(found) == 1 else ""


def state_of(answers: Sequence[Message], queue: str) -> QueueState:
    """What the events of one answer to `QueueStatus` say of this queue. Raises QueueUnknown."""
    events = [one for one in answers if value(one, "queue") == queue]
    params = [one for one in events if value(one, "event") == "QueueParams"]
    callers = _number(value(params[0], "calls")) if len(params) == 1 else None
    if callers is None:
        raise QueueUnknown("it has no such queue", refused=True)
    waits = [_number(value(one, "wait")) for one in events if value(one, "event") == "QueueEntry"]
    known = [wait for wait in waits if wait is not None]
    told = len(known) == len(waits) == callers
    longest = max(known, default=None) if told else None
    return QueueState(callers, longest, _operators(events))


def _operators(events: Iterable[Message]) -> Operators | None:
    members = [one for one in events if value(one, "event") == "QueueMember"]
    states = []
    for one in members:
        device = value(one, "stateinterface") or value(one, "location")
        if not device or device.lower().startswith(_DISPATCHED):
            return None
        if value(one, "paused") == "0":
            states.append(value(one, "status"))
    there = [state for state in states if state not in _AWAY]
    if not members or any(state != _FREE and state not in _TAKEN for state in there):
        return None
    return Operators(len(there), there.count(_FREE))


def _read(lines: bytes) -> Message:
    found: dict[str, tuple[str, ...]] = {}
    for line in lines.decode("utf-8", "replace").split("\r\n"):
        name, colon, text = line.partition(":")
        if colon:
            key = name.strip().lower()
            found[key] = (*found.get(key, ()), text.strip())
    return found


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

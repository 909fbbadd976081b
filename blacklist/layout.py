"""How the index lies in Redis: names of keys, packed limits, kept values, and back.

    hotline:screening:head      `<slot>[ <length>…]`: the slot that counts, the prefixes' lengths
    hotline:b<slot>:<number>    what stands about a number: segments, see `screen.lua`
    hotline:screening:prefixes  hash: slot and prefix → its rule
    hotline:n:<place>           how full the windows of up to eight numbers are: see `counts_key`
    hotline:a:<class>           the same of a class of callers without a number
    hotline:screening:rebuild   the token of a rebuild that runs; …:touched what changed meanwhile
    hotline:screening:alerts    stream: measures of the machine that began

Every key of a number ends by itself, with the last measure or a day after the last call.
"""

import re
import struct
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from blacklist.decision import Decision, Hold
from blacklist.policy import ClassPolicy, RatePolicy
from blacklist.verdict import Disposition

HEAD = "hotline:screening:head"
REBUILD = "hotline:screening:rebuild"
PREFIXES = "hotline:screening:prefixes"
TOUCHED = "hotline:screening:touched"
ALERTS = "hotline:screening:alerts"
SLOTS = ("0", "1")

_COUNTS = b"hotline:n:"
TOGETHER = 8
"""Numbers whose calls are counted in one key."""
_RECORD, _STATE = 26, 13
"""Bytes beside the windows: a number's name of up to 16 characters and its lengths; its measure."""
_PLACE, _ROUNDED = 180, 1.15
"""What Redis takes for a key that ends, and what its allocator rounds up."""

ALLOW, ENTRY, STRIKES = "a", "e", "s"
"""The kinds of segments, in the order in which they are kept."""

_LETTERS: dict[Disposition, str] = {
    "allow": "a",
    "warn": "w",
    "challenge": "c",
    "low_priority": "l",
    "voicemail": "v",
    "block": "b",
}
_REASONS = {
    "": "-",
    "harassment": "h",
    "false_report": "r",
    "malicious_complaint": "m",
    "abuse": "a",
    "silent_call": "s",
    "flood": "f",
}
_DISPOSITION_OF = {letter: name for name, letter in _LETTERS.items()}
_REASON_OF = {letter: name for name, letter in _REASONS.items()}
_RULE_OF = {
    "a": "allowlist",
    "e": "exact_number",
    "p": "prefix",
    "r": "rate",
    "s": "strikes",
    "w": "class_rate",
}
UNBUILT = "?"
_REFUSED = re.compile(r"!([A-Z]+);(.*)", re.DOTALL)


class Unreadable(ValueError):
    """What lies in Redis, or came from it, is not ours."""


class Answer(NamedTuple):
    """What the script said of a call.

    `built`: the index is known to be whole. `refused`: the code of the error with which Redis
    refused to write (`READONLY`, `OOM`, `MISCONF`), so that the call is not counted; else empty.
    """

    decision: Decision
    built: bool = True
    refused: str = ""


def standing_key(slot: str, number: str) -> str:
    """Where everything that stands about a number (E.164) is kept."""
    return f"hotline:b{slot}:{number[1:]}"


def class_key(name: str) -> str:
    """Where the calls of a class of callers without a number are counted."""
    return f"hotline:a:{name}"


def counts_key(caller: bytes, places: int) -> bytes:
    """Where the calls of a number (digits of E.164, a short one after its star) are counted.

    Each of the `places` has room for `TOGETHER` numbers; in a full one the number that called least
    gives way. So memory is bounded, however many numbers call.
    """
    return b"%b%d" % (_COUNTS, zlib.crc32(caller) % places)


def places_in(memory: int, rate: RatePolicy) -> int:
    """How many places fit into so many bytes of Redis, when all are full; at least one."""
    record = _RECORD + _STATE + 8 * len(rate.windows)
    return max(1, memory // (_PLACE + round(TOGETHER * record * _ROUNDED)))


def rate_limits(rate: RatePolicy) -> bytes:
    """The limits for one number as `screen.lua` unpacks them."""
    head = struct.pack(
        ">cBIIB",
        _LETTERS[rate.disposition].encode(),
        rate.alert,
        rate.measure_seconds,
        rate.memory_seconds,
        len(rate.windows),
    )
    return head + b"".join(struct.pack(">dd", w.interval_ms, w.room_ms) for w in rate.windows)


def class_limits(policy: ClassPolicy) -> bytes:
    """The limits for callers without a number as `screen.lua` unpacks them."""
    letter = _LETTERS[policy.disposition].encode()
    return struct.pack(">cIII", letter, policy.interval_ms, policy.burst, policy.credit_ms)


def rule(hold: Hold) -> str:
    """A hold as it is kept, without its kind."""
    disposition, reason, until, evidence = hold
    return f"{_LETTERS[disposition]}{_REASONS.get(reason, '-')}{until}:{evidence}"


def segments(kind: str, holds: Iterable[Hold]) -> str:
    """The holds of one kind, as they are kept about a number."""
    return "".join(f"{kind}{rule(hold)};" for hold in holds)


def read_rule(text: str) -> Hold:
    """The hold that `rule` wrote. Raises Unreadable."""
    body, _, evidence = text.partition(":")
    try:
        return Hold(_DISPOSITION_OF[body[0]], _REASON_OF[body[1]], int(body[2:]), evidence)
    except (KeyError, IndexError, ValueError):
        raise Unreadable("rule") from None


def read_segments(text: str) -> list[tuple[str, Hold]]:
    """Kinds and holds that `segments` wrote. Raises Unreadable."""
    return [(part[:1], read_rule(part[1:])) for part in text.split(";") if part]


def answer(reply: bytes | str | None) -> Answer:
    """What `screen.lua` answered. Raises Unreadable."""
    if reply is None:
        return _ALLOWED
    text = reply.decode("ascii", "replace") if isinstance(reply, bytes) else str(reply)
    found = _REFUSED.fullmatch(text)
    refused = found[1] if found else ""
    text = found[2] if found else text
    built = not text.startswith(UNBUILT)
    text = text.removeprefix(UNBUILT)
    return Answer(_decision(text) if text else Decision(), built, refused)


def _decision(text: str) -> Decision:
    try:
        body, letter, alert, evidence = text.split(":", 3)
        return Decision(
            _DISPOSITION_OF[body[0]],
            _REASON_OF[body[1]],
            int(body[2:]),
            evidence,
            _RULE_OF[letter],
            alert == "1",
        )
    except (KeyError, IndexError, ValueError):
        raise Unreadable("reply") from None


_ALLOWED = Answer(Decision())

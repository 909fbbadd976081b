"""How the index lies in Redis: names of keys, packed limits, kept values, and back.

    hotline:screening:head      `<slot>[ <length>…]`: the slot that counts, the prefixes' lengths
    hotline:b<slot>:<number>    what stands about a number: segments, see `screen.lua`
    hotline:screening:prefixes  hash: slot and prefix → its rule
    hotline:n:<place>           how full the windows of up to eight numbers are: see `counts_key`
    hotline:a:<trunk>           the same of numbers that repeat on a trunk, and its calls
    hotline:o:<level>:<trunk>:<origin>  the same of the classes of callers of one origin
    hotline:k:<digits>          the same of the numbers that begin so: all but the last four digits
    hotline:t:<number>          what its served calls are worth
    hotline:screening:salt      with what callers are told apart who withhold their number
    hotline:screening:rebuild   the token of a rebuild that runs; …:touched what changed meanwhile
    hotline:screening:alerts    stream: measures of the machine that began

Every key of a number ends by itself, with the last measure or a day after the last call.
"""

import re
import zlib
from collections.abc import Iterable
from typing import NamedTuple

from blacklist.class_policy import IN_PART
from blacklist.counted import BLOCK_DIGITS, CLASSES, NUMBERS, class_limit
from blacklist.decision import Decision, Hold, Way
from blacklist.policy import Policy, RatePolicy
from blacklist.verdict import Disposition

HEAD = "hotline:screening:head"
REBUILD = "hotline:screening:rebuild"
PREFIXES = "hotline:screening:prefixes"
TOUCHED = "hotline:screening:touched"
ALERTS = "hotline:screening:alerts"
SALT = "hotline:screening:salt"
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

LETTERS: dict[Disposition, str] = {
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
_DISPOSITION_OF = {letter: name for name, letter in LETTERS.items()}
_REASON_OF = {letter: name for name, letter in _REASONS.items()}
_RULE_OF = {
    "a": "allowlist",
    "e": "exact_number",
    "p": "prefix",
    "k": "rotation",
    "r": "rate",
    "s": "strikes",
    "w": "class_rate",
}
UNBUILT = "?"
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_NAME = 40
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


VOUCHED = ("A", "B", "C")
"""The attestations that are known; all else is none."""


def trunk_key(trunk: str) -> bytes:
    """Where what is counted of a trunk lies; of its name as much as a key takes."""
    return b"hotline:a:" + _name(trunk)


def origin_keys(way: Way) -> tuple[bytes, bytes]:
    """Where what is counted of a call's origin lies, and of all of its trunk that are not named."""
    attestation = way.attestation if way.attestation in VOUCHED else "-"
    shared = b"hotline:o:%b:%b:" % (attestation.encode(), _name(way.trunk))
    return shared + (_name(way.origin) if attestation != "-" else b""), shared


def _name(text: str) -> bytes:
    return _UNSAFE.sub("", text)[:_LONGEST_NAME].encode()


def block_key(caller: bytes) -> bytes:
    """Where the calls of numbers in a row with this one are counted."""
    return b"hotline:k:" + caller[:-BLOCK_DIGITS]


def trust_key(caller: bytes) -> bytes:
    """Where it lies what a number's served calls are worth."""
    return b"hotline:t:" + caller


def counts_key(caller: bytes, places: int) -> bytes:
    """Where the calls of a number (digits of E.164, a short one after its star) are counted.

    Each of the `places` has room for `TOGETHER` numbers; in a full one the number that called least
    gives way. So memory is bounded, however many numbers call.
    """
    return b"%b%d" % (_COUNTS, zlib.crc32(caller) % places)


def places_in(memory: int, rate: RatePolicy) -> int:
    """How many places fit into so many bytes of Redis, when all are full; at least one."""
    record = _RECORD + _STATE + 8 * len(rate.all_windows)
    return max(1, memory // (_PLACE + round(TOGETHER * record * _ROUNDED)))


def served_limits(policy: Policy, number: str | None, kind: str, way: Way) -> tuple[bytes, ...]:
    """The arguments of `served.lua` but the time, for a call of a number (E.164), or without one
    for one of that class.
    """
    trust, rotation = policy.rate.trust, policy.rotation
    seconds = 0 if trust is None or number is None else trust.seconds
    place, row, every, room = -1, 0.0, 0.0, 0.0
    if rotation is not None:
        every, room = rotation.quiet.interval_ms, rotation.quiet.room_ms
    if number is None:
        place = CLASSES.index(kind)
    elif rotation is not None and number.startswith(rotation.home) and way.attestation in IN_PART:
        place, row = NUMBERS, rotation.block.interval_ms
    limits = [class_limit(policy, place, way._replace(origin=origin)) for origin in ("named", "")]
    rooms = [limit.served * limit.interval_ms for limit in limits]
    values = (seconds, place + 1, *rooms, every, room, row)
    return tuple(repr(value).encode() for value in values)


def rule(hold: Hold) -> str:
    """A hold as it is kept, without its kind."""
    disposition, reason, until, evidence = hold
    return f"{LETTERS[disposition]}{_REASONS.get(reason, '-')}{until}:{evidence}"


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
    if text[:1] not in ("!", UNBUILT):
        return Answer(_decision(text) if text else Decision(), True, "")
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

"""The limits of a policy, written into `screen.lua`.

As constants of the script they cost a decision nothing; as arguments they were sent, and unpacked,
with every call. So each policy has a script of its own, known to Redis by its digest.
"""

import hashlib
import math
from dataclasses import dataclass
from importlib.resources import files

from blacklist.counted import ATTESTATIONS, CLASSES, NUMBERS, class_limit, origin_lasts_s
from blacklist.decision import PATIENCE_S, Way
from blacklist.layout import LETTERS
from blacklist.policy import Policy

_HERE = "-- LIMITS\n"
_PARTS = {"-- ORIGINS\n": "screen_origins.lua", "-- PLACES\n": "screen_places.lua"}
"""What stands in files of its own, and where it goes."""


def _whole() -> str:
    text = (files("blacklist") / "screen.lua").read_text(encoding="utf-8")
    for here, name in _PARTS.items():
        head, tail = text.split(here)
        text = head + (files("blacklist") / name).read_text(encoding="utf-8") + tail
    return text


_TEXT = _whole()


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and the digest by which Redis knows it."""

    text: str
    sha: str


def script_of(policy: Policy) -> Script:
    """The script that decides by this policy."""
    head, tail = _TEXT.split(_HERE)
    names = {**_of_a_number(policy), **_of_rotations(policy), **_of_classes(policy)}
    limits = "".join(f"local {name} = {_lua(value)}\n" for name, value in names.items())
    text = f"{head}{limits}{_class_limits(policy)}{tail}"
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_Value = str | int | float | tuple[float, ...]


def _of_a_number(policy: Policy) -> dict[str, _Value]:
    rate = policy.rate
    struck, trust, load = rate.struck, rate.trust, rate.load
    fresh = 0 if struck is None else policy.strikes.steps[0].seconds - struck.fresh_seconds
    windows = rate.all_windows
    return {
        "rate": LETTERS[rate.disposition],
        "alerts": int(rate.alert),
        "measure": rate.measure_seconds,
        "lasts": str(rate.memory_seconds),  # as Redis takes it
        "count": len(windows),
        "everies": tuple(window.interval_ms for window in windows),
        "rooms": tuple(window.room_ms for window in windows),
        "packing": f">Bc0dBBI4d{'d' * len(windows)}",
        "narrow": int(struck is not None),
        "fresh": max(0, fresh),
        "times": 1 if trust is None else trust.times,
        "mark": 0 if load is None else windows[-1].interval_ms * load.mark,
        "every_repeat": 0 if load is None else load.window.interval_ms,
        "each": 1 if load is None else load.window.interval_ms * load.every,
        "most": 1 if load is None else load.most,
        "top": 0 if load is None else load.ceiling_ms,
    }


def _of_rotations(policy: Policy) -> dict[str, _Value]:
    rotation = policy.rotation
    if rotation is None:
        off: dict[str, _Value] = {"row": 1, "row_room": 1, "row_lasts": 1, "quiet": 0, "busy": 0}
        off |= {"after": 0, "within": 0}
        return {**off, "rotation": "-", "home": ""}
    return {
        "rotation": LETTERS[rotation.disposition],
        "row": rotation.block.interval_ms,
        "row_room": rotation.block.room_ms,
        "row_lasts": rotation.block.seconds + PATIENCE_S,
        "quiet": rotation.quiet_below_ms,
        "busy": rotation.busy_credit_ms,
        "after": rotation.after_seconds * 1000,
        "within": rotation.within_seconds * 1000,
        "home": rotation.home[1:],
    }


def _of_classes(policy: Policy) -> dict[str, _Value]:
    load = policy.rate.load
    ceiling = 0 if load is None else math.ceil(load.ceiling_ms / 1000)
    return {
        "letter": LETTERS[policy.withheld.disposition],
        "stays": max(ceiling, origin_lasts_s(policy)),
    }


def _class_limits(policy: Policy) -> str:
    """A function, for few calls ask: interval, room and credit of a class, and when it is crowded.

    Of numbers and of callers without one, by an origin that is named and where none is.
    """
    asked = [
        (f"class {'>' if place else '=='} 1", attestation, origin, place)
        for place in (NUMBERS, len(CLASSES) - 1)
        for attestation in (ATTESTATIONS if place else ("",))
        for origin in ("named", "")
    ]
    lines = []
    for condition, attestation, origin, place in asked:
        limit = class_limit(policy, place, Way("", attestation, origin))
        values = (limit.interval_ms, limit.room_ms, limit.credit_ms, limit.crowded_ms)
        if place:
            condition += f" and vouched == '{attestation or '-'}'"
        if origin:
            condition += " and named"
        lines.append(f"  if {condition} then return {', '.join(map(_lua, values))} end\n")
    return f"local vouched = ARGV[1]\nlocal function limits(class, named)\n{''.join(lines)}end\n"


def _lua(value: _Value) -> str:
    """A value as Lua writes it: text of ours alone, letters and digits and `>-`."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, tuple):
        return "{ " + ", ".join(map(_lua, value)) + " }"
    return repr(value)

"""Which announcements callers hear now: read from one Redis key, which the admins' side writes.

A call reads the key with what else it asks of Redis. Nothing here may cost a caller their call:
what cannot be read is no announcement.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from places.fields import Announcement

ON_AIR_KEY = "hotline:on_air"
"""The announcements that are not over, as `written` makes them; absent when there are none."""


class _Told(NamedTuple):
    starts: float
    until: float
    texts: Mapping[str, str]


def on_air(stored: bytes | str | None, now: float) -> tuple[Mapping[str, str], ...]:
    """Of what stands in the key, what is to be heard at `now` (epoch seconds), the first first.

    Each is language → text. Never raises: what is not as it must be is left out.
    """
    if not stored:
        return ()
    return tuple(one.texts for one in _read(stored) if one.starts <= now < one.until)


def written(announcements: Iterable[Announcement]) -> str:
    """What the key is to hold for these, in their order."""
    told = [
        {
            "id": one.id,
            "from": one.starts_at.timestamp(),
            "until": one.until.timestamp(),
            "texts": dict(one.texts),
            "who": one.who,
            "added": one.added_at.timestamp(),
        }
        for one in announcements
    ]
    return json.dumps(told, ensure_ascii=False)


@lru_cache(maxsize=4)
def _read(stored: bytes | str) -> tuple[_Told, ...]:
    """Read once for as long as it stays the same, which is from one announcement to the next."""
    try:
        listed = json.loads(stored)
    except (ValueError, RecursionError):
        return ()
    rows = listed if isinstance(listed, list) else []
    return tuple(one for one in map(_one, rows) if one is not None)


def _one(row: object) -> _Told | None:
    if not isinstance(row, dict):
        return None
    starts, until, texts = row.get("from"), row.get("until"), row.get("texts")
    if not isinstance(starts, int | float) or not isinstance(until, int | float):
        return None
    if not isinstance(texts, dict):
        return None
    said = {
        code: text
        for code, text in texts.items()
        if isinstance(code, str) and isinstance(text, str) and text
    }
    return _Told(starts, until, said) if said else None

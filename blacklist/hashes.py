"""How an entry lies in Redis: names of keys, fields of the hash, and back.

`hotline:blocklist:n:<E.164>` is a hash that expires with its measure;
`hotline:blocklist:index` is a sorted set of numbers by the second their measure ends.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from blacklist.entry import Entry
from blacklist.verdict import DISPOSITIONS, Disposition

PREFIX = "hotline:blocklist"
INDEX = f"{PREFIX}:index"
SCREENED = ("disposition", "reason", "until")
"""The fields a screening needs, in the order `measure` reads them."""


class Unreadable(ValueError):
    """What lies in Redis is not an entry of ours."""


def key(number: str) -> str:
    """Return the name of the hash of a number in E.164."""
    return f"{PREFIX}:n:{number}"


def fields(entry: Entry) -> dict[Any, Any]:
    """Return the hash of an entry."""
    return {
        "disposition": entry.disposition,
        "reason": entry.reason,
        "until": entry.until.isoformat(),
        "added": entry.added.isoformat(),
        "who": entry.who,
        "note": entry.note,
    }


def ends(entry: Entry) -> int:
    """Return the second (Unix time) from which Redis may forget the entry."""
    return int(entry.until.timestamp()) + 1


def measure(values: list[Any]) -> tuple[Disposition, str, datetime] | None:
    """Read the values of `SCREENED`; None when there is no entry.

    Raises `Unreadable` for anything but a disposition, a reason and an end.
    """
    texts = [text(value) for value in values]
    if not any(texts):
        return None
    disposition, reason, until = texts
    if disposition not in DISPOSITIONS:
        raise Unreadable("disposition")
    return cast(Disposition, disposition), reason, _time(until)


def entry(number: str, raw: Mapping[Any, Any]) -> Entry:
    """Read a whole hash; raises `Unreadable`."""
    have = {text(name): text(value) for name, value in raw.items()}
    found = measure([have.get(name) for name in SCREENED])
    if found is None:
        raise Unreadable("empty")
    disposition, reason, until = found
    return Entry(
        number=number,
        reason=reason,
        until=until,
        added=_time(have.get("added", "")),
        who=have.get("who", ""),
        note=have.get("note", ""),
        disposition=disposition,
    )


def text(value: Any) -> str:
    """Return a reply's string, whether or not the client decodes replies."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _time(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Unreadable("time") from None
    if moment.tzinfo is None:
        raise Unreadable("time without a zone")
    return moment.astimezone(UTC)

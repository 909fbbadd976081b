"""The index as the record tells it: what stands about a number, written where `screen` reads it.

Every verb says how things stand now and may be repeated. A whole index is made anew beside the one
that counts and takes its place at once (`begin_rebuild`, `project`, `commit_rebuild`).
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import Any

import redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from blacklist import layout
from blacklist.decision import Hold
from blacklist.entry import Entry
from blacklist.ladder import Measure
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.projected import Kind, Projected, allow_of, entry_of, prefix_of, strikes_of

PAGE = 1000
REBUILD_SECONDS = 3600
"""A rebuild that wrote nothing for so long is taken for dead."""

_LETTER: dict[str, str] = {"allow": layout.ALLOW, "entry": layout.ENTRY, "strikes": layout.STRIKES}
_KIND: dict[str, Kind] = {"a": "allow", "e": "entry", "s": "strikes"}


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild that runs. `slot` is where it writes."""

    token: str
    slot: str


class RedisIndex:
    """The index in Redis, for people and programs that change it. All verbs raise
    RegisterUnavailable.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._project = client.register_script(_lua("project.lua"))
        self._prefixes = client.register_script(_lua("prefixes.lua"))

    def put(self, entry: Entry) -> None:
        """Restrict a number, in place of any entry it has."""
        self._write([entry_of(entry)])

    def drop(self, number: str) -> None:
        """Lift the entry of a number."""
        self._write([Projected("entry", number, ())])

    def put_allow(self, number: str, until: datetime | None) -> None:
        """Let a number through, whatever else stands about it; for ever when `until` is None."""
        self._write([allow_of(number, until)])

    def drop_allow(self, number: str) -> None:
        """Let it through no more."""
        self._write([Projected("allow", number, ())])

    def put_strikes(self, number: str, measures: Sequence[Measure]) -> None:
        """What the strikes of a number come to; nothing when empty."""
        self._write([strikes_of(number, measures)])

    def put_prefix(self, prefix: str, measure: Measure) -> None:
        """Restrict every number that begins with `prefix` (E.164)."""
        self._write([prefix_of(prefix, measure)])

    def drop_prefix(self, prefix: str) -> None:
        """Lift it."""
        self._write([Projected("prefix", prefix, ())])

    @property
    def built(self) -> bool:
        """Whether the index is known to be whole: it was built, and not lost since."""
        with _reachable():
            return bool(self._client.exists(layout.HEAD))

    def entries(self) -> Iterator[Projected]:
        """Everything that stands in the slot that counts, in no order, in pages.

        What changes meanwhile may be missing or appear twice.
        """
        slot = self._live()
        with _reachable():
            rules = self._client.hgetall(layout.PREFIXES)
        for name, text in rules.items():
            if _text(name).startswith(slot):
                yield Projected("prefix", f"+{_text(name)[1:]}", (layout.read_rule(_text(text)),))
        start = layout.standing_key(slot, "+")
        for keys in self._pages(f"{start}*"):
            with _reachable():
                values = self._client.mget(keys)
            for key, value in zip(keys, values, strict=True):
                if value is not None:
                    yield from _read(f"+{_text(key)[len(start) :]}", _text(value))

    def count(self) -> int:
        """Numbers about which something stands, prefixes left out. Looks through all keys."""
        return sum(len(page) for page in self._pages(f"{layout.standing_key(self._live(), '+')}*"))

    def alerts(self, limit: int = 100) -> list[dict[str, str]]:
        """The newest measures that the machine began: `caller`, `window`, `until`, `at` (ms)."""
        with _reachable():
            found: Any = self._client.xrevrange(layout.ALERTS, count=limit)
        return [
            {_text(name): _text(value) for name, value in fields.items()}
            | {"at": _text(entry).partition("-")[0]}
            for entry, fields in found
        ]

    def begin_rebuild(self) -> Rebuild:
        """Empty the slot that does not count and write there from now on.

        The one that counts goes on counting. Changes are written to both. A rebuild begun before is
        overtaken.
        """
        slot = layout.SLOTS[self._live() == layout.SLOTS[0]]
        rebuild = Rebuild(secrets.token_hex(8), slot)
        # The slot is emptied before changes are written to it: none of them may be swept away.
        with _reachable():
            self._client.delete(layout.REBUILD, layout.TOUCHED)
        self._clear(slot)
        with _reachable():
            self._client.set(layout.REBUILD, rebuild.token, ex=REBUILD_SECONDS)
        return rebuild

    def project(self, rebuild: Rebuild, batch: Iterable[Projected]) -> None:
        """Write what the record says into the new slot. Raises RebuildOvertaken.

        What was changed since the rebuild began stands already and is passed over.
        """
        page: list[Projected] = []
        for item in batch:
            page.append(item)
            if len(page) == PAGE:
                self._write(page, rebuild)
                page = []
        self._write(page, rebuild)

    def commit_rebuild(self, rebuild: Rebuild) -> None:
        """Let the new slot count, from one call to the next; then drop the old one.

        Raises RebuildOvertaken.
        """
        self._checked(self._prefix_script(rebuild.token, "commit", "", ""))
        self._clear(layout.SLOTS[rebuild.slot == layout.SLOTS[0]])

    def _write(self, items: Sequence[Projected], rebuild: Rebuild | None = None) -> None:
        token, slots = ("", layout.SLOTS) if rebuild is None else (rebuild.token, rebuild.slot)
        numbers = [item for item in items if item.kind != "prefix"]
        for item in items if len(numbers) < len(items) else ():
            if item.kind == "prefix":
                text = layout.rule(item.holds[0]) if item.holds else ""
                self._checked(self._prefix_script(token, "put", item.subject[1:], text))
        if not numbers:
            return
        keys = [layout.HEAD, layout.REBUILD, layout.TOUCHED]
        args: list[str | int] = [token]
        for (kind, holds), alike in groupby(numbers, itemgetter(0, 2)):
            before, letter = len(keys), _LETTER[kind]
            keys += (layout.standing_key(slot, item[1]) for item in alike for slot in slots)
            count = (len(keys) - before) // len(slots)
            args += (letter + layout.segments(letter, holds), count)
        with _reachable():
            self._checked(self._project(keys=keys, args=args))

    def _prefix_script(self, token: str, verb: str, prefix: str, text: str) -> Any:
        keys = [layout.HEAD, layout.REBUILD, layout.TOUCHED, layout.PREFIXES]
        with _reachable():
            return self._prefixes(keys=keys, args=[token, verb, prefix, text])

    def _checked(self, reply: Any) -> None:
        if not reply:
            raise RebuildOvertaken("another rebuild was begun: this one does not count")

    def _live(self) -> str:
        with _reachable():
            head = self._client.get(layout.HEAD)
        return layout.SLOTS[1] if _text(head).startswith(layout.SLOTS[1]) else layout.SLOTS[0]

    def _clear(self, slot: str) -> None:
        for keys in self._pages(f"{layout.standing_key(slot, '+')}*"):
            with _reachable():
                self._client.unlink(*keys)
        with _reachable():
            names = [n for n in self._client.hkeys(layout.PREFIXES) if _text(n).startswith(slot)]
            if names:
                self._client.hdel(layout.PREFIXES, *names)

    def _pages(self, pattern: str) -> Iterator[list[Any]]:
        cursor = 0
        while True:
            with _reachable():
                cursor, keys = self._client.scan(cursor, match=pattern, count=PAGE)
            if keys:
                yield list(keys)
            if not int(cursor):
                return


def _read(number: str, text: str) -> Iterator[Projected]:
    held: dict[str, list[Hold]] = {}
    for kind, found in layout.read_segments(text):
        held.setdefault(kind, []).append(found)
    for letter, holds in held.items():
        if letter in _KIND:  # another release may keep more kinds
            yield Projected(_KIND[letter], number, tuple(holds))


def _lua(name: str) -> str:
    return (files("blacklist") / name).read_text(encoding="utf-8")


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


@contextmanager
def _reachable() -> Iterator[None]:
    """Turn a lost Redis into the one error a person can act on."""
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise RegisterUnavailable(
            f"the index cannot be reached ({type(error).__name__}): is Redis running?"
        ) from error
    except RedisError as error:
        raise RegisterUnavailable(f"the index refused the change: {error}") from error

"""Where calls stand between two turns: a port, its Redis, and one in memory for single processes.

Redis is fast and can be lost. Whoever gets `StoreAway` goes on with the call it holds in its hands.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import redis
from redis.exceptions import NoScriptError

from store.breaker import Breaker
from store.redis_wire import ask, bulks

SESSION_TTL_S = 2 * 3600
"""Longer than any call: a session that nobody closed is swept long before."""
FINISHED_TTL_S = 15 * 60
"""How long an ended session stays, so that a late event of the call is recognised."""
_PREFIX = "hotline:call:"
T = TypeVar("T")


class StoreAway(Exception):
    """The session store did not answer in time; nothing is known of what it holds."""


class Stored(NamedTuple):
    """A call as it is kept: its newest state, the events so far, and whether it has ended."""

    state: str
    events: list[str]
    over: bool


class SessionStore(Protocol):
    """Compare-and-set by turn number; events in the order they happened.

    State and events are JSON, so that none of them holds a line break.
    """

    def load(self, call_id: str, *, ended: bool = False) -> str | None:
        """The newest state of a call that has not ended (or of any), or None. Raises StoreAway."""
        ...

    def load_whole(self, call_id: str) -> Stored | None:
        """All that is kept of a call, None when it is not known. Raises StoreAway."""
        ...

    def save(self, call_id: str, turn: int, state: str, events: Sequence[str]) -> str | None:
        """Keep `state` as turn `turn`, and `events`.

        None when kept; else the state that another process stored for this turn or a later one, or
        at which it ended the call, and then nothing of ours is kept. Raises StoreAway.
        """
        ...

    def events(self, call_id: str) -> list[str]:
        """The events kept so far. Raises StoreAway."""
        ...

    def finish(self, call_id: str, turn: int | None = None) -> bool:
        """Mark the call as ended. Raises StoreAway.

        False when it was already, or has gone on beyond `turn` where that is given. A call of which
        nothing is known (the store was emptied) is ended by whoever has it: True.
        """
        ...

    def reopen(
        self, call_id: str, stored: int, turn: int, state: str, kept: int, events: Sequence[str]
    ) -> bool:
        """Go on with a call that had ended in turn `stored`: as `save`, once. Raises StoreAway.

        Of its events the first `kept` stay. False when another process did before, or the call is
        not known.
        """
        ...

    def unfinished(self, idle_s: float) -> list[str]:
        """Ids of calls whose last turn is older than `idle_s` and that nobody ended.

        Raises StoreAway.
        """
        ...

    def ended(self, for_s: float) -> list[str]:
        """Ids of calls that were ended at least `for_s` ago, as long as they are kept.

        Raises StoreAway.
        """
        ...


class RedisSessions:
    """Sessions in Redis: one hash and one list a call, one round trip a turn.

    `client` must have short time-outs and no retry; `breaker` is shared with whatever else asks
    the same server, so that a hung server costs one time-out, not one a call.
    """

    def __init__(self, client: redis.Redis, breaker: Breaker) -> None:
        self._client = client
        self._breaker = breaker
        self._save = _Script(client, "save.lua")
        self._load = _Script(client, "load.lua")
        self._finish = _Script(client, "finish.lua")
        self._reopen = _Script(client, "reopen.lua")

    def load(self, call_id: str, *, ended: bool = False) -> str | None:
        """The newest state of a call that has not ended (or of any), or None."""
        state, mark = self._asked(lambda: self._client.hmget(_state(call_id), "state", "ended"))
        return None if state is None or (mark and not ended) else _text(state)

    def load_whole(self, call_id: str) -> Stored | None:
        """State and events, in one round trip."""
        found = self._asked(lambda: self._load.run(_state(call_id), _events(call_id)))
        if found is None:
            return None
        over, state, *events = _text(found).split("\n")
        return Stored(state, events, over == "1")

    def save(self, call_id: str, turn: int, state: str, events: Sequence[str]) -> str | None:
        """Keep `state` as turn `turn`; the state stored by another process when it was quicker."""
        keys = (_state(call_id), _events(call_id))
        stored = self._asked(lambda: self._save.run(*keys, turn, state, SESSION_TTL_S, *events))
        return None if stored is None else _text(stored)

    def events(self, call_id: str) -> list[str]:
        """The events kept so far, in order."""
        rows = self._asked(lambda: self._client.lrange(_events(call_id), 0, -1))
        return [_text(row) for row in rows]

    def finish(self, call_id: str, turn: int | None = None) -> bool:
        """Mark the call as ended."""
        keys = (_state(call_id), _events(call_id))
        ends = -1 if turn is None else turn
        marked: int = self._asked(lambda: self._finish.run(*keys, ends, FINISHED_TTL_S))
        return marked != 0

    def reopen(
        self, call_id: str, stored: int, turn: int, state: str, kept: int, events: Sequence[str]
    ) -> bool:
        """Go on with a call that had ended."""
        keys = (_state(call_id), _events(call_id))

        def go_on() -> bool:
            made = self._reopen.run(*keys, stored, turn, state, SESSION_TTL_S, kept, *events)
            return bool(made)

        return self._asked(go_on)

    def unfinished(self, idle_s: float) -> list[str]:
        """Ids of calls that nobody ended, by the time Redis last saw them."""

        def look() -> list[str]:
            longest = SESSION_TTL_S - idle_s
            return [one for one, left_s, ended in self._kept() if left_s <= longest and not ended]

        return self._asked(look)

    def ended(self, for_s: float) -> list[str]:
        """Ids of calls that were ended, by the time that Redis keeps them yet."""

        def look() -> list[str]:
            longest = FINISHED_TTL_S - for_s
            return [one for one, left_s, ended in self._kept() if left_s <= longest and ended]

        return self._asked(look)

    def _kept(self) -> Iterator[tuple[str, int, bool]]:
        """Every call that is kept: its id, for how many seconds yet, and whether it has ended."""
        for key in self._client.scan_iter(match=f"{_PREFIX}*:state", count=500):
            left_s = self._client.ttl(key)
            if left_s >= 0:
                yield (
                    _text(key)[len(_PREFIX) : -len(":state")],
                    left_s,
                    bool(self._client.hexists(key, "ended")),
                )

    def _asked(self, question: Callable[[], T]) -> T:
        if not self._breaker.allows():
            raise StoreAway("the breaker is open")
        try:
            answer = question()
        except redis.exceptions.RedisError as error:
            self._breaker.failed()
            raise StoreAway(type(error).__name__) from error
        self._breaker.succeeded()
        return answer


class MemorySessions:
    """Sessions of one process, for a caller without Redis; every state goes through JSON text."""

    def __init__(self) -> None:
        self._states: dict[str, tuple[int, str]] = {}
        self._events: dict[str, list[str]] = {}
        self._ended: set[str] = set()

    def load(self, call_id: str, *, ended: bool = False) -> str | None:
        """The newest state of a call that has not ended (or of any), or None."""
        if call_id not in self._states or (call_id in self._ended and not ended):
            return None
        return self._states[call_id][1]

    def load_whole(self, call_id: str) -> Stored | None:
        """State and events."""
        state = self.load(call_id, ended=True)
        if state is None:
            return None
        return Stored(state, self.events(call_id), call_id in self._ended)

    def save(self, call_id: str, turn: int, state: str, events: Sequence[str]) -> str | None:
        """Keep `state` as turn `turn`; the stored one when that is as new."""
        stored = self._states.get(call_id)
        if stored is not None and (stored[0] >= turn or call_id in self._ended):
            return stored[1]
        self._states[call_id] = (turn, state)
        self._events.setdefault(call_id, []).extend(events)
        return None

    def events(self, call_id: str) -> list[str]:
        """The events kept so far, in order."""
        return list(self._events.get(call_id, ()))

    def finish(self, call_id: str, turn: int | None = None) -> bool:
        """Mark the call as ended."""
        if call_id not in self._states:
            return True
        if call_id in self._ended:
            return False
        if turn is not None and self._states[call_id][0] > turn:
            return False
        self._ended.add(call_id)
        return True

    def reopen(
        self, call_id: str, stored: int, turn: int, state: str, kept: int, events: Sequence[str]
    ) -> bool:
        """Go on with a call that had ended."""
        if self._states.get(call_id, (None,))[0] != stored:
            return False
        self._states[call_id] = (turn, state)
        self._events[call_id] = [*self._events.get(call_id, ())[:kept], *events]
        self._ended.discard(call_id)
        return True

    def unfinished(self, idle_s: float) -> list[str]:  # noqa: ARG002 - the port's signature
        """Nothing outlives this process, so nothing is left to close."""
        return []

    def ended(self, for_s: float) -> list[str]:
        """Likewise."""
        del for_s
        return []


class _Script:
    """A script beside this file, run by its hash: its first two arguments are keys."""

    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client = client
        self._text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        sha = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()
        self._head = bulks(b"EVALSHA", sha.encode(), b"2")

    def run(self, *args: str | int) -> Any:
        """What the script answers. Raises redis.RedisError."""
        parts = [str(arg).encode() for arg in args]
        try:
            return ask(self._client, b"*%d\r\n%b%b" % (3 + len(parts), self._head, bulks(*parts)))
        except NoScriptError:  # Redis was started anew: EVAL runs the script and keeps it
            return self._client.eval(self._text, 2, *args)


def _state(call_id: str) -> str:
    return f"{_PREFIX}{call_id}:state"


def _events(call_id: str) -> str:
    return f"{_PREFIX}{call_id}:events"


def _text(value: bytes | str) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else value

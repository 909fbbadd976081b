"""The calls that this process has led lately, for when the session store is away.

The store decides, always: it takes a turn only when nobody has taken it before. What is here spares
the store a question (`at`: this process made the very turn that is asked for), and stands in when
the store knows nothing of a call or has lost its last turn (`instead_of`): then a caller goes on
where they were, if the same process is asked again.
"""

import threading
from collections import OrderedDict

from call_handlers.arrival import Call


class RecentCalls:
    """The newest turn of the last `most` calls. Safe to use from many threads."""

    def __init__(self, most: int = 2000) -> None:
        self._most = most
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, call: Call) -> None:
        """Remember the call as it is now."""
        with self._lock:
            self._calls[call.call_id] = call
            self._calls.move_to_end(call.call_id)
            while len(self._calls) > self._most:
                self._calls.popitem(last=False)

    def forget(self, call_id: str) -> None:
        """The call is over."""
        with self._lock:
            self._calls.pop(call_id, None)

    def at(self, call_id: str, number: int) -> Call | None:
        """The call as this process left it, when turn `number` was its newest and the store has it.

        If another process has gone on with the call since, the store refuses what is made of this
        and gives what it has.
        """
        with self._lock:
            ours = self._calls.get(call_id)
        if ours is None or ours.turn.number != number or ours.unsaved:
            return None
        return ours

    def instead_of(self, stored: Call | None, call_id: str, number: int) -> Call | None:
        """The call to go on with when turn `number` is asked for: `stored`, unless ours is newer.

        Number 0 asks for whatever turn is the newest.
        """
        with self._lock:
            ours = self._calls.get(call_id)
        if ours is None or ours.turn.number < number:
            return stored
        if stored is None:
            return ours
        lost = stored.turn.number < number == ours.turn.number
        return ours if lost else stored

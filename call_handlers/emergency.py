"""Calls that pass screening unasked: those that come by a line kept for emergencies.

A site names such lines. A call comes by one when it was dialled, or when the network says that the
call was sent on to us from it, as an agency does with a caller whom we can help better. Networks
let their own customers choose what they say there, so nothing is believed that was not configured.
"""

from blacklist.numbers import normalise, written
from call_handlers.arrival import Arrival


def comes_by(arrival: Arrival, lines: frozenset[str]) -> bool:
    """Whether the call was dialled to, or sent on from, one of `lines`.

    Lines are full numbers in E.164, short ones as they are dialled.
    """
    if not lines:
        return False
    return not lines.isdisjoint((_line(arrival.dialled), _line(arrival.redirected)))


def _line(raw: str) -> str:
    """The line that a network names, in whichever of a number's spellings; "" for none."""
    return normalise(raw).e164 or written(raw)

"""What is answered when this process cannot lead a call: the operators, and never an error."""

from blacklist.numbers import normalise
from call_handlers.arrival import Arrival
from call_handlers.twilio.render import Rendering, to_a_human
from call_handlers.twilio.transfers import Lines, shown_to

_SOMEBODY = "+0000000"
"""Stands for the number that is shown; no telephone has it."""


class Human:
    """The way to the operators, rendered beforehand: when it is needed, nothing may fail."""

    def __init__(self, rendering: Rendering) -> None:
        self._lines = rendering.lines
        self._callers_own = to_a_human(rendering, None)
        self._ours = to_a_human(rendering, _SOMEBODY)

    def answer(self, arrival: Arrival) -> str:
        """The TwiML for this caller."""
        shown = shown_of(arrival, self._lines)
        return self._callers_own if shown is None else self._ours.replace(_SOMEBODY, shown)


def shown_of(arrival: Arrival, lines: Lines) -> str | None:
    """The number that whoever is dialled for this caller is shown; None: the caller's own."""
    number = normalise(arrival.caller, withheld=arrival.withheld)
    # Of an address (`sip:`, `client:`) Twilio would show a telephone nothing that it can take.
    return shown_to(lines, number.e164 if arrival.caller.startswith("+") else None, arrival.dialled)

"""The entry scripts, by the name that the dialplan asks for.

The contract with the dialplan (`config/asterisk/extensions.conf`): a script that has led the call
to a decision sets IVR_DONE to `hangup`, or to `transfer` with IVR_TARGET. A script that cannot
closes the connection and leaves IVR_DONE unset; the dialplan then asks the next server, which
performs the stored turn again, and at last the operators. One that has closed the call's record
sets IVR_ENDED: then the hang-up handler does not come for it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from structlog.contextvars import bind_contextvars

from agi_scripts import metrics
from agi_scripts.arrival import arrival_of, is_of
from agi_scripts.asserted import asserted_of
from agi_scripts.channel import AgiChannel
from agi_scripts.errors import BadEnvironment, PromptNotPlayed, RemoteError
from agi_scripts.hosts import UNNAMED
from agi_scripts.perform import Heard, Room, perform, to_operators
from agi_scripts.sounds import Sounds
from call_handlers.arrival import Arrival, Call
from ivr.event import Event, HungUp, Transferred
from ivr.turn import HangUp, Transfer

Script = Callable[[AgiChannel], str]
"""Serves one connection; the outcome, as it is counted. What it raises ends that call alone."""

TRANSFER_RESULTS = frozenset({"answered", "busy", "no_answer", "unavailable"})
MOST_PUT_THROUGH = 1000
"""Calls with operators or agencies whose last turn is kept here as well."""


class Desk(Protocol):
    """Who decides. See `call_handlers.desk.CallDesk`."""

    def begin(self, arrival: Arrival, /) -> Call:
        """The call's first turn, or the stored one."""

    def advance(self, call: Call, event: Event, /) -> Call:
        """The next turn."""

    def end(self, call: Call | Arrival, reason: str, talked_ms: int | None = None, /) -> None:
        """Close the call's record."""

    def recording_name(self, call: Call, /) -> str:
        """A name for what this turn records."""


def make_scripts(
    desk: Desk,
    sounds: Sounds,
    *,
    recordings: str,
    heard: Heard = lambda _reference: True,
    room: Room = lambda: True,
    put_through: dict[str, Call] | None = None,
) -> Mapping[str, Script]:
    """All scripts. `recordings` is the folder for recordings as Asterisk sees it.

    `heard` tells whether anybody is heard in one of them, `room` whether there is any for another.
    `put_through` is the memory of calls that are with people; scripts that follow others share it.
    """
    calls = {} if put_through is None else put_through
    scripts = _Scripts(desk, sounds, recordings, heard, room, calls)
    return {
        "call": scripts.call,
        "transferred": scripts.transferred,
        "ended": scripts.ended,
        "ping": ping,
    }


def ping(channel: AgiChannel) -> str:
    """Answer that this server is there (a health check, or a look from Asterisk's console)."""
    channel.command("VERBOSE", "940: this server is ready", 1)
    return "ok"


def _tell_asserted(channel: AgiChannel) -> None:
    """Have Asterisk know the asserted caller: later scripts and operators' telephones see it.

    Nothing is said where it knows it already.
    """
    asserted = asserted_of(channel.environment)
    if asserted is None:
        return
    if asserted.is_news:
        channel.command("SET VARIABLE", "CALLERID(num)", asserted.number)
    if asserted.private:
        channel.command("SET VARIABLE", "CALLERID(num-pres)", "prohib")


class _Scripts:
    """The scripts of one desk."""

    def __init__(
        self,
        desk: Desk,
        sounds: Sounds,
        recordings: str,
        heard: Heard,
        room: Room,
        put_through: dict[str, Call],
    ) -> None:
        self._desk = desk
        self._sounds = sounds
        self._recordings = recordings
        self._heard = heard
        self._room = room
        self._put_through = put_through

    def call(self, channel: AgiChannel) -> str:
        """Lead a call, new or taken over from another server."""
        _tell_asserted(channel)
        call = self._begun(channel)
        # Here alone: what comes later is of a channel that was led, whatever its number is then.
        if not is_of(call, arrival_of(channel.environment)):
            metrics.REFUSED.labels("id").inc()
            raise BadEnvironment("its unique id is that of another caller's call: " + UNNAMED)
        return self._lead(channel, call)

    def transferred(self, channel: AgiChannel) -> str:
        """Go on with a call whose transfer failed: argument 1 says how."""
        call = self._taken_back(self._begun(channel))
        result = channel.environment.argument(1)
        # A server before us may have taken the result already: then its turn is performed.
        if isinstance(call.turn.action, Transfer):
            known = result in TRANSFER_RESULTS
            call = self._desk.advance(call, Transferred(result if known else "unavailable"))
        return self._lead(channel, call)

    def ended(self, channel: AgiChannel) -> str:
        """Close the record of a call that is over. The channel is dead: nothing is played.

        Argument 1 is IVR_DONE as it stood, argument 2 `answered` when somebody took the call,
        argument 3 for how long they talked (ms), 0 or empty where that is not known.
        """
        arrival = arrival_of(channel.environment)
        bind_contextvars(call_id=arrival.call_id)
        done, transfer = channel.environment.argument(1), channel.environment.argument(2)
        if transfer == "answered":
            reason = "transferred"
        else:
            reason = "done" if done == "hangup" else "hangup"
        talked = channel.environment.argument(3)
        talked_ms = int(talked) if talked.isascii() and talked.isdigit() and len(talked) < 9 else 0
        call = self._put_through.pop(arrival.call_id, arrival)
        self._desk.end(call, reason, talked_ms or None)
        return reason

    def _begun(self, channel: AgiChannel) -> Call:
        arrival = arrival_of(channel.environment)
        bind_contextvars(call_id=arrival.call_id)
        return self._desk.begin(arrival)

    def _end(self, channel: AgiChannel, call: Call, reason: str) -> None:
        """Close the call's record, and tell the dialplan that this is done."""
        self._desk.end(call, reason)
        with suppress(RemoteError):  # it does not hear: then the hang-up handler comes, as ever
            channel.command("SET VARIABLE", "IVR_ENDED", "1")

    def _keep(self, call: Call) -> None:
        """Remember a call that is put through: no script has it while people talk.

        When the session store is away by then, what comes after is told of this turn.
        """
        self._put_through[call.call_id] = call
        for oldest in list(self._put_through)[:-MOST_PUT_THROUGH]:
            self._put_through.pop(oldest, None)  # its end was told to another server

    def _taken_back(self, call: Call) -> Call:
        """The call, or what is remembered of it when that is further: then the store is away."""
        kept = self._put_through.pop(call.call_id, call)
        return kept if kept.turn.number > call.turn.number else call

    def _lead(self, channel: AgiChannel, call: Call) -> str:
        """Perform and advance until the caller is gone or the dialplan has what it needs."""
        started = time.perf_counter()
        while True:
            waited = channel.waited
            recording = f"{self._recordings}/{self._desk.recording_name(call)}"
            try:
                event = perform(
                    channel, call.turn, self._sounds, recording, self._heard, self._room
                )
            except PromptNotPlayed:
                # Another server would meet the same files: a human, at once.
                to_operators(channel)
                return "prompt_not_played"
            if isinstance(event, HungUp):
                if not isinstance(call.turn.action, HangUp):  # else the dialog is over anyway
                    call = self._desk.advance(call, event)
                self._end(channel, call, "hangup")
                return "caller_gone"
            if event is None:
                if isinstance(call.turn.action, HangUp):
                    self._end(channel, call, "done")
                    return "hangup"
                self._keep(call)
                return "transfer"
            call = self._desk.advance(call, event)
            now = time.perf_counter()
            metrics.TURN_SECONDS.observe(max(0.0, now - started - (channel.waited - waited)))
            started = now

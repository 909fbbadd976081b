"""The pure dialog: the desk is led directly, and the call goes through JSON at every turn."""

from collections.abc import Iterator
from contextlib import contextmanager

from call_handlers.arrival import Arrival, Call, call_from_json, call_to_json
from call_handlers.desk import CallDesk
from call_handlers.turns import CallFailed
from ivr.event import Digits, Event, HungUp, NoInput, Recorded, Transferred
from ivr.turn import Collect, HangUp, Record, Transfer, Turn
from lab.callers.line import Differs, need_no_more_than_keys
from lab.callers.stores import Stores
from lab.transcript import Transcript

TRANSFER_ANSWERED = "transferred"


class EngineDriver:
    """Calls without a telephone; a transfer is answered at once."""

    @contextmanager
    def dial(self, transcript: Transcript, stores: Stores) -> Iterator["EngineLine"]:
        """Begin a call at the stores' desk; it has ended when the context has."""
        need_no_more_than_keys(transcript)
        arrival = Arrival(
            channel="test",
            provider_id=f"transcript-{stores.folder.name}",
            caller=transcript.caller,
            withheld=transcript.withheld,
            attestation=transcript.attestation,
        )
        try:
            line = EngineLine(stores.desk, stores.desk.begin(arrival))
        except CallFailed as failed:
            raise Differs("a first turn", f"a call that cannot be led: {failed}") from None
        try:
            yield line
        finally:
            line.close()


class EngineLine:
    """The caller's side of a call that has no sound."""

    def __init__(self, desk: CallDesk, call: Call) -> None:
        self._desk = desk
        self._call = _through_json(call)

    @property
    def turn(self) -> Turn:
        """What the hotline says now."""
        return self._call.turn

    @property
    def call(self) -> Call:
        """All of the call, as the next process would get it."""
        return self._call

    def listen(self, index: int) -> None:
        """Everything is heard at once."""

    def enter(self, keys: str) -> None:
        """A terminator ends an entry and is no part of it, unless it stands alone."""
        action = self._call.turn.action
        if isinstance(action, Collect) and len(keys) > 1:
            keys = keys.rstrip(action.terminator)
        self._advance(Digits(keys))

    def press_in_vain(self, keys: str) -> None:
        """Nobody listens."""

    def wait(self) -> None:
        """Silence: a time-out; a recording of it is none."""
        self._advance(NoInput())

    def dictate(self, seconds: int, end: str) -> None:
        """The recording is as long as it was spoken, or as long as it may be."""
        action = self._call.turn.action
        assert isinstance(action, Record), "nothing is recorded now"
        name = self._desk.recording_name(self._call)
        leads = end if end in action.leads else ""
        self._advance(Recorded(name, min(seconds, action.max_seconds) * 1000, leads))
        if end == "hang_up":
            self.hang_up()

    def unanswered(self, result: str) -> None:
        """Nobody takes the call."""
        self._advance(Transferred(result))

    def hang_up(self) -> None:
        """End the call from this side; the desk takes the first end only."""
        if not isinstance(self._call.turn.action, HangUp):  # else the dialog is over anyway
            self._advance(HungUp())
        self._desk.end(self._call, "hangup")

    def listen_out(self) -> None:
        """To the end: a transfer is answered, the last words are said, a question is not."""
        match self._call.turn.action:
            case Transfer():
                self._desk.end(self._call, TRANSFER_ANSWERED)
            case HangUp():
                self._desk.end(self._call, "done")
            case _:
                self.hang_up()

    def close(self) -> None:
        """End a call that nothing has ended."""
        self._desk.end(self._call, "hangup")

    def _advance(self, event: Event) -> None:
        try:
            self._call = _through_json(self._desk.advance(self._call, event))
        except CallFailed as failed:
            raise Differs("a next turn", f"a call that cannot be led: {failed}") from None


def _through_json(call: Call) -> Call:
    """As the next process would get it. What the session store has not taken is not in it."""
    return call_from_json(call_to_json(call))

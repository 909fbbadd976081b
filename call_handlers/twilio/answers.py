"""What each webhook does: TwiML, or nothing to say.

A turn is taken once: a request for a turn that is past renders the stored turn again and steps
nothing. When two processes take the same turn, the session store decides (see `CallDesk.advance`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from call_handlers.arrival import Arrival, Call
from call_handlers.turns import OVERTAKEN, CallFailed
from call_handlers.twilio.events import ANSWERED, OVER, event_of
from call_handlers.twilio.heard import Heard
from call_handlers.twilio.human import Human, shown_of
from call_handlers.twilio.recent import RecentCalls
from call_handlers.twilio.render import Renderer, Rendering, hang_up
from call_handlers.twilio.signature import Gate
from call_handlers.twilio.waiting import waiting
from ivr.event import Event, HungUp, NoInput
from ivr.turn import Collect, HangUp, Perform, Record, Transfer

log = structlog.get_logger()

Form = dict[str, str]


class Desk(Protocol):
    """Who decides. See `call_handlers.desk.CallDesk`."""

    def begin(self, arrival: Arrival, /) -> Call:
        """The call's first turn, or the stored one."""

    def advance(self, call: Call, event: Event, /) -> Call:
        """The next turn."""

    def end(self, call: Call | Arrival, reason: str, /) -> None:
        """Close the call's record."""

    def ended(
        self,
        call: Call | Arrival,
        reason: str,
        at_ms: int | None = None,
        talked_ms: int | None = None,
        /,
    ) -> bool:
        """Do as `end`; True when it was this that ended the call."""

    def late(self, ended: Call, number: int, event: Event, /) -> Call | None:
        """The next turn of a call that had ended, when the caller did something in its last."""

    def find(self, call_id: str, /, *, ended: bool = False) -> Call | None:
        """The call as it is stored."""

    def recording_name(self, call: Call, /) -> str:
        """A name for what this turn records."""


NoteRecording = Callable[[str, int, str], None]
"""Write down that a recording is at Twilio: call, turn, Twilio's identifier. May raise."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What the webhooks need."""

    desk: Desk
    gate: Gate
    rendering: Rendering
    note_recording: NoteRecording
    recent: RecentCalls = field(default_factory=RecentCalls)
    """The calls whose newest turn this process keeps beside the store."""
    heard: Heard | None = None
    """Where callers hear what they have said; without it they are told that they cannot."""


class Answers:
    """The webhooks of one process, by name."""

    def __init__(self, webhooks: Webhooks, human: Human) -> None:
        self._desk = webhooks.desk
        self._rendering = webhooks.rendering
        self._renderer = Renderer(webhooks.rendering)
        self._note = webhooks.note_recording
        self._human = human
        self._recent = webhooks.recent

    def voice(self, _form: Form, arrival: Arrival, _call_id: str, _number: int) -> str:
        """A call arrives, or arrives again."""
        stored = self._desk.find(arrival.call_id, ended=True)
        if stored is None or isinstance(stored.turn.action, Perform):
            stored = self._kept(self._desk.begin(arrival))
        return self._rendered(stored, arrival)

    def turn(self, form: Form, arrival: Arrival, call_id: str, number: int) -> str:
        """What came of a turn; without a number, of the current one."""
        if call_id != arrival.call_id:
            log.error("webhook_of_another_call")
            return self._human.answer(arrival)
        ours = self._recent.at(call_id, number)
        call, over = (ours, False) if ours is not None else self._held(call_id, number)
        if call is None:
            log.error("session_lost")
            return self._human.answer(arrival)
        if over:
            if self._late(call, number, form):
                return hang_up()
            log.info("turn_repeated", asked=number, turn=call.turn.number, ended=True)
            # A transfer that was answered is not made again.
            made = isinstance(call.turn.action, Perform | Transfer)
            return hang_up() if made else self._rendered(call, arrival)
        if call.late:
            return hang_up()  # whoever took it up again leads it
        if number not in (0, call.turn.number):
            if self._late(call, number, form):
                return hang_up()
            # Late, twice, or ahead of what the store has kept: the stored turn is what counts.
            log.info("turn_repeated", asked=number, turn=call.turn.number)
            return self._rendered(self._settled(call, arrival), arrival)
        recording = self._desk.recording_name(call)
        event = event_of(call.turn, form, recording, self._rendering.phrases)
        if event is None:
            return self._rendered(self._settled(call, arrival), arrival)
        if isinstance(event, HungUp) or (isinstance(event, NoInput) and _is_over(form)):
            return hang_up()  # the status callback ends the call
        if event == ANSWERED:
            # As on any channel: people have talked, though the end may have been told before.
            if not self._desk.ended(call, "transferred", None, _talked_ms(form)):
                over_by_now = self._desk.find(call_id, ended=True)
                if over_by_now is not None:
                    self._late(over_by_now, call.turn.number, form)
            return hang_up()
        if isinstance(call.turn.action, Record) and form.get("RecordingSid"):
            self._noted(call_id, call.turn.number, form["RecordingSid"])
        taken = self._kept(self._desk.advance(call, event))
        if taken.left is not None and self._late(taken, call.turn.number, form):
            return hang_up()  # the caller's end was told while this was on its way
        return self._rendered(taken, arrival)

    def wait(self, form: Form, _arrival: Arrival, call_id: str, _number: int) -> str:
        """What is heard while waiting for an operator."""
        call = self._desk.find(call_id)
        return waiting(form, call.turn if call else None, self._rendering)

    def recording(self, form: Form, arrival: Arrival, call_id: str, number: int) -> str:
        """A recording is ready at Twilio."""
        if call_id != arrival.call_id or not number:
            log.error("webhook_of_another_call")
        elif form.get("RecordingStatus", "completed") == "completed" and form.get("RecordingSid"):
            self._noted(call_id, number, form["RecordingSid"])
        return ""

    def status(self, form: Form, arrival: Arrival, call_id: str, _number: int) -> str:
        """The call's status; only its end counts, and that once."""
        reason = OVER.get(form.get("CallStatus", ""))
        if reason is None:
            return ""
        call, over = self._held(call_id, 0)
        self._recent.forget(call_id)
        if call is None or over:
            return ""
        try:
            call = self._settled(call, arrival)  # what they asked for last may be under way
        except CallFailed:
            log.warning("effect_left_unfinished")
        self._recent.forget(call_id)
        if not call.late:  # else whoever took it up again ends it
            self._end(call, reason)
        return ""

    def _end(self, call: Call, reason: str) -> None:
        late = call.late
        match call.turn.action:
            case HangUp():
                reason = "done" if call.left is None or call.late else reason
            case Collect() | Record() if reason == "hangup":
                call = self._gone(call)
        if call.late == late:
            self._desk.end(call, reason)

    def _late(self, call: Call, number: int, form: Form) -> bool:
        """Take what the caller did in the turn in which they hung up, if this is news of it.

        Their end and what they did are told at one moment, and may arrive in either order.
        """
        if call.left is None or call.late:
            return False
        left = replace(call, turn=call.left.turn)
        recording = self._desk.recording_name(left)
        event = event_of(left.turn, form, recording, self._rendering.phrases)
        again = None if event is None else self._desk.late(call, number, event)
        if again is None:
            return False
        if isinstance(left.turn.action, Record) and form.get("RecordingSid"):
            self._noted(call.call_id, number, form["RecordingSid"])
        self._recent.forget(call.call_id)
        self._end(again, "transferred" if event == ANSWERED else "hangup")
        return True

    def _held(self, call_id: str, number: int) -> tuple[Call | None, bool]:
        """The call as it stands, if anybody knows, and whether it has ended."""
        stored = self._desk.find(call_id)
        over = self._desk.find(call_id, ended=True) if stored is None else None
        if over is not None:
            return over, True
        return self._recent.instead_of(stored, call_id, number), False

    def _gone(self, call: Call) -> Call:
        """The call without its caller; when their last key was quicker, after what came of it."""
        try:
            for _ in range(OVERTAKEN):
                call = self._desk.advance(call, HungUp())
                if not isinstance(call.turn.action, Collect | Record):
                    break
        except CallFailed:
            log.warning("end_not_stepped")
        return call

    def _settled(self, call: Call, arrival: Arrival) -> Call:
        """A call whose effect was never finished, because its process died, finishes it now."""
        if not isinstance(call.turn.action, Perform):
            return call
        return self._kept(self._desk.begin(arrival))

    def _kept(self, call: Call) -> Call:
        self._recent.keep(call)
        return call

    def _rendered(self, call: Call, arrival: Arrival) -> str:
        if call.late:
            return hang_up()  # its caller has gone
        puts_through = isinstance(call.turn.action, Transfer)
        shown = shown_of(arrival, self._rendering.lines) if puts_through else ""
        return self._renderer.render(call.turn, call.call_id, shown)

    def _noted(self, call_id: str, turn: int, sid: str) -> None:
        try:
            self._note(call_id, turn, sid)
        except Exception as error:  # the call goes on; the other webhook may have more luck
            log.error("recording_not_noted", error=type(error).__name__)


def _is_over(form: Form) -> bool:
    return form.get("CallStatus") in OVER


def _talked_ms(form: Mapping[str, str]) -> int | None:
    """How long the caller talked with whom they were connected with; None where it is not told."""
    talked = form.get("DialCallDuration", "")
    known = talked.isascii() and talked.isdigit() and len(talked) < 6
    return 1000 * int(talked) if known else None

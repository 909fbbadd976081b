"""What Twilio says came of a turn, as an event of the dialog."""

from collections.abc import Mapping

from call_handlers.twilio.speech import Phrases
from ivr.event import Digits, Event, HungUp, NoInput, Recorded, Speech, Transferred
from ivr.turn import Collect, Record, Transfer, Turn

KEYS = frozenset("0123456789*#ABCD")
_MOST_KEYS = 64
_DIALLED = {
    "completed": "answered",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
}
_QUEUED = {
    "bridged": "answered",
    "bridging-in-process": "answered",
    "redirected": "answered",
    "redirected-from-bridged": "answered",
    "leave": "no_answer",
    "queue-full": "busy",
}
ANSWERED = Transferred("answered")
OVER = {
    "completed": "hangup",
    "busy": "hangup",
    "no-answer": "hangup",
    "canceled": "hangup",
    "failed": "failed",
}
"""Call statuses that are final, and the reason with which the call then ends."""


def event_of(turn: Turn, form: Mapping[str, str], recording: str, phrases: Phrases) -> Event | None:
    """What the caller did in `turn`, None when the request does not tell.

    `recording` is the reference of what this turn records; `phrases` are what may be said.
    """
    match turn.action:
        case Collect() as collect:
            return _collected(turn, collect, form, phrases)
        case Record(leads=leads):
            return _recorded(form, recording, leads)
        case Transfer():
            return _transferred(form)
    return None


def _collected(turn: Turn, collect: Collect, form: Mapping[str, str], phrases: Phrases) -> Event:
    keys = form.get("Digits", "")
    if keys:
        entry = keys[:_MOST_KEYS]
        return Digits(entry if KEYS.issuperset(entry) else "?")
    # The terminator alone ends an entry of nothing: here that key is itself the entry.
    if collect.max_digits > 1 and form.get("FinishedOnKey", "") == collect.terminator:
        return Digits(collect.terminator)
    heard = form.get("SpeechResult", "").strip()
    if heard:
        return Speech(phrases.key(turn.node, turn.language, heard))
    return NoInput()


def _recorded(form: Mapping[str, str], recording: str, leads: str) -> Event:
    """A recording of silence is trimmed to nothing; `Digits` is what ended it, also `hangup`."""
    key = form.get("Digits", "")
    if not form.get("RecordingSid"):
        if key.lower() == "hangup":
            return HungUp()
        return Digits(key if key in KEYS else "?") if key else NoInput()
    leading = key if key in KEYS and key in leads else ""
    seconds = int(form.get("RecordingDuration", "0") or 0)
    if seconds > 0:
        return Recorded(recording, seconds * 1000, leading)
    return Digits(leading) if leading else NoInput()


def _transferred(form: Mapping[str, str]) -> Event | None:
    if "DialCallStatus" in form:
        result = _DIALLED.get(form["DialCallStatus"], "unavailable")
    elif "QueueResult" in form:
        result = _QUEUED.get(form["QueueResult"], "unavailable")
    else:
        return None
    # A telephone that stopped ringing because the caller hung up has refused nobody.
    gave_up = form.get("QueueResult") == "hangup" or form.get("CallStatus") in OVER
    return HungUp() if gave_up and result != "answered" else Transferred(result)

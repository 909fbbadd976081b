"""What a caller hears in the operators' queue: the place in it, again and again, but not for ever.

Twilio asks again when the TwiML is over.
"""

from collections.abc import Mapping

from twilio.twiml.voice_response import VoiceResponse

from call_handlers.twilio.render import APOLOGY, Rendering
from ivr.turn import Prompt, Transfer, Turn

PAUSE_S = 15
"""Quiet between two announcements (s)."""
_MOST = 999


def waiting(form: Mapping[str, str], turn: Turn | None, rendering: Rendering) -> str:
    """The TwiML of one round; it sends the caller on when they have waited long enough.

    `turn` is the one that put the caller into the queue; None when it is not known: then every
    language is spoken.
    """
    response = VoiceResponse()
    if _number(form.get("QueueTime", "")) >= rendering.lines.wait_s:
        response.leave()
        return str(response)
    prompt = _told(form, turn, rendering)
    if prompt is not None:
        for each in (turn.language,) if turn else rendering.speaker.voices:
            for spoken in rendering.speaker.prompt(each, prompt):
                response.append(spoken.verb)
    response.pause(length=PAUSE_S)
    return str(response)


def _told(form: Mapping[str, str], turn: Turn | None, rendering: Rendering) -> Prompt | None:
    """The place in the queue, where Twilio knows it.

    Twilio counts who came before. Who is put last by a workflow would be told a place that others
    overtake: they hear that all operators are busy.
    """
    action = turn.action if turn else None
    if rendering.lines.ordered and isinstance(action, Transfer) and action.last:
        return APOLOGY
    place = _number(form.get("QueuePosition", ""))
    if not place:
        return None
    ahead = str(min(place - 1, _MOST))
    return Prompt("queue_place", {"callers": ahead}) if place > 1 else Prompt("queue_next")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0

"""What a caller hears in the operators' queue: the place in it, again and again, but not for ever.

Twilio asks again when the TwiML is over.
"""

from collections.abc import Mapping

from twilio.twiml.voice_response import VoiceResponse

from call_handlers.twilio.render import Rendering
from ivr.turn import Prompt

PAUSE_S = 15
"""Quiet between two announcements (s)."""
_MOST = 999


def waiting(form: Mapping[str, str], language: str, rendering: Rendering) -> str:
    """The TwiML of one round; it sends the caller on when they have waited long enough.

    `language` is the caller's; empty when it is not known: then all are spoken.
    """
    response = VoiceResponse()
    if _number(form.get("QueueTime", "")) >= rendering.lines.wait_s:
        response.leave()
        return str(response)
    place = _number(form.get("QueuePosition", ""))
    if place:
        ahead = str(min(place - 1, _MOST))
        prompt = Prompt("queue_place", {"callers": ahead}) if place > 1 else Prompt("queue_next")
        for each in (language,) if language else rendering.speaker.voices:
            for spoken in rendering.speaker.prompt(each, prompt):
                response.append(spoken.verb)
    response.pause(length=PAUSE_S)
    return str(response)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0

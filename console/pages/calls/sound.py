"""What was spoken in a call, for a player that may begin anywhere (HTTP Range, RFC 9110, 14).

A player asks for many pieces of one recording. That somebody listens is written down before the
first of them is sent, and once for all that they ask within `_ONE_HEARING_S`.
"""

from flask import Blueprint, Response, abort, request

from console.access import needs, person
from console.api.recordings import Destroyed
from console.house import House
from people.person import Person
from recordings.kept import sound_of

_ONE_HEARING_S = 600


def add(made: Blueprint, house: House) -> None:
    """Add recordings to the pages of calls."""

    @made.get("/calls/<call_id>/recordings/<int:turn>")
    @needs("calls.hear")
    def recording(call_id: str, turn: int) -> Response:
        try:
            sound = _heard(house, f"{call_id}-{turn}", person())
        except Destroyed:
            abort(410)
        answer = Response(sound, content_type="audio/wav")
        answer.headers["Cache-Control"] = "private, no-store"
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=len(sound))
        return answer


def _heard(house: House, reference: str, by: Person) -> bytes:
    """The sound, and a line of the audit where this person does not hear it already.

    Raises what `Recordings.fetch` raises.
    """
    hears = f"hotline:console:hears:{by.name}:{reference}"
    if house.redis.exists(hears):
        sound = sound_of(house.recordings.folder, reference)
        if sound is not None:
            return sound
    fetched = house.recordings.fetch(reference, by=by)
    house.redis.set(hears, 1, ex=_ONE_HEARING_S)
    return fetched

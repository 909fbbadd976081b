"""What a caller has said, played back to them: an address for Twilio, and what is found there.

Twilio fetches what it plays without signing for it, so the address itself has a signature of ours
(HMAC-SHA256 with the account's token, RFC 2104). It leads to the recording for as long as its call
goes on, and what cannot be played is answered with words that say so, never with an error.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from flask import Blueprint, Response

from call_handlers.arrival import Call

log = structlog.get_logger()

PATH = "/twilio/heard"
_SIGNED = b"heard\n"
_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Heard:
    """The recordings of calls in progress, below `public_url`.

    `find` gives a call that has not ended, `sound` a recording by its reference, and `instead` the
    sound that says in a language that there is none to be heard; each may give None.
    """

    public_url: str
    token: str = field(repr=False)
    find: Callable[[str], Call | None]
    sound: Callable[[str], bytes | None]
    instead: Callable[[str], bytes | None]

    def url(self, reference: str) -> str:
        """Where Twilio finds this recording."""
        return heard_url(self.public_url, self.token, reference)

    def blueprint(self) -> Blueprint:
        """Its one route."""
        made = Blueprint("heard", __name__, url_prefix=PATH)
        made.add_url_rule("/<reference>/<signature>", "played", self._played, methods=["GET"])
        return made

    def _played(self, reference: str, signature: str) -> Response:
        genuine = _signed(self.token, reference).encode()
        if not hmac.compare_digest(signature.encode(), genuine):
            return Response(status=403)
        call = self.find(reference.partition("-")[0])
        if call is None:
            return Response(status=404)
        sound = self.sound(reference) or self.instead(call.session.language)
        if sound is None:
            return Response(status=404)
        answer = Response(sound, content_type="audio/wav")
        answer.headers["Cache-Control"] = "no-store"
        return answer


def heard_url(public_url: str, token: str, reference: str) -> str:
    """Where Twilio finds this recording, below `public_url`, for the account with this token."""
    return f"{public_url}{PATH}/{reference}/{_signed(token, reference)}"


def _signed(token: str, reference: str) -> str:
    made = hmac.new(token.encode(), _SIGNED + reference.encode(), hashlib.sha256)
    return made.hexdigest()[:_LENGTH]

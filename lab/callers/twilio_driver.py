"""Calls by Twilio's webhooks: signed requests over real HTTP to an application of the call's own.

What is proven is that the right prompts were played or said, in order, that every `Play` is audio,
and that TwiML, forms and callbacks lead the call to its end.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby

from ivr.prompts import Catalogue, Piece
from ivr.turn import Collect, HangUp, Prompt, Record, Transfer, Turn
from lab.callers.line import CannotPlay, Differs, need_no_more_than_keys
from lab.callers.player import is_over, told
from lab.callers.stores import Stores
from lab.callers.twilio_caller import TwilioCall
from lab.callers.twilio_forms import ANONYMOUS, Party
from lab.callers.twilio_http import Playback, Send, TwilioHttp
from lab.callers.twilio_moment import Account, CallBroken, Heard, Moment
from lab.callers.twilio_server import PUBLIC_URL, TOKEN, Application, heard_at, serving
from lab.callers.twiml_verbs import Enqueue, Play, Say
from lab.transcript import Transcript

_KINDS = {Collect: "keys", Record: "recording", Transfer: "transfer", HangUp: "over"}
_QUEUED = {"busy": "queue-full", "no_answer": "leave", "unavailable": "system-error"}
_DIALLED = {"busy": "busy", "no_answer": "no-answer", "unavailable": "failed"}
_LONGEST_NUMBER = 64

Wire = Callable[[Send], Send]
"""What lies between Twilio and the application: it may deliver twice, late, or lose the reply."""


def faultless(send: Send) -> Send:
    """A wire that delivers everything once."""
    return send


class TwilioDriver:
    """Calls without sound and without waiting; a transfer is answered at once.

    `application` makes the web application of a call's stores, on the given public URL and token.
    """

    def __init__(
        self, catalogue: Catalogue, application: Application, wire: Wire = faultless
    ) -> None:
        self._catalogue = catalogue
        self._application = application
        self._wire = wire

    @contextmanager
    def dial(self, transcript: Transcript, stores: Stores) -> Iterator["TwilioLine"]:
        """Call an application that has nothing else to do; call and server are over with this."""
        need_no_more_than_keys(transcript)
        if len(transcript.caller) > _LONGEST_NUMBER:
            raise CannotPlay("Twilio sends no number of this length")
        party = Party(
            caller=ANONYMOUS if transcript.withheld else transcript.caller,
            attestation=transcript.attestation,
        )
        with serving(self._application(stores)) as address:
            http = TwilioHttp(PUBLIC_URL, address, TOKEN)
            account = Account(f"{PUBLIC_URL}/twilio/voice", f"{PUBLIC_URL}/twilio/status")
            playback = Playback(http.fetch)
            call = TwilioCall(account, party, self._wire(http.send), playback.seconds)
            line = TwilioLine(call, lambda: stores.sessions.turns, self._catalogue)
            try:
                line.begin()
                yield line
            finally:
                line.close()
                http.close()


class TwilioLine:
    """The caller's side of a call that Twilio leads."""

    def __init__(
        self, call: TwilioCall, turns: Callable[[], Sequence[Turn]], catalogue: Catalogue
    ) -> None:
        self._call = call
        self._turns = turns
        self._catalogue = catalogue
        self._turn: Turn | None = None

    @property
    def turn(self) -> Turn:
        """What the hotline says now."""
        assert self._turn is not None, "not begun"
        return self._turn

    def begin(self) -> None:
        """Call; returns at the first turn."""
        self._go_on(self._call.begin)

    def listen(self, index: int) -> None:
        """Everything is heard at once."""

    def enter(self, keys: str) -> None:
        """Press keys; silence ends a short entry."""
        self._go_on(lambda: self._call.press(keys))

    def press_in_vain(self, keys: str) -> None:
        """Nobody listens."""

    def wait(self) -> None:
        """Silence; where a recording is made, until it ends by that."""
        self._to_the_beep()
        self._go_on(self._call.keep_silent)

    def dictate(self, seconds: int, end: str) -> None:
        """Speak into the recording, after all that is said before it."""
        self._to_the_beep()
        if end == "hang_up":
            self._done(lambda: self._call.hang_up(seconds))
        else:
            self._go_on(lambda: self._call.speak(seconds, "" if end == "silence" else end))

    def _to_the_beep(self) -> None:
        """Before a recording keys may be pressed: this caller presses none."""
        if isinstance(self.turn.action, Record) and self._call.moment.kind == "keys":
            self._done(self._call.keep_silent)
            self._heard([prompt for prompt in self.turn.prompts if prompt.whole])

    def unanswered(self, result: str) -> None:
        """Nobody takes the call, in Twilio's words for it."""
        queued = isinstance(self._call.moment.verb, Enqueue)
        said = (_QUEUED if queued else _DIALLED)[result]
        self._go_on(lambda: self._call.unanswered(said))

    def hang_up(self) -> None:
        """Leave; while nobody listens that makes no difference any more."""
        if is_over(self.turn):
            self.listen_out()
        else:
            self._done(self._call.hang_up)

    def listen_out(self) -> None:
        """To the end: a transfer is answered, after the queue's words if there is a queue."""
        if isinstance(self.turn.action, Transfer):
            waits = self._call.moment.verb
            if isinstance(waits, Enqueue) and waits.wait_url:
                self._done(self._call.listen_in_queue)
            self._done(self._call.answered)
        self.close()

    def close(self) -> None:
        """End the call, whatever it is doing."""
        self._done(self._call.hang_up)

    def _go_on(self, act: Callable[[], Moment]) -> None:
        """To the next turn; what was heard on the way is its prompts, and what it asks is asked."""
        before = self._turn.number if self._turn is not None else 0
        self._done(act)
        moment = self._call.moment
        # The first: a call that has ended by now may have left a report behind it.
        made = next((turn for turn in self._turns() if turn.number > before), None)
        if made is None:
            raise Differs("a next turn", f"{moment.kind} again")
        self._turn = made
        kind = _KINDS[type(self.turn.action)]
        skippable = [prompt for prompt in self.turn.prompts if not prompt.whole]
        if kind == "recording" and skippable:
            kind = "keys"  # which skip to the notice; see `_to_the_beep`
            self._heard(skippable)
        else:
            self._heard(self.turn.prompts)
        if kind != moment.kind:
            raise Differs(told(self.turn), f"{moment.kind} in TwiML")

    def _done(self, act: Callable[[], object]) -> None:
        try:
            act()
        except CallBroken as broken:
            raise Differs("a call that Twilio can lead", str(broken)) from None

    def _heard(self, prompts: Sequence[Prompt]) -> None:
        """Raises Differs when it was not these, in this order."""
        differs = self._difference(prompts, self._call.moment.heard)
        if differs:
            keys = ", ".join(prompt.key for prompt in prompts)
            raise Differs(f"{keys} as {differs[0]}", differs[1])

    def _difference(
        self, prompts: Sequence[Prompt], heard: Sequence[Heard]
    ) -> tuple[str, str] | None:
        """What was expected and what came, at the first prompt that is not as it must be."""
        left = list(heard)
        for prompt in prompts:
            pieces = self._catalogue.speak(self.turn.language, prompt)
            said = _said(pieces)
            played: list[Heard] = [_play(piece) for piece in pieces]
            for expected in (played, said):
                if _alike(left[: len(expected)], expected):
                    del left[: len(expected)]
                    break
            else:
                return _words(played), _words(left[: len(played)])
        return ("nothing more", _words(left)) if left else None


def _play(piece: Piece) -> Play:
    if piece.recording:
        return Play(heard_at(piece.recording))
    return Play(f"{PUBLIC_URL}/prompts/{piece.audio}.wav")


def _said(pieces: Sequence[Piece]) -> list[Heard]:
    """The prompt by synthetic voices: pieces of one language are one text, a guarded one apart."""
    said: list[Heard] = []
    for (language, _), group in groupby(pieces, lambda p: (p.audio.partition("/")[0], p.guarded)):
        text = " ".join(piece.text for piece in group if piece.text)
        if text:
            said.append(Say(text, language))
    return said


def _alike(heard: Sequence[Heard], expected: Sequence[Heard]) -> bool:
    """Of a voice only the language is known, not the country (`ar-AE` is `ar`)."""
    plain = [
        Say(" ".join(h.text.split()), h.language.partition("-")[0]) if isinstance(h, Say) else h
        for h in heard
    ]
    return plain == [
        Say(" ".join(e.text.split()), e.language) if isinstance(e, Say) else e for e in expected
    ]


def _words(heard: Sequence[Heard]) -> str:
    words = (one.url if isinstance(one, Play) else f'"{one.text}"' for one in heard)
    return " ".join(words) or "nothing"

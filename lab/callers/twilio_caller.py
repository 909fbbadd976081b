"""A call as Twilio leads it: forms to the webhooks, and whatever the TwiML says, in virtual time.

Nothing waits: silence, prompts and recordings only put the call's clock forward. The call runs by
itself up to the moments at which the caller (or an operator) must do something.

What Twilio does is taken from its published documentation: parameters of a voice request, what ends
a Gather or a Record, that an empty result falls through to the next verb unless
`actionOnEmptyResult` says otherwise, that an empty recording makes no request, that the action of
Enqueue and Dial is asked when the connection has ended.
"""

from collections.abc import Callable, Mapping
from typing import Literal
from urllib.parse import urljoin

from lab.callers.twilio_forms import Party, bridged, dialled, ended
from lab.callers.twilio_http import NoAnswer, Request, Send
from lab.callers.twilio_moment import Account, CallBroken, Heard, Moment
from lab.callers.twiml import NotTwiml, parse
from lab.callers.twiml_verbs import (
    Dial,
    Enqueue,
    Gather,
    Hangup,
    Leave,
    Pause,
    Play,
    Record,
    Redirect,
    Reject,
    Say,
    Sound,
    Verb,
)

MOST_DOCUMENTS = 20
"""Documents in a row without the caller being asked anything: a loop."""
SPEECH_S = 0.06
"""What a synthetic voice takes for a character, about (s)."""
_XML = ("text/xml", "application/xml")
_KEY_S = 0.3


class TwilioCall:
    """One call. `send` delivers a request; `lasts` is how long the audio at a URL lasts (s)."""

    def __init__(
        self, account: Account, party: Party, send: Send, lasts: Callable[[str], float]
    ) -> None:
        self._account = account
        self._party = party
        self._send = send
        self._audio_lasts = lasts
        self._url = account.voice_url
        self._rest: list[Verb] = []
        self._heard: list[Heard] = []
        self._status = "ringing"
        self._documents = 0
        self._fallen = False
        self.seconds = 0.0
        """The call's clock (s)."""
        self.moment = Moment("over", (), None)

    def begin(self) -> Moment:
        """Call; the first moment."""
        return self._ask(self._account.voice_url, {})

    def press(self, keys: str) -> Moment:
        """Press keys at a Gather, then keep silent if that is needed to end the entry.

        What is pressed after the entry has ended is lost.
        """
        gather = self._gather()
        entry, finished = "", ""
        for key in keys:
            self.seconds += _KEY_S
            if key == gather.finish_on_key:
                finished = key
                break
            entry += key
            if gather.num_digits and len(entry) == gather.num_digits:
                break
        else:
            self.seconds += gather.timeout_s
        return self._gathered(gather, {"Digits": entry, "FinishedOnKey": finished}, bool(entry))

    def say(self, text: str) -> Moment:
        """Speak at a Gather that listens for speech."""
        gather = self._gather()
        if "speech" not in gather.inputs:
            raise CallBroken("nobody listens for speech")
        self.seconds += len(text) * SPEECH_S
        return self._gathered(gather, {"SpeechResult": text, "Confidence": "0.9"}, bool(text))

    def keep_silent(self) -> Moment:
        """Nothing, until what waits gives up waiting."""
        if isinstance(self.moment.verb, Record):
            self.seconds += self.moment.verb.timeout_s
            return self._fall_through()
        gather = self._gather()
        self.seconds += gather.timeout_s
        return self._gathered(gather, {"Digits": "", "FinishedOnKey": ""}, filled=False)

    def speak(self, seconds: int, key: str = "#") -> Moment:
        """Speak into the recording, then press a key."""
        record = self.moment.verb
        if not isinstance(record, Record):
            raise CallBroken("nothing is recorded now")
        taken = min(seconds, record.max_s)
        self.seconds += taken
        if not taken:
            return self._fall_through()
        ended = key if seconds < record.max_s and key in record.finish_on_key else ""
        return self._recorded(record, taken, ended)

    def answered(self, seconds: int = 1) -> Moment:
        """The transfer is answered; both talk for some seconds, then the operator leaves."""
        self.seconds += seconds
        if isinstance(self.moment.verb, Enqueue):
            return self._connected(self.moment.verb.action, bridged())
        return self._connected(self._dial().action, dialled(seconds))

    def unanswered(self, result: str) -> Moment:
        """The transfer fails: a QueueResult such as `queue-full`, or a DialCallStatus."""
        if isinstance(self.moment.verb, Enqueue):
            return self._connected(self.moment.verb.action, {"QueueResult": result})
        dial = self._dial()
        self.seconds += dial.timeout_s if result == "no-answer" else 0
        return self._connected(dial.action, {"DialCallStatus": result})

    def listen_in_queue(self) -> tuple[Heard, ...]:
        """What the queue's `waitUrl` says once, before it is asked again."""
        queue = self.moment.verb
        if not isinstance(queue, Enqueue) or not queue.wait_url:
            raise CallBroken("nobody waits in a queue that speaks")
        form = self._form({"QueuePosition": "1", "QueueTime": "0", "CurrentQueueSize": "1"})
        try:
            verbs = self._document(Request(urljoin(self._url, queue.wait_url), form))
        except (NoAnswer, NotTwiml) as error:
            raise CallBroken(f"the queue's words: {error}") from None
        if not all(isinstance(verb, Play | Say | Pause | Redirect | Leave) for verb in verbs):
            raise CallBroken("the queue's words may only be played, said and repeated")
        heard = tuple(verb for verb in verbs if isinstance(verb, Play | Say))
        for sound in heard:
            self._lasts(sound)
        return heard

    def hang_up(self, spoken_s: int = 0) -> None:
        """Leave. From within a recording of some seconds Twilio still asks its action."""
        if self.moment.kind == "over" and self._status != "in-progress":
            return  # in progress without a moment: its first document cannot be performed
        self._status = "completed"
        record = self.moment.verb
        if isinstance(record, Record) and spoken_s:
            self.seconds += spoken_s
            self._recorded(record, spoken_s, "hangup")
        self._end("completed")

    # --- what is performed ---------------------------------------------------------------------

    def _ask(self, url: str, extra: Mapping[str, str]) -> Moment:
        """Ask for the next document and perform it."""
        self._documents += 1
        if self._documents > MOST_DOCUMENTS:
            raise CallBroken(f"{MOST_DOCUMENTS} documents in a row that ask nothing")
        url = urljoin(self._url, url)
        try:
            verbs = self._document(Request(url, self._form(extra)))
        except (NoAnswer, NotTwiml) as error:
            verbs = self._fallback(url, error)
        self._url = url
        self._rest = list(verbs)
        if self._status == "completed":
            return self.moment  # the caller is gone; nobody hears what was said to this
        if not (self._rest and isinstance(self._rest[0], Reject)):
            self._status = "in-progress"
        return self._fall_through()

    def _document(self, request: Request) -> tuple[Verb, ...]:
        answer = self._send(request)
        if answer.status != 200:
            raise NoAnswer(f"{request.url}: status {answer.status}")
        if answer.content_type not in _XML:
            raise NotTwiml(f"{request.url}: {answer.content_type or 'nothing'} is no XML")
        return parse(answer.body)

    def _fallback(self, url: str, error: Exception) -> tuple[Verb, ...]:
        if not self._account.fallback or self._fallen:
            raise CallBroken(f"{url}: {error}") from None
        self._fallen = True
        return parse(self._account.fallback)

    def _fall_through(self) -> Moment:
        """Go on with the rest of the document, to the next moment."""
        while self._rest:
            verb = self._rest.pop(0)
            match verb:
                case Play() | Say() | Pause():
                    self._hear(verb)
                case Gather():
                    for sound in verb.sounds:
                        self._hear(sound)
                    return self._wait("keys", verb)
                case Record():
                    return self._wait("recording", verb)
                case Dial() | Enqueue():
                    return self._wait("transfer", verb)
                case Redirect(url=url):
                    return self._ask(url, {})
                case Reject(reason=reason):
                    return self._end("busy" if reason == "busy" else "no-answer")
                case Hangup():
                    return self._end("completed")
                case Leave():
                    raise CallBroken("<Leave> outside of a queue")
        return self._end("completed")

    def _wait(self, kind: Literal["keys", "recording", "transfer"], verb: Verb) -> Moment:
        self.moment = Moment(kind, tuple(self._heard), verb)
        self._heard.clear()
        self._documents = 0
        return self.moment

    def _hear(self, sound: Sound) -> None:
        self._lasts(sound)
        if not isinstance(sound, Pause):
            self._heard.append(sound)

    def _lasts(self, sound: Sound) -> None:
        match sound:
            case Pause(seconds=seconds):
                self.seconds += seconds
            case Say(text=text):
                self.seconds += len(text) * SPEECH_S
            case Play(url=url):
                try:
                    self.seconds += self._audio_lasts(urljoin(self._url, url))
                except NoAnswer as error:
                    raise CallBroken(f"{url} cannot be played: {error}") from None

    def _gathered(self, gather: Gather, result: Mapping[str, str], filled: bool) -> Moment:
        if not filled and not gather.on_empty:
            return self._fall_through()
        return self._ask(gather.action or self._url, result)

    def _recorded(self, record: Record, seconds: int, ended_by: str) -> Moment:
        made = self._party.recording(seconds)
        asked_in = self._url
        moment = self._ask(record.action or self._url, {**made, "Digits": ended_by})
        if record.status_callback:
            url = urljoin(asked_in, record.status_callback)
            self._notify(url, self._party.recording_ready(made))
        return moment

    def _connected(self, action: str, result: Mapping[str, str]) -> Moment:
        if action:
            return self._ask(action, result)
        return self._fall_through()

    def _end(self, status: str) -> Moment:
        self._status = status
        self.moment = Moment("over", tuple(self._heard), None)
        self._heard.clear()
        self._rest.clear()
        self._notify(self._account.status_url, self._form(ended(self.seconds)))
        return self.moment

    def _notify(self, url: str, form: Mapping[str, str]) -> None:
        """A callback: whatever comes back is not performed, but an error is one."""
        try:
            answer = self._send(Request(url, form))
        except NoAnswer as error:
            raise CallBroken(f"{url}: {error}") from None
        if answer.status not in (200, 204):
            raise CallBroken(f"{url}: status {answer.status}")

    def _form(self, extra: Mapping[str, str]) -> dict[str, str]:
        return self._party.form(self._status, extra)

    def _gather(self) -> Gather:
        gather = self.moment.verb
        if not isinstance(gather, Gather):
            raise CallBroken("nobody listens for keys")
        return gather

    def _dial(self) -> Dial:
        dial = self.moment.verb
        if not isinstance(dial, Dial):
            raise CallBroken("nobody is called")
        return dial

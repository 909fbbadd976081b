"""A turn in TwiML. Pure: the same turn gives the same TwiML in any process, however often.

- Keys are collected by `Gather` around the prompts, so that they are heard over any of them; the
  guarded beginning of an error message stands before it. `actionOnEmptyResult` sends silence on.
- A menu collects one key and has no finishing key: `#` and `*` are keys like any other.
- `Record` sends nothing when nobody spoke: a `Redirect` behind it does. Keys skip what stands
  before its notice; over the notice itself nobody listens for them, so that it is heard whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from twilio.twiml.voice_response import Gather, VoiceResponse
from twilio.twiml.voice_response import Record as RecordVerb

from call_handlers.twilio.speech import Phrases
from call_handlers.twilio.spoken import Speaker, Spoken
from call_handlers.twilio.transfers import Lines, connect
from ivr.turn import Collect, HangUp, Prompt, Record, Transfer, Turn

SKIPPING_S = 1
"""How long a key is waited for before the notice of a recording (s): Twilio's least."""
APOLOGY = Prompt("operators_unavailable")
CONNECTING = Prompt("operator")


@dataclass(frozen=True, slots=True)
class Rendering:
    """All that TwiML depends on beside the turn. Without `phrases` menus take keys alone."""

    speaker: Speaker
    lines: Lines
    phrases: Phrases = field(default_factory=Phrases)
    sounds: Callable[[], object] = lambda: None
    """Differs from what it gave earlier when other sounds are there."""

    @property
    def base(self) -> str:
        """The URL of the webhooks."""
        return f"{self.speaker.public_url}/twilio"


def render(turn: Turn, call_id: str, rendering: Rendering, shown: str | None = "") -> str:
    """The TwiML that performs `turn`; what comes of it is sent to the turn's own URL.

    `shown` is the number that whoever is dialled is shown (see `transfers.connect`). Raises
    ValueError for a turn that a channel cannot perform.
    """
    response = VoiceResponse()
    spoken = rendering.speaker.say(turn)
    here = f"{call_id}/{turn.number}"
    match turn.action:
        case Collect() as collect:
            gather = _gather(collect, f"{rendering.base}/turn/{here}", turn, rendering.phrases)
            _ask(response, spoken, gather)
        case Record() as record:
            action = f"{rendering.base}/turn/{here}"
            skippable = [one for one in spoken if not one.whole]
            if skippable:
                _ask(response, skippable, _skip(action))
            _say(response, [one for one in spoken if one.whole])
            _record(response, record, action, f"{rendering.base}/recording/{here}")
        case Transfer() as transfer:
            _say(response, spoken)
            action = f"{rendering.base}/transfer/{here}"
            wait = f"{rendering.base}/wait/{here}"
            lines, language = rendering.lines, turn.language
            connect(
                response, transfer, lines, action=action, wait=wait, language=language, shown=shown
            )
        case HangUp():
            _say(response, spoken)
            response.hangup()
        case other:
            raise ValueError(f"a call cannot perform {type(other).__name__}")
    return str(response)


class Renderer:
    """Renders turns; what is the same in every call is rendered once.

    Most turns say nothing of the caller's own, and their TwiML differs in the call's place alone.
    There are as many of them as the flow has nodes, languages and error messages. Threads may share
    it: two that render the same turn come to the same.
    """

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering
        self._known: dict[object, str] = {}
        self._sounds: object = None

    def render(self, turn: Turn, call_id: str, shown: str | None = "") -> str:
        """As `render`."""
        if any(prompt.values for prompt in turn.prompts):
            return render(turn, call_id, self._rendering, shown)
        if (sounds := self._rendering.sounds()) != self._sounds:
            self._known, self._sounds = {}, sounds
        said = tuple((one.key, one.guarded, one.language) for one in turn.prompts)
        same = (turn.node, turn.language, said, turn.action, shown)
        known = self._known
        text = known.get(same)
        if text is None:
            somewhere = replace(turn, number=0)
            text = known[same] = render(somewhere, _SOME_CALL, self._rendering, shown)
        return text.replace(f"{_SOME_CALL}/0", f"{call_id}/{turn.number}")


_SOME_CALL = "0" * 32
"""Stands for the call in what is the same in every call; no call has this id."""


def to_a_human(rendering: Rendering, shown: str | None = "") -> str:
    """What is answered when this process cannot lead the call: the operators, in both languages.

    `shown` is as in `render`.
    """
    response = VoiceResponse()
    for language in rendering.speaker.voices:
        _say(response, rendering.speaker.prompt(language, CONNECTING))
    wait = f"{rendering.base}/wait"
    connect(response, Transfer("operators"), rendering.lines, action=None, wait=wait, shown=shown)
    for language in rendering.speaker.voices:
        _say(response, rendering.speaker.prompt(language, APOLOGY))
    response.hangup()
    return str(response)


def hang_up() -> str:
    """The TwiML that ends a call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def _ask(response: VoiceResponse, spoken: list[Spoken], gather: Gather) -> None:
    """Everything up to the last guarded sound is said before anybody listens."""
    guarded = max((at for at, one in enumerate(spoken, 1) if one.guarded), default=0)
    _say(response, spoken[:guarded])
    _say(gather, spoken[guarded:])
    response.append(gather)


def _gather(collect: Collect, action: str, turn: Turn, phrases: Phrases) -> Gather:
    hints = phrases.hints(turn.node, turn.language)
    speech = bool(hints)
    return Gather(
        input="dtmf speech" if speech else "dtmf",
        action=action,
        method="POST",
        timeout=max(1, round(collect.timeout_ms / 1000)),
        num_digits=collect.max_digits,
        finish_on_key="" if collect.max_digits == 1 else collect.terminator,
        action_on_empty_result=True,
        language=phrases.locale(turn.language) if speech else None,
        hints=", ".join(hints) if speech else None,
        speech_timeout="auto" if speech else None,
    )


def _skip(action: str) -> Gather:
    """Listens for a key over what stands before a recording; without one, the document goes on."""
    return Gather(
        input="dtmf",
        action=action,
        method="POST",
        timeout=SKIPPING_S,
        num_digits=1,
        finish_on_key="",
    )


def _record(response: VoiceResponse, record: Record, action: str, ready: str) -> None:
    response.append(
        RecordVerb(
            action=action,
            method="POST",
            timeout=min(record.silence_ms // 1000, record.max_seconds),
            finish_on_key=record.terminators,
            max_length=record.max_seconds,
            play_beep=True,
            trim="trim-silence",
            recording_status_callback=ready,
            recording_status_callback_method="POST",
            recording_status_callback_event="completed absent",
        )
    )
    response.redirect(action, method="POST")


def _say(parent: VoiceResponse | Gather, spoken: list[Spoken]) -> None:
    for one in spoken:
        parent.append(one.verb)

"""The one call that every part of the bench places: a pothole is reported, in 9 turns.

Keys and recording in the order of the 940 flow, by a number whose language is known and that has
reported nothing yet; the last turn says the reference number, and the caller hangs up over it.
"""

import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hotline.bootstrap import Services
from ivr.engine import begin, step
from ivr.event import Digits, Done, Event, HungUp, Recorded
from ivr.turn import Perform, Turn
from lab.callers.asterisk_model import Act, HangUp, Listening, Press, Speak

NUMBER = "+966501234567"
NUMBERS = tuple(f"+9665{number:08d}" for number in range(20_000))
"""A call from a number that has reported before would be asked something else."""
RECORDED_S = 2.0
"""How long the caller speaks into the recording (s)."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The caller presses these keys."""

    keys: str


@dataclass(frozen=True, slots=True)
class Dictation:
    """The caller speaks into the recording for `RECORDED_S`, then presses `#`."""


@dataclass(frozen=True, slots=True)
class Leave:
    """The caller hangs up."""


Move = Keys | Dictation | Leave

MOVES: tuple[Move, ...] = (
    *(Keys("1"), Keys("2"), Keys("1"), Keys("1"), Keys("7421"), Keys("23218")),
    *(Dictation(), Keys("1"), Leave()),
)
TURNS = len(MOVES)
NUMBERED = (1, 2, 3, 5, 6, 7, 9, 10, 12)
"""The numbers of these turns: between them the place before and the address are looked up, and the
report is opened."""


SPOKEN = "ar"
"""The language of that number."""
ANSWERS = {"contact": "0501234567", "days": "1", "kept_days": "90", "language": SPOKEN}
"""What is known of the call before its first turn."""


_COMES_TO = {
    "find_last_place": Done("none"),
    "find_address": Done(
        "unknown",
        {
            **{"place": "plate", "building_number": "7421", "postal_code": "23218"},
            **{"plate_building": "7421", "plate_postal": "23218"},
        },
    ),
    "open_report": Done("opened", {"reference": "261100001", "target_hours": "48"}),
    "open_unconfirmed": Done("kept"),
    "keep_draft": Done("kept"),
}
"""What comes of the effects on the way: nobody has called before, and no gazetteer is there."""


class ScriptedCaller:
    """The caller of the fake Asterisk: one move each time they are listened to."""

    def __init__(self) -> None:
        self._moves = iter(MOVES)

    def __call__(self, _listening: Listening) -> Act:
        """The next move; hangs up when there is none left."""
        match next(self._moves, Leave()):
            case Keys(keys=keys):
                return Press(keys)
            case Dictation():
                return Speak(RECORDED_S)
            case Leave():
                return HangUp()


def turns(
    services: Services, moves: Sequence[Move] = MOVES, answers: Mapping[str, str] = ANSWERS
) -> Iterator[Turn]:
    """The turns of this call, or of one by other moves, by the engine alone."""
    session, turn = begin(services.flow, "bench", answers=answers)
    for move in moves:
        while isinstance(turn.action, Perform):
            session, turn = step(services.flow, session, _COMES_TO[turn.action.effect])
        yield turn
        session, turn = step(services.flow, session, event_of(move))


def event_of(move: Move) -> Event:
    """What the engine is told of this move."""
    match move:
        case Keys(keys=keys):
            return Digits(keys)
        case Dictation():
            return Recorded("bench", int(RECORDED_S * 1000))
        case Leave():
            return HungUp()


def prompt_seconds(
    services: Services, moves: Sequence[Move] = MOVES, answers: Mapping[str, str] = ANSWERS
) -> list[float]:
    """How long the prompts of each turn last (s), when they are heard to their end.

    Raises OSError when a prompt has no audio.
    """
    folder = services.settings.sounds
    lasting = []
    for turn in turns(services, moves, answers):
        pieces = [
            piece
            for prompt in turn.prompts
            for piece in services.catalogue.speak(turn.language, prompt)
        ]
        seconds = 0.0
        for piece in pieces:
            with wave.open(str(folder / f"{piece.audio}.wav")) as sound:
                seconds += sound.getnframes() / sound.getframerate()
        lasting.append(seconds)
    return lasting

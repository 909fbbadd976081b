"""A text said by a synthesiser, as callers hear it: sentence by sentence, digits and pauses."""

from ivr.spoken.sentences import ENDS, sentences
from ivr.spoken.voice import Voice
from voice.arabic import phonemes
from voice.command import Command, check_length
from voice.samples import Samples
from voice.sound import (
    MARGINS_MS,
    SENTENCE_PAUSE_MS,
    Sound,
    decoded,
    fitted,
    in_one_breath,
    joined,
    silence,
)
from voice.wav import WIDE

PAUSE_MS = 130
"""What is heard for a comma alone: a breath between groups of digits."""
DICTATED_MS, DICTATED_PAUSE_MS = 620, 700
"""How long a digit lasts, at least, that is to be written down; and the pause between groups."""
_PAUSES = {"word": PAUSE_MS, "dictated": DICTATED_PAUSE_MS}


def default_command(voice: Voice, form: str = "") -> Command:
    """espeak-ng in that voice; words of the vocabulary have a speed of their own."""
    speed = voice.word_speed if form else voice.speed
    return Command(
        (
            *("espeak-ng", "-b", "1", "-z", "--stdin", "--stdout"),
            *("-v", voice.name, "-s", str(speed), "-p", str(voice.pitch)),
        ),
        phonemes if voice.phonemes else str,
    )


def spoken(command: Command, text: str, form: str = "") -> Sound:
    """`text` said by `command`; punctuation alone is a pause.

    `form` is `word` for one of the vocabulary, made to be heard in a row with others, `dictated`
    for one that is written down meanwhile. Raises AudioError.
    """
    if not any(char.isalnum() for char in text):
        return pause(text, form)
    return shaped([_take(command, sentence) for sentence in sentences(text)], form)


def shaped(takes: list[Samples], form: str) -> Sound:
    """The sentences of one text as one sound of that form."""
    return fitted(joined(takes), least_ms=DICTATED_MS if form == "dictated" else 0)


def pause(text: str, form: str) -> Sound:
    """The silence that a mark stands for: behind a sentence, or between values."""
    if text in ENDS:
        return silence(SENTENCE_PAUSE_MS - sum(MARGINS_MS))
    return silence(_PAUSES.get(form, PAUSE_MS))


def _take(command: Command, sentence: str) -> Samples:
    samples = decoded(command.say(sentence))
    check_length(sentence, len(samples) / WIDE)
    return in_one_breath(samples)

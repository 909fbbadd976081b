"""The synthetic voice: espeak-ng, text in, sound out."""

from hotline.audio.arabic import phonemes
from hotline.audio.sound import Samples, run, silence, telephone
from ivr.spoken.voice import VOICES

PAUSE_MS = 200


def spoken(language: str, text: str) -> Samples:
    """`text` in the voice of `language`; punctuation alone is a pause. Raises AudioError."""
    if not any(char.isalpha() for char in text):
        return silence(PAUSE_MS)
    voice = VOICES[language]
    said = phonemes(text) if language == "ar" else text
    # The text goes through standard input, so that none can be taken for an option.
    audio = run(
        [
            *("espeak-ng", "-b", "1", "-z", "--stdin", "--stdout"),
            *("-v", voice.name, "-s", str(voice.speed), "-p", str(voice.pitch)),
            *("-g", str(voice.word_gap)),
        ],
        said.encode(),
    )
    return telephone(audio)

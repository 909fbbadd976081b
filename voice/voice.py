"""The synthetic voice: espeak-ng, text in, sound out."""

from ivr.spoken import LANGUAGES
from voice.arabic import phonemes
from voice.sound import Samples, run, silence, telephone

PAUSE_MS = 130
"""What is heard for punctuation alone: a breath between groups of digits."""
_WRITTEN = {"ar": phonemes}
"""How text is handed over in a language whose spelling the voice does not read well."""
_MARGINS_MS, _WORD_MARGINS_MS = (10, 60), (10, 40)


def spoken(language: str, text: str, *, word: bool = False) -> Samples:
    """`text` in the voice of `language`; punctuation alone is a pause.

    A `word` is one of the vocabulary, made to be heard in a row with others. Raises AudioError.
    """
    if not any(char.isalpha() for char in text):
        return silence(PAUSE_MS)
    voice = LANGUAGES[language].voice
    speed = voice.word_speed if word else voice.speed
    said = _WRITTEN.get(language, str)(text)
    # The text goes through standard input, so that none can be taken for an option.
    audio = run(
        [
            *("espeak-ng", "-b", "1", "-z", "--stdin", "--stdout"),
            *("-v", voice.name, "-s", str(speed), "-p", str(voice.pitch)),
        ],
        said.encode(),
    )
    return telephone(audio, _WORD_MARGINS_MS if word else _MARGINS_MS)

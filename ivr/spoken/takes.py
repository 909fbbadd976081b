"""What a studio calls its takes of the vocabulary: `digit.2`, `letter.R`, `word.khamsati`.

A name is made of its word alone, so that it stays when words are added; it is ASCII in small
letters but for the letter it names, and no two words of a language share one.

Arabic is written as people write it on a telephone: ء 2, ع 3, ح 7, and long vowels twice.
"""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ivr.spoken import LANGUAGES, vocabulary
from ivr.spoken.orthography import sounds

_ARABIC = {
    **{"ء": "2", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "7", "خ": "kh", "د": "d", "ذ": "dh"},
    **{"ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "3"},
    **{"غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w"},
    **{"ي": "y", "~a": "a", "~i": "i", "~u": "u"},
}


def take_of(language: str, word: str) -> str:
    """The name of the take of one word of the vocabulary, without its language.

    Empty for what is no word: a pause is made of silence.
    """
    spoken = LANGUAGES[language]
    if word in spoken.digits:
        return f"digit.{spoken.digits.index(word)}"
    if word in spoken.letters:
        return f"letter.{chr(ord('A') + spoken.letters.index(word))}"
    if not any(char.isalpha() for char in word):
        return ""
    return f"word.{'-'.join(_written(part) for part in word.split())}"


@cache
def takes(language: str) -> Mapping[str, str]:
    """Every take of the vocabulary of a language: its name → the word that is said."""
    named = ((take_of(language, word), word) for word in vocabulary(language))
    return MappingProxyType({name: word for name, word in named if name})


def _written(word: str) -> str:
    if word.isascii():
        return re.sub(r"[^a-z0-9]+", "", word.lower())
    return "".join(_ARABIC.get(sound, sound) for sound in sounds(word))

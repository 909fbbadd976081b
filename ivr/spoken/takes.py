"""What a studio calls its takes of the vocabulary: `digit.2`, `letter.R`, `word.khamsati`.

A name is made of its word alone, so that it stays when words are added; it is ASCII in small
letters but for the letter it names, and no two words of a language share one.

Arabic is written as people write it on a telephone: ء 2, ع 3, ح 7, and long vowels twice. Another
language that is not written in a to z has its letters `romanised` in its file; one that it has not
there is written by its number (Unicode).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ivr.spoken.language import Language
from ivr.spoken.orthography import sounds

_ARABIC = {
    **{"ء": "2", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "7", "خ": "kh", "د": "d", "ذ": "dh"},
    **{"ر": "r", "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "3"},
    **{"غ": "gh", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w"},
    **{"ي": "y", "~a": "a", "~i": "i", "~u": "u"},
}


def take_of(language: Language, word: str) -> str:
    """The name of the take of one word of the vocabulary, without its language.

    Empty for what is no word: a pause is made of silence.
    """
    if word in language.digits:
        return f"digit.{language.digits.index(word)}"
    if word in language.letters:
        return f"letter.{chr(ord('A') + language.letters.index(word))}"
    if not any(char.isalpha() for char in word):
        return ""
    return f"word.{'-'.join(_written(language, part) for part in word.split())}"


def takes(language: Language) -> Mapping[str, str]:
    """Every take of the vocabulary of a language: its name → the word that is said."""
    named = ((take_of(language, word), word) for word in language.words)
    return MappingProxyType({name: word for name, word in named if name})


def _written(language: Language, word: str) -> str:
    if word.isascii():
        return re.sub(r"[^a-z0-9]+", "", word.lower())
    if language.vowelled:
        return "".join(_ARABIC.get(sound, sound) for sound in sounds(word))
    return "".join(_letter(language, char) for char in word.lower())


def _letter(language: Language, char: str) -> str:
    if char.isascii():
        return char if char.isalnum() else ""
    return language.romanised.get(char, f"{ord(char):x}")

"""Arabic for espeak-ng: vowelled text to its phonemes.

espeak-ng's own reading of Arabic loses vowels beside a shadda, lengthens glides and does not link
words (a record in docs/decisions gives examples). So a vowelled word is handed over as phonemes,
in the double brackets that espeak-ng takes for them; a word without its marks is left to its guess.
"""

import re

from ivr.spoken.orthography import LINK_A, LINK_I, LINK_U, NotVowelled, sounds

_CONSONANTS = {
    **{"ء": "?", "ب": "b", "ت": "t", "ث": "T", "ج": "dZ", "ح": "H", "خ": "X", "د": "d", "ذ": "D"},
    **{"ر": "r", "ز": "z", "س": "s", "ش": "S", "ص": "s[", "ض": "dH", "ط": "t[", "ظ": "Z", "ع": "A"},
    **{"غ": "gH", "ف": "f", "ق": "q", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w"},
    "ي": "j",
}
_VOWELS = {"a": "a", "i": "i", "u": "u", "aa": "a:", "ii": "i:", "uu": "u:"}
_DARK = {"a": "a.", "i": "i.", "u": "u.", "aa": "a.:", "ii": "i.:", "uu": "u.:"}
_EMPHATIC = set("صضطظ")
_SHORT = {"aa": "a", "ii": "i", "uu": "u"}
_LINKS = {LINK_A: "a", LINK_I: "i", LINK_U: "u"}
_PAUSES = {"،": ",", "؛": ";", "؟": "?"}
_OF_MBROLA = {"gH": "Q"}
_MBROLA = re.compile("|".join(_OF_MBROLA))
_CLAUSE = re.compile(r"([،؛؟.,:?!])")


def phonemes(text: str) -> str:
    """`text` for espeak-ng: phonemes in brackets, and the punctuation that makes the pauses."""
    parts = []
    for part in _CLAUSE.split(text):
        if _CLAUSE.fullmatch(part):
            parts.append(_PAUSES.get(part, part))
        elif part.strip():
            parts.append(_clause(part.split()))
    return " ".join(parts)


def mbrola(text: str) -> str:
    """`text` likewise for an Arabic voice of MBROLA, which has some phonemes by other names."""
    return _MBROLA.sub(lambda name: _OF_MBROLA[name[0]], phonemes(text))


def _clause(words: list[str]) -> str:
    said: list[str] = []
    before: list[str] = []  # the sounds of the word before; a link may shorten its last vowel
    run: list[list[str]] = []
    for word in words:
        try:
            heard = list(sounds(word))
        except NotVowelled:
            said += [*_bracketed(run), word]
            run, before = [], []
            continue
        if heard[0] in _LINKS:
            heard = _linked(before, heard)
        run.append(heard)
        before = heard
    return " ".join([*said, *_bracketed(run)])


def _linked(before: list[str], heard: list[str]) -> list[str]:
    """A word that begins with a linking alif, behind `before` (empty after a pause)."""
    first, rest = heard[0], heard[1:]
    if not before:
        return ["ء", _LINKS[first], *rest]
    if before[-1] in _SHORT:
        before[-1] = _SHORT[before[-1]]
    elif before[-1] not in _VOWELS:
        before.append("a" if before == ["م", "i", "ن"] and first == LINK_A else "i")
    return rest


def _bracketed(run: list[list[str]]) -> list[str]:
    return [f"[[{' '.join(_word(heard) for heard in run)}]]"] if run else []


def _word(heard: list[str]) -> str:
    stressed = _stressed(heard)
    out: list[str] = []
    for place, sound in enumerate(heard):
        before = heard[place - 1] if place else ""
        after = heard[place + 1] if place + 1 < len(heard) else ""
        if sound in _VOWELS:
            mark = "'" if place == stressed else ""
            out.append(mark + (_DARK if before in _EMPHATIC else _VOWELS)[sound])
        elif sound == before:
            out.append(":")
        else:
            # A bar keeps two consonants from being read as one phoneme's name (d + H, t + S).
            bar = "|" if before in _CONSONANTS else ""
            assimilated = "m" if sound == "ن" and after == "ب" else _CONSONANTS[sound]
            out.append(bar + assimilated)
    return "".join(out)


def _stressed(heard: list[str]) -> int:
    """Place of the stressed vowel: overlong last syllable, heavy second last, or third last."""
    vowels = [place for place, sound in enumerate(heard) if sound in _VOWELS]
    if len(vowels) < 2:
        return vowels[0] if vowels else -1
    last, penult = vowels[-1], vowels[-2]
    coda = len(heard) - last - 1
    if coda >= 2 or (coda == 1 and heard[last] in _SHORT):
        return last
    if len(vowels) == 2 or heard[penult] in _SHORT or last - penult > 2:
        return penult
    return vowels[-3]

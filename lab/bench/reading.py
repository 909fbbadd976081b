"""How far what was heard is from what was said, by characters; both written alike before."""

import re
import unicodedata

from ivr.spoken.language import Language
from voice.writing import without_marks

_SAME_ARABIC = str.maketrans({**dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي"})
"""Spellings that sound alike, or that people leave out."""


def plainly(text: str, language: Language) -> str:
    """Letters and single blanks: no marks, case or punctuation; digits as words."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"\d", lambda digit: f" {language.digits[int(digit[0])]} ", text)
    text = without_marks(text).translate(_SAME_ARABIC).replace("ء", "")
    return " ".join("".join(char if char.isalnum() else " " for char in text).split())


def error_rate(said: str, heard: str, language: Language) -> float:
    """Characters to be put in, taken out or changed, as a part of those said; 1 at most."""
    wanted, given = plainly(said, language), plainly(heard, language)
    row = list(range(len(given) + 1))
    for number, letter in enumerate(wanted, start=1):
        before, row = row, [number]
        for place, other in enumerate(given, start=1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != other)))
    return min(1.0, row[-1] / len(wanted))

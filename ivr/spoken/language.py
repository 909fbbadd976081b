"""What a language is to this house, beside its prompts: one record, in one file a language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ivr.spoken.voice import Voice

Noun = Literal["hour", "day", "minute", "year", "caller"]
Case = Literal["nominative", "genitive"]


@dataclass(frozen=True, slots=True)
class Language:
    """A language that callers are spoken to in.

    `code` names its files (ISO 639-1), `locale` its recogniser (BCP 47, a language and a region).
    `digits` are 0 to 9, `letters` the Latin A to Z, each as it is called.
    `count` gives a number (0 to 999) of a noun, word by word. `pause` is no word: a short silence,
    between groups of digits. `yes` is what people say for it, put plainly.
    """

    code: str
    locale: str
    digits: tuple[str, ...]
    letters: tuple[str, ...]
    count: Callable[[int, Noun, Case], tuple[str, ...]]
    pause: str
    voice: Voice
    yes: tuple[str, ...]

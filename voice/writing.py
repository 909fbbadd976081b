"""How a text is written for the program that says it."""

import shlex
import unicodedata
from collections.abc import Callable, Mapping

from voice.arabic import mbrola, phonemes
from voice.command import Command

_STROKE = "\u0640"


def without_marks(text: str) -> str:
    """`text` without the vowel marks of Arabic, for a synthesiser that sets its own."""
    return "".join(char for char in text if unicodedata.category(char) != "Mn" and char != _STROKE)


WRITTEN: Mapping[str, Callable[[str], str]] = {
    "marks": str,
    "plain": without_marks,
    "phonemes": phonemes,
    "mbrola": mbrola,
}
"""As the prompts are written; without vowel marks; and as espeak-ng takes vowelled Arabic best, for
its own voice or for one of MBROLA that it leads."""


def command_of(line: str) -> Command:
    """The command of a line: how the text is written, then a program as a shell would part it.

    Raises ValueError for a line that is none.
    """
    written, _, program = line.partition(" ")
    argv = tuple(shlex.split(program))
    if not any(argv[:1]) or written not in WRITTEN:
        raise ValueError("must be a program and its arguments")
    return Command(argv, WRITTEN[written])

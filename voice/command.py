"""A synthesiser as a program: text goes to its standard input, WAV comes from its standard output.

No shell reads the command, and no text is ever part of it.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from host.inherited import inherited
from voice.wav import AudioError

SECONDS = 120
"""How long a program may take for one text; what loads a large model needs a part of it."""
_MENDS = {"espeak-ng": ": apt-get install espeak-ng"}
_DIGIT_LETTERS = 4
_SHORTEST_S, _LONGEST_S = 1 / 45, 0.35
_ONE_WORD_S = 1.5


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, and how a text is written for it."""

    argv: tuple[str, ...]
    written: Callable[[str], str] = str
    seconds: float = SECONDS

    def say(self, text: str) -> bytes:
        """The sound that the program makes of `text`.

        Raises AudioError when it is not installed, fails (with the last line of what it said),
        does not finish within `seconds`, or gives nothing.
        """
        program = self.argv[0]
        if shutil.which(program) is None:
            raise AudioError(f"{program} is not installed{_MENDS.get(program, '')}")
        try:
            done = subprocess.run(
                self.argv,
                input=self.written(text).encode(),
                capture_output=True,
                timeout=self.seconds,
                check=False,
                env=inherited(os.environ),
            )
        except subprocess.TimeoutExpired as error:
            raise AudioError(f"{program} did not finish within {self.seconds:g} s") from error
        except OSError as error:
            raise AudioError(f"{program} cannot be started: {error.strerror}") from error
        if done.returncode != 0:
            told = done.stderr.decode(errors="replace").strip().splitlines()
            why = told[-1] if told else f"status {done.returncode}"
            raise AudioError(f"{program} failed: {why}")
        if not done.stdout:
            raise AudioError(f"{program} gave no sound")
        return done.stdout


def check_length(text: str, seconds: float) -> None:
    """Compare how long a sound lasts with its text: one that is cut off, or goes on, is a failure.

    Nobody speaks more than 45 letters a second, or fewer than three (a digit counts as four, vowel
    marks as none, and a word may be drawn out for a second and a half besides). Raises AudioError.
    """
    letters = sum(
        _DIGIT_LETTERS if char.isdecimal() else 1
        for char in text
        if char.isalpha() or char.isdecimal()
    )
    if seconds < letters * _SHORTEST_S:
        raise AudioError(f"is cut off: {seconds:.1f} s for {letters} letters")
    if seconds > letters * _LONGEST_S + _ONE_WORD_S:
        raise AudioError(f"is too long: {seconds:.1f} s for {letters} letters")

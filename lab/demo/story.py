"""The demo's voice: what is heard and pressed, told as it happens, with times since dialling."""

import re
import time
from collections.abc import Callable

from ivr.prompts import Catalogue
from ivr.turn import Turn
from lab.callers.line import Line

_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")
"""Vowel marks and stretching: written for the synthetic voice, and taken out on a screen."""


class ToldLine:
    """A line that tells everything it hears and does to `tell(seconds, who, what, meaning)`."""

    def __init__(
        self, line: Line, catalogue: Catalogue, tell: Callable[[float, str, str, str], None]
    ) -> None:
        self._line = line
        self._catalogue = catalogue
        self._tell = tell
        self._started = time.monotonic()
        self._told = (0, 0)

    @property
    def turn(self) -> Turn:
        """What the hotline says now."""
        return self._line.turn

    def listen(self, index: int) -> None:
        """Listen, and tell each prompt up to this one as it begins."""
        for number in range(index + 1):
            self._line.listen(number)
            self._hear(number + 1)

    def enter(self, keys: str) -> None:
        """Press keys."""
        self._say("caller", "presses " + " ".join(keys), "")
        self._line.enter(keys)

    def press_in_vain(self, keys: str) -> None:
        """Press where nobody listens."""
        self._say("caller", "presses " + " ".join(keys), "nobody listens")
        self._line.press_in_vain(keys)

    def wait(self) -> None:
        """Say nothing."""
        self._say("caller", "says nothing", "")
        self._line.wait()

    def dictate(self, seconds: int, end: str) -> None:
        """Speak into the recording."""
        self._hear(len(self.turn.prompts))
        self._line.dictate(seconds, end)
        how = {"silence": "fell silent", "hang_up": "hung up"}.get(end, f"pressed {end}")
        self._say("caller", f"spoke {seconds} s into the recording, and {how}", "")

    def unanswered(self, result: str) -> None:
        """Be put through to nobody."""
        self._line.unanswered(result)
        self._say("", f"the transfer came to {result}", "")

    def hang_up(self) -> None:
        """Leave."""
        self._line.hang_up()
        self._say("caller", "hangs up", "")

    def listen_out(self) -> None:
        """Hear the last words."""
        self._line.listen_out()
        self._hear(len(self.turn.prompts))
        self._say("", "the call is over", "")

    def _hear(self, count: int) -> None:
        turn = self.turn
        number, already = self._told
        already = already if number == turn.number else 0
        for prompt in turn.prompts[already:count]:
            text = _MARKS.sub("", self._catalogue.text(turn.language, prompt))
            meaning = _MARKS.sub("", self._catalogue.text("en", prompt))
            self._say("940", f"{prompt.key}: {text}", "" if meaning == text else meaning)
        self._told = (turn.number, max(already, count))

    def _say(self, who: str, what: str, meaning: str) -> None:
        self._tell(time.monotonic() - self._started, who, what, meaning)

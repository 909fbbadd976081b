"""A program that writes down what a recording says: started without a shell, bounded in all ways.

What it is given is one WAVE file and the language of the call; what it gives is text on its
standard output. It inherits no secret, takes what the machine has to spare (calls come first), has
`timeout_s` seconds, and what it says beyond `most_bytes` is a failure and never memory of ours.
"""

import os
import re
import selectors
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

FILE, LANGUAGE = "{file}", "{language}"
"""What stands in a command for the sound's path (else it is standard input), and for `ar`, `en`."""
MOST_CHARACTERS = 4000
"""Of a draft: two minutes of somebody who speaks fast."""
_MOST_BYTES = 65_536
_NICE = 10
_LOOK_S = 0.2
_AFTER_KILL_S = 5.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]+")
"""Control characters, marks that turn the direction of what stands after them, broken bytes."""


class TranscriptionFailed(Exception):
    """The program gave no text; the message says why, without a word of what was said."""


class Interrupted(Exception):
    """We are to end, and have ended the program: that says nothing of it."""


def command_of(written: str) -> tuple[str, ...]:
    """The words of a command as a shell would part them. Raises ValueError, with the mend."""
    try:
        words = tuple(shlex.split(written))
    except ValueError:
        raise ValueError("has a quotation mark without its other: close it") from None
    if words and (FILE in words[0] or LANGUAGE in words[0]):
        raise ValueError("must begin with a program: {file} and {language} are its arguments")
    return words


@dataclass(frozen=True, slots=True)
class Transcriber:
    """The program `command`, with the variables `environ` and no others.

    `tied` are words before it that make it end with us. `ending` is set when this process is to
    end: a program that runs is ended then.
    """

    command: tuple[str, ...]
    timeout_s: float
    environ: Mapping[str, str]
    ending: threading.Event = field(default_factory=threading.Event)
    tied: tuple[str, ...] = ()
    most_bytes: int = _MOST_BYTES

    @property
    def name(self) -> str:
        """The program, as a draft names who made it."""
        return Path(self.command[0]).name[:100]

    def text_of(self, sound: Path, language: str) -> str:
        """What the program writes of this WAVE file, in one line; empty when it understood nothing.

        Raises TranscriptionFailed, Interrupted, and OSError when the sound cannot be read.
        """
        given = {FILE: str(sound.absolute()), LANGUAGE: language}
        words = [_filled(word, given) for word in self.command]
        by_file = any(FILE in word for word in self.command)
        with open(os.devnull if by_file else sound, "rb") as source:  # noqa: PTH123 - either
            said = self._run(words, source)
        return cleaned(said.decode("utf-8", "replace"))

    def _run(self, words: list[str], source: IO[bytes]) -> bytes:
        """Run it with a folder of its own for what it lays aside, which goes with it.

        It may be killed at any moment, and the caller's voice must not be left behind.
        """
        with tempfile.TemporaryDirectory(
            prefix="hotline-draft-", ignore_cleanup_errors=True
        ) as own:
            return self._ran(words, source, own)

    def _ran(self, words: list[str], source: IO[bytes], own: str) -> bytes:
        try:
            process = subprocess.Popen(
                [*self.tied, *words],
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**self.environ, "TMPDIR": own},
                start_new_session=True,
            )
        except OSError as error:
            raise TranscriptionFailed(f"cannot be started: {error.strerror}") from None
        with process:
            try:
                with suppress(ProcessLookupError):  # it has ended already
                    os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
                said = self._heard(process)
            finally:
                _end(process)
        if process.returncode != 0:
            raise TranscriptionFailed(f"ends with status {process.returncode}")
        return said

    def _heard(self, process: subprocess.Popen[bytes]) -> bytes:
        """All that it says until it ends, within its time and its size."""
        assert process.stdout is not None
        until, said = time.monotonic() + self.timeout_s, bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while True:
                left = until - time.monotonic()
                if self.ending.is_set():
                    raise Interrupted
                if left <= 0:
                    raise TranscriptionFailed(f"did not finish within {self.timeout_s:g} s")
                if not selector.select(min(left, _LOOK_S)):
                    continue
                part = os.read(process.stdout.fileno(), 65_536)
                if not part:
                    break
                said += part
                if len(said) > self.most_bytes:
                    raise TranscriptionFailed(f"says more than {self.most_bytes} bytes")
        while process.poll() is None:  # it has closed its output and goes on
            if self.ending.is_set():
                raise Interrupted
            if time.monotonic() >= until:
                raise TranscriptionFailed(f"did not finish within {self.timeout_s:g} s")
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_S)
        return bytes(said)


def cleaned(said: str) -> str:
    """Text as it is kept: one line, without control characters, at most `MOST_CHARACTERS`."""
    return " ".join(_CONTROL.sub(" ", said).split())[:MOST_CHARACTERS].rstrip()


def _filled(word: str, given: Mapping[str, str]) -> str:
    return re.sub(r"\{(?:file|language)\}", lambda found: given[found[0]], word)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and whatever it has started: they are a session of their own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_AFTER_KILL_S)

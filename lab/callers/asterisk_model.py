"""What Asterisk 22 does with AGI commands, without a socket, an Asterisk or any waiting.

Time passes at once: silence is a time-out without delay. The replies are those that a real
Asterisk 22.10 gave to the same commands, oddities included: `Read` answers result=0 whatever came,
and of several commands only the next is answered.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

_VARIABLE = re.compile(r"\$\{([A-Za-z_]+)\}", re.ASCII)
_DEAD = "511 Command Not Permitted on a dead channel or intercept routine"
_ON_LIVE_CHANNELS = frozenset({"ANSWER", "STREAM FILE", "RECORD FILE", "WAIT FOR DIGIT"})
BRIEF_S = 1.0
"""A `Read` that waits less is one whose prompt goes on (s)."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The moment at which the caller is listened to: what they heard since they last acted.

    `most` is how many keys are taken, or how many seconds are recorded.
    """

    kind: Literal["keys", "recording"]
    files: tuple[str, ...]
    most: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Press:
    """Presses keys one after another, then perhaps hangs up at once."""

    keys: str
    hang_up: bool = False


@dataclass(frozen=True, slots=True)
class Silent:
    """Says and presses nothing."""


@dataclass(frozen=True, slots=True)
class Speak:
    """Speaks for some seconds into a recording, then presses `key`, hangs up, or (without a key)
    says nothing any more.
    """

    seconds: float
    hang_up: bool = False
    key: str = "#"


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hangs up."""


Act = Press | Silent | Speak | HangUp
Caller = Callable[[Listening], Act]
Recorder = Callable[[str, float], None]


@dataclass
class ChannelModel:
    """One channel under AGI. `caller` is asked whenever Asterisk would wait for them.

    With `eager` the caller is asked at every file that can be interrupted, not only where the wait
    is long. `exists` tells whether a sound file is there. `recorder` gets the path (without
    extension) and length of what is recorded; OSError from it is a full disk.
    """

    caller: Caller
    eager: bool = False
    exists: Callable[[str], bool] = lambda _path: True
    recorder: Recorder | None = None
    variables: dict[str, str] = field(default_factory=dict)
    hung_up: bool = False
    commands: int = 0
    acts: list[tuple[Listening, Act]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Files since the caller last acted."""
    _pending: str = ""
    _in_entry: bool = False
    _announced: bool = False
    _leaves: bool = False

    def obey(self, line: str) -> list[str]:
        """The lines with which Asterisk answers this command line."""
        self.commands += 1
        news = self._hangup_news()
        words = split(line)
        name, arguments = _command(words)
        if self.hung_up and name in _ON_LIVE_CHANNELS:
            return [*news, _DEAD]
        return [*news, *self._run(name, arguments)]

    def nobody_listens(self) -> None:
        """Keys that were pressed and not yet taken are lost: no command runs."""
        self._pending = ""
        self._in_entry = False

    def _hangup_news(self) -> list[str]:
        if not self.hung_up or self._announced:
            return []
        self._announced = True
        return ["HANGUP"]

    def _run(self, name: str, arguments: Sequence[str]) -> list[str]:
        match name, arguments:
            case "EXEC", [application, *options]:
                return [self._exec(application.lower(), options[0] if options else "")]
            case "GET FULL VARIABLE", [text, *_]:
                value = _VARIABLE.sub(lambda found: self.variables.get(found[1], ""), text)
                return [f"200 result=1 ({value})"]
            case "GET VARIABLE", [variable]:
                value_or_none = self.variables.get(variable)
                return [
                    "200 result=0" if value_or_none is None else f"200 result=1 ({value_or_none})"
                ]
            case "SET VARIABLE", [variable, value]:
                self.variables[variable] = value
                return ["200 result=1"]
            case "STREAM FILE", [path, keys, *_]:
                return [self._stream(path, keys)]
            case "RECORD FILE", [path, _format, keys, milliseconds, *options]:
                silence = [option[2:] for option in options if option.startswith("s=")]
                most_s = int(milliseconds) // 1000
                return [self._record(path, keys, most_s, int(silence[0]) if silence else 0)]
            case "VERBOSE", [_, *_]:
                return ["200 result=1"]
            case (("ANSWER" | "NOOP"), _):
                return ["200 result=0"]
            case "HANGUP", _:
                self.hung_up = True
                return ["200 result=1"]
            case (("GET FULL VARIABLE" | "GET VARIABLE" | "SET VARIABLE" | "RECORD FILE"), _):
                usage = "520-Invalid command syntax.  Proper usage follows:"
                return [usage, f"Usage: {name} ...", "520 End of proper usage."]
        return ["510 Invalid or unknown command"]

    def _exec(self, application: str, options: str) -> str:
        if application == "playback":
            if not self.hung_up:
                self.nobody_listens()
                paths = options.split("&")
                played = [path for path in paths if self.exists(path)]
                self.heard += played
                self.variables["PLAYBACKSTATUS"] = (
                    "SUCCESS" if len(played) == len(paths) else "FAILED"
                )
            return "200 result=0"
        if application == "read":
            variable, files, most, flags, _tries, wait, *_ = [*options.split(","), *[""] * 6]
            terminators = flags.partition("t(")[2].partition(")")[0] if "t(" in flags else "#"
            paths = [path for path in files.split("&") if path]
            keys, status = self._read(paths, int(most or 255), terminators, float(wait or 5))
            if status == "OK" and not keys and "e" in flags.partition("t(")[0]:
                keys = terminators  # all of them, whichever was pressed
            self.variables[variable] = keys
            self.variables["READSTATUS"] = status
            return "200 result=0"
        return "200 result=-2"

    def _read(
        self, paths: Sequence[str], most: int, terminators: str, wait_s: float
    ) -> tuple[str, str]:
        if self.hung_up:
            return "", "HANGUP"
        self.heard += [path for path in paths if self.exists(path)]
        goes_on = self._in_entry and not paths
        self._in_entry = False
        if self._pending and paths:
            # Keys pressed ahead: they meet the next question's first prompt.
            self._note(Listening("keys", tuple(self.heard), most, wait_s), Press(self._pending))
        elif not self._pending and not goes_on:
            if paths and not self.exists(paths[-1]):
                return "", "ERROR"
            if wait_s < BRIEF_S and not self.eager:
                return "", "TIMEOUT"  # this caller listens to the end
            act = self._asks(Listening("keys", tuple(self.heard), most, wait_s))
            if isinstance(act, HangUp):
                self.hung_up = True
                return "", "HANGUP"
            if isinstance(act, Press):
                self._pending = act.keys
                self._leaves = act.hang_up
        keys, ended = self._take(most, terminators)
        self._in_entry = bool(keys) and ended
        if self._leaves and not self._pending:
            self.hung_up = True
            return (keys, "OK") if ended else (keys, "HANGUP")
        if ended:
            return keys, "OK"
        return keys, "OK" if keys else "TIMEOUT"

    def _take(self, most: int, terminators: str) -> tuple[str, bool]:
        """Keys of an entry, and whether a key ended it."""
        for at, key in enumerate(self._pending):
            if key in terminators:
                keys, self._pending = self._pending[:at], self._pending[at + 1 :]
                return keys, True
            if at + 1 == most:
                keys, self._pending = self._pending[:most], self._pending[most:]
                return keys, True
        keys, self._pending = self._pending, ""
        return keys, False

    def _stream(self, path: str, keys: str) -> str:
        """Keys that end the file end it; all others are lost over it."""
        if not self.exists(path):
            return "200 result=0 endpos=0"
        self.heard.append(path)
        pending = self._pending
        self.nobody_listens()
        found = next((key for key in pending if key in keys), "")
        return f"200 result={ord(found) if found else 0} endpos=8000"

    def _record(self, path: str, keys: str, most_s: int, silence_s: int) -> str:
        """What Asterisk keeps of the silence that ended a recording is its first second."""
        self.nobody_listens()
        act = self._asks(Listening("recording", tuple(self.heard), most_s, most_s))
        seconds = min(act.seconds, most_s) if isinstance(act, Speak) else 0.0
        by_silence = isinstance(act, Silent) or (
            isinstance(act, Speak) and not act.key and not act.hang_up and seconds < most_s
        )
        if by_silence and silence_s:
            seconds += 1
        elif by_silence:
            seconds = most_s
        samples = int(seconds * 8000)
        if self.recorder is not None:
            try:
                self.recorder(path, seconds)
            except OSError:
                return "200 result=-1 (writefile)"
        if isinstance(act, HangUp) or (isinstance(act, Speak) and act.hang_up):
            self.hung_up = True
            return f"200 result=-1 (hangup) endpos={samples}"
        key = act.key if isinstance(act, Speak) else act.keys[:1] if isinstance(act, Press) else ""
        if key and key in keys and seconds < most_s:
            return f"200 result={ord(key)} (dtmf) endpos={samples}"
        return f"200 result=0 (timeout) endpos={samples}"

    def _asks(self, listening: Listening) -> Act:
        act = self.caller(listening)
        self._note(listening, act)
        return act

    def _note(self, listening: Listening, act: Act) -> None:
        self.acts.append((listening, act))
        self.heard = []


def split(line: str) -> list[str]:
    """The words of a command line as Asterisk reads them: quotes group, a backslash escapes."""
    words: list[str] = []
    word: list[str] | None = None
    quoted = escaped = False
    for character in line:
        if escaped:
            word = [*(word or []), character]
            escaped = False
        elif character == "\\":
            escaped = True
            word = word or []
        elif character == '"':
            quoted = not quoted
            word = word if word is not None else []
        elif character == " " and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = word if word is not None else []
            word.append(character)
    if word is not None:
        words.append("".join(word))
    return words


def _command(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command's name (of one, two or three words) and its arguments."""
    for length in (3, 2, 1):
        name = " ".join(words[:length]).upper()
        if name in _COMMANDS:
            return name, list(words[length:])
    return "", list(words)


_COMMANDS = frozenset(
    {
        *("EXEC", "GET FULL VARIABLE", "GET VARIABLE", "SET VARIABLE", "RECORD FILE"),
        *("STREAM FILE", "WAIT FOR DIGIT", "VERBOSE", "ANSWER", "NOOP", "HANGUP"),
    }
)

"""A citizen who reports a pothole, by SIP from another machine."""

import csv
import itertools
import subprocess
from pathlib import Path

from hotline.bootstrap import Services
from ivr.way import LANGUAGE
from lab.bench.conversation import ANSWERS, MOVES, NUMBERS, Dictation, Keys, prompt_seconds
from lab.bench.sipp import SCENARIO
from lab.bench.telephone import Plan, plan, write_recording

_CALLERS = itertools.cycle(NUMBERS)
_HURRIED_S = 3.0
"""How long the caller listens before a key: prompts may be interrupted, but for one."""
_REFERENCE_S = 12.0
_MOVES = (Keys("1"), *MOVES)
"""Nobody has called here before: each caller is asked for their language, and it is Arabic."""
_NEW = {name: value for name, value in ANSWERS.items() if name != LANGUAGE}
# 400 Hz at an eighth of full scale (ITU-T G.711, A-law): what is said is more than silence.
_VOICE = bytes(0x85 if n // 10 % 2 else 0x05 for n in range(160))


def report(services: Services) -> Plan:
    """The keys of a whole report, and how long it lasts (s).

    The words before a recording are always heard whole. Raises OSError when a prompt has no audio.
    """
    whole = prompt_seconds(services, _MOVES, _NEW)
    listening = [
        _HURRIED_S + (lasts if isinstance(move, Dictation) else 0.0)
        for lasts, move in zip(whole, _MOVES, strict=True)
    ]
    listening[-1] = _REFERENCE_S
    return plan(listening, _MOVES)


class SippCall:
    """One call, from a network namespace to host:port; it goes on while this is there."""

    def __init__(self, namespace: str, own: str, target: str, made: Plan, folder: Path) -> None:
        folder.mkdir(parents=True)
        lasts_ms = str(round(made.seconds * 1000))
        text = SCENARIO.read_text(encoding="utf-8").replace("[lasts]", lasts_ms)
        text = text.replace("[field0]", next(_CALLERS))
        (folder / SCENARIO.name).write_text(text, encoding="utf-8")
        write_recording(folder / "call.pcap", made, _VOICE)
        self._counts = folder / "counts.csv"
        self._seconds = made.seconds + 60
        command = ["ip", "netns", "exec", namespace, "sipp", target, "-sf", SCENARIO.name]
        command += ["-s", "940", "-i", own, "-p", "5070", "-mp", "20000", "-m", "1", "-r", "1"]
        command += ["-trace_stat", "-stf", str(self._counts), "-fd", "1", "-nostdin"]
        command += ["-timeout", f"{round(self._seconds)}s", "-timeout_error"]
        with (folder / "output.txt").open("wb") as output:
            self._sipp = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def in_progress(self) -> bool:
        """Whether it has not ended."""
        return self._sipp.poll() is None

    def went_to_its_end(self) -> bool:
        """Wait for the end; whether the caller hung up last."""
        self._sipp.wait(self._seconds + 30)
        with self._counts.open(newline="") as file:
            final = list(csv.DictReader(file, delimiter=";"))[-1]
        return int(final["SuccessfulCall(C)"]) == 1

    def close(self) -> None:
        """Cut it where it is still there."""
        if self.in_progress:
            self._sipp.kill()
        self._sipp.wait()

"""Listening to a call: which prompts were heard, when, and whether whole.

The sound is a WAV that grows while the call lasts; its header's lengths are not believed. Prompts
of one turn are looked for one after another, each from where the one before ended, so the same
digit three times is three different places; sound that was not asked for may stand between them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lab.callers.matching import RATE, Piece, Samples, prepare
from lab.callers.tracking import Search

POLL = 0.05


@dataclass(frozen=True)
class PieceHeard:
    """What became of one prompt. Times are seconds of heard sound since the call's first packet."""

    path: Path
    begun_at: float | None
    ended_at: float | None
    ratio: float
    score: float
    whole: bool

    @property
    def state(self) -> str:
        """`whole`, `cut` (some of it was heard) or `missing`."""
        if self.whole:
            return "whole"
        return "missing" if self.begun_at is None else "cut"


class NotHeard(Exception):
    """A prompt was not heard as it should be; `pieces` tells all of the turn."""

    def __init__(self, message: str, pieces: list[PieceHeard]) -> None:
        self.pieces = pieces
        told = ", ".join(f"{p.path.stem} {p.state} ({p.ratio:.0%})" for p in pieces)
        super().__init__(f"{message}: {told}")


class GrowingSound:
    """The samples of a WAV that somebody else is writing."""

    def __init__(self, find: Callable[[], Path | None]) -> None:
        self._find = find
        self._file: BinaryIO | None = None
        self._buffer = np.zeros(RATE * 30, np.float32)
        self._count = 0
        self._rest = b""

    @property
    def samples(self) -> Samples:
        """All that has been read so far."""
        return self._buffer[: self._count]

    def read_on(self) -> None:
        """Read what has been written since the last time."""
        if self._file is None and not self._open():
            return
        assert self._file is not None
        data = self._rest + self._file.read()
        even = len(data) & ~1
        self._rest = data[even:]
        fresh = np.frombuffer(data[:even], "<i2")
        if not len(fresh):
            return
        while self._count + len(fresh) > len(self._buffer):
            self._buffer = np.concatenate((self._buffer, np.zeros_like(self._buffer)))
        self._buffer[self._count : self._count + len(fresh)] = fresh
        self._count += len(fresh)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        path = self._find()
        if path is None:
            return False
        with path.open("rb") as head:
            start = _first_sample(head.read(4096))
        if start is None:
            return False
        self._file = path.open("rb")
        self._file.seek(start)
        return True


class Listener:
    """Listens to one call.

    `find` gives the path of the growing WAV, None while there is none. `over` says that the call
    has ended: then nothing more is waited for.
    """

    def __init__(
        self, find: Callable[[], Path | None], over: Callable[[], bool] = lambda: False
    ) -> None:
        self.sound = GrowingSound(find)
        self.over = over
        self.position = 0

    @property
    def seconds(self) -> float:
        """How much has been heard so far."""
        self.sound.read_on()
        return len(self.sound.samples) / RATE

    def expect(self, pieces: Sequence[Path]) -> "Expectation":
        """Listen for the prompts of one turn, from where the last expectation ended.

        Raises ValueError for a file that is not 8 kHz mono 16 bit, or silent.
        """
        return Expectation(self, [prepare(path) for path in pieces])

    def close(self) -> None:
        """Let go of the file."""
        self.sound.close()


class Expectation:
    """The prompts of one turn, in order."""

    def __init__(self, listener: Listener, pieces: list[Piece]) -> None:
        self._listener = listener
        self._pieces = pieces
        self._searches: list[Search] = []
        self._start = listener.position

    def wait_begun(self, index: int, timeout: float) -> PieceHeard:
        """Return as soon as 0.4 s of the voice of prompt `index` were recognised (or all of it).

        Those before it must have been heard whole. Raises NotHeard after `timeout` seconds.
        """
        return self._wait(lambda found: found[index].begun_at is not None, timeout, "not begun")[
            index
        ]

    def wait_whole(self, timeout: float) -> list[PieceHeard]:
        """Return when all were heard whole. Raises NotHeard after `timeout` seconds."""
        return self._wait(lambda found: all(p.whole for p in found), timeout, "not heard whole")

    def report(self) -> list[PieceHeard]:
        """What was heard up to now, without waiting.

        Prompts after one that is missing or cut are looked for too.
        """
        self._look()
        return self._told_of_all()

    def _told_of_all(self) -> list[PieceHeard]:
        """What the sound that has been read holds of each prompt."""
        searches = self._searches[:]
        while len(searches) < len(self._pieces):
            search = Search(self._pieces[len(searches)], self._start_after(searches))
            search.feed(self._listener.sound.samples)
            searches.append(search)
        found = [_told(search) for search in searches]
        self._move_on(found)
        return found

    def _wait(
        self, enough: Callable[[list[PieceHeard]], bool], timeout: float, complaint: str
    ) -> list[PieceHeard]:
        deadline = time.monotonic() + timeout
        while True:
            # Asked before the last look, so that this look has all that was heard in time.
            over, late = self._listener.over(), time.monotonic() > deadline
            self._look()
            found = [_told(search) for search in self._searches]
            found += [_unheard(piece) for piece in self._pieces[len(found) :]]
            if enough(found):
                self._move_on(found)
                return found
            if over or late:
                why = "the call ended" if over else f"waited {timeout:.1f} s"
                # Of the sound that was judged, and no more: the complaint and its reasons agree.
                raise NotHeard(f"{complaint} ({why})", self._told_of_all())
            time.sleep(POLL)

    def _look(self) -> None:
        """Read on, and look for each prompt once the one before was heard whole."""
        sound = self._listener.sound
        sound.read_on()
        for index, piece in enumerate(self._pieces):
            if index == len(self._searches):
                self._searches.append(Search(piece, self._start_after(self._searches)))
            self._searches[index].feed(sound.samples)
            best = self._searches[index].best
            if best is None or not best.whole:
                return

    def _start_after(self, searches: list[Search]) -> int:
        return max([self._start, *(search.best.end for search in searches if search.best)])

    def _move_on(self, found: list[PieceHeard]) -> None:
        ends = [round(piece.ended_at * RATE) for piece in found if piece.ended_at is not None]
        self._listener.position = max([self._listener.position, *ends])


def _unheard(piece: Piece) -> PieceHeard:
    return PieceHeard(piece.path, None, None, 0.0, 0.0, whole=False)


def _told(search: Search) -> PieceHeard:
    best = search.best
    if best is None:
        return _unheard(search.piece)
    return PieceHeard(
        search.piece.path,
        begun_at=max(0, best.start) / RATE,
        ended_at=best.end / RATE,
        ratio=round(best.ratio, 3),
        score=round(best.score, 3),
        whole=best.whole,
    )


def _first_sample(head: bytes) -> int | None:
    """Where a WAV's samples begin, or None while its header is not all there."""
    if len(head) < 12:
        return None
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise ValueError("what was heard is not in a WAV")
    at = 12
    while at + 8 <= len(head):
        if head[at : at + 4] == b"data":
            return at + 8
        at += 8 + int.from_bytes(head[at + 4 : at + 8], "little")
    return None

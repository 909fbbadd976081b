"""Following one prompt through a sound that grows."""

from dataclasses import dataclass, field

import numpy as np

from lab.callers.matching import (
    ANCHOR,
    ANCHOR_ALIKE,
    CELL,
    REACH,
    SLICE,
    SLICE_ALIKE,
    Piece,
    Samples,
    peaks,
    similarity,
)

# Cells (1/16 s) that may be lost: in one place, and in all (a tenth of a long prompt, two cells of
# one as short as a digit, one of a shorter one).
LOST_TOGETHER = 2
LOST_IN_ALL = 2
SHORT = 6


@dataclass
class Candidate:
    """One place where the prompt may have begun, and what of it has been recognised since."""

    piece: Piece
    start: int
    end: int
    moved: int = 0
    next_slice: int = 0
    heard: set[int] = field(default_factory=set)
    scores: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """How much of the prompt's voice was recognised, 0 to 1."""
        cells = self.piece.cells
        return len(self.heard & cells) / len(cells) if cells else 0.0

    @property
    def score(self) -> float:
        """The median likeness of its slices, lost ones too."""
        return float(np.median(self.scores)) if self.scores else 0.0

    @property
    def whole(self) -> bool:
        """Nothing that could be a word is missing."""
        cells = sorted(self.piece.cells)
        lost = [cell not in self.heard for cell in cells]
        together = longest = 0
        for gone in lost:
            together = together + 1 if gone else 0
            longest = max(longest, together)
        return (
            bool(cells)
            and longest <= LOST_TOGETHER
            and sum(lost) <= max(LOST_IN_ALL if len(cells) >= SHORT else 1, len(cells) // 10)
            and not all(lost[-2:])
        )

    def follow(self, sound: Samples) -> None:
        """Look for the slices that have arrived by now."""
        slices = self.piece.slices
        while self.next_slice < len(slices):
            at = slices[self.next_slice]
            template = self.piece.samples[at : at + SLICE]
            expected = self.start + at + self.moved
            if len(sound) < expected + len(template):
                return
            low = max(0, expected - REACH)
            scores = similarity(template, sound[low : expected + len(template) + REACH])
            best = int(scores.argmax()) if len(scores) else 0
            score = float(scores[best]) if len(scores) else 0.0
            if score >= SLICE_ALIKE:
                self.moved += low + best - expected
                self.heard |= {at, at + CELL}
                self.end = max(self.end, low + best + len(template))
            elif len(sound) < expected + len(template) + REACH:
                return
            self.scores.append(score)
            self.next_slice += 1


class Search:
    """Looks for one prompt from one place of the sound on."""

    def __init__(self, piece: Piece, start: int) -> None:
        self.piece = piece
        self._scanned = [start] * len(piece.anchors)
        self._candidates: list[Candidate] = []

    def feed(self, sound: Samples) -> None:
        """Take notice of the sound so far; it may only have grown."""
        for index, (offset, anchor) in enumerate(self.piece.anchors):
            scanned = self._scanned[index]
            if len(sound) - scanned < len(anchor):
                continue
            scores = similarity(anchor, sound[scanned:])
            for place in peaks(scores, ANCHOR_ALIKE, ANCHOR // 4):
                self._add(scanned + place - offset, scanned + place + len(anchor))
            # A little is looked at again: a peak may have stood at the edge.
            self._scanned[index] = max(scanned, len(sound) - len(anchor) - 20)
        for candidate in self._candidates:
            candidate.follow(sound)

    def _add(self, start: int, end: int) -> None:
        if all(abs(start - known.start) > REACH for known in self._candidates):
            self._candidates.append(Candidate(self.piece, start, end))
            self._candidates.sort(key=lambda found: found.start)

    @property
    def best(self) -> Candidate | None:
        """The first that is whole, else the one recognised furthest."""
        for candidate in self._candidates:
            if candidate.whole:
                return candidate
        return max(self._candidates, key=lambda found: found.ratio, default=None)

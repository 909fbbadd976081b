"""Following one prompt through a sound that grows."""

from dataclasses import dataclass, field

import numpy as np

from hotline.callers.matching import (
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

# Cells (1/16 s) that may be lost: in one place, and in all (or a tenth of the prompt).
LOST_TOGETHER = 2
LOST_IN_ALL = 2


@dataclass
class Candidate:
    """One place where the prompt may have begun, and what of it has been recognised since."""

    piece: Piece
    start: int
    moved: int = 0
    next_slice: int = 0
    heard: set[int] = field(default_factory=set)
    scores: list[float] = field(default_factory=list)
    end: int = 0

    def __post_init__(self) -> None:
        self.end = self.start + self.piece.anchor_at + len(self.piece.anchor)

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
            and sum(lost) <= max(LOST_IN_ALL, len(cells) // 10)
            and not all(lost[-2:])
        )

    def follow(self, sound: Samples, *, last: bool) -> None:
        """Look for the slices that have arrived by now. With `last`, no more sound will come."""
        slices = self.piece.slices
        while self.next_slice < len(slices):
            at = slices[self.next_slice]
            template = self.piece.samples[at : at + SLICE]
            expected = self.start + at + self.moved
            if len(sound) < expected + len(template) and not last:
                return
            low = max(0, expected - REACH)
            scores = similarity(template, sound[low : expected + len(template) + REACH])
            best = int(scores.argmax()) if len(scores) else 0
            score = float(scores[best]) if len(scores) else 0.0
            if score >= SLICE_ALIKE:
                self.moved += low + best - expected
                self.heard |= {at, at + CELL}
                self.end = low + best + len(template)
            elif len(sound) < expected + len(template) + REACH and not last:
                return
            self.scores.append(score)
            self.next_slice += 1


class Search:
    """Looks for one prompt from one place of the sound on."""

    def __init__(self, piece: Piece, start: int) -> None:
        self.piece = piece
        self.start = start
        self._scanned = start
        self._candidates: list[Candidate] = []

    def feed(self, sound: Samples, *, last: bool = False) -> None:
        """Take notice of the sound so far; it may only have grown."""
        anchor = self.piece.anchor
        if len(sound) - self._scanned >= len(anchor):
            scores = similarity(anchor, sound[self._scanned :])
            for place in peaks(scores, ANCHOR_ALIKE, ANCHOR // 4):
                start = self._scanned + place - self.piece.anchor_at
                if all(abs(start - known.start) > REACH for known in self._candidates):
                    self._candidates.append(Candidate(self.piece, start))
            # A little is looked at again: a peak may have stood at the edge.
            self._scanned = max(self._scanned, len(sound) - len(anchor) - 20)
        for candidate in self._candidates:
            candidate.follow(sound, last=last)

    @property
    def best(self) -> Candidate | None:
        """The first that is whole, else the one recognised furthest."""
        for candidate in self._candidates:
            if candidate.whole:
                return candidate
        return max(self._candidates, key=lambda found: found.ratio, default=None)

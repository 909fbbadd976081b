"""Where the fields of a signed text stand, found from the text alone.

Twilio signs names and values without a mark between them, so what was signed can be cut into fields
in many ways: `Digits=12` and `Digits1=2` sign the same. Which cut arrived says nothing; so the text
itself is read. Of all ways to cut it in which our fields stand in the order of their names, each
with a value of its form, and whatever stands between them begins with a name that belongs there,
the one with most of our fields counts. Where two such ways differ, nothing is taken.

All of this depends on the text alone. Two requests with one signature are therefore read alike, or
at most one of them is taken.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from call_handlers.twilio.fields import Field, Table

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.~-]*")
"""The form of a name that is not ours, as far as it decides where one can begin."""
_MOST_PLACES = 200
"""Places where our names stand in one text. Nobody's honest text has as many."""


class Place(NamedTuple):
    """Where a field stands: its name from `start`, its value from `value` to `end`.

    `end` is -1 where the value has no end of its own. `said` is whether the value is anything.
    """

    start: int
    value: int
    end: int
    said: bool


class Unclear(Exception):
    """The text can be read in two ways, or in none."""


Reading = dict[str, Place]


def read(text: str, table: Table, twice: Mapping[str, str], cuts: Mapping[str, int]) -> Reading:
    """The fields of `table` that say anything in `text`, by name. Raises Unclear.

    `twice` are values that Twilio says in two fields, by the names of both: they have no other
    value, and need no form. `cuts` are the places of the fields in one way to cut the text that is
    known to be possible: where our names stand nowhere else, no other needs to be looked for.
    """
    reading: Reading = {}
    for field in table:
        for place in _places(text, field, twice.get(field.name)):
            if not place.said:
                continue
            if cuts.get(field.name) != place.start:
                return _Search(text, table, twice).reading()
            reading[field.name] = place
    return reading


@dataclass(frozen=True, slots=True)
class _Way:
    """The best way to cut the rest of a text; `clear` is False where two are as good."""

    score: int
    places: tuple[tuple[int, Place], ...]
    clear: bool = True


class _Search:
    def __init__(self, text: str, table: Table, twice: Mapping[str, str]) -> None:
        self._text = text
        self._table = table
        self._places = [_places(text, field, twice.get(field.name)) for field in table]
        if sum(map(len, self._places)) > _MOST_PLACES:
            raise Unclear("our names stand too often")
        self._said_at = {
            place.start: at
            for at, places in enumerate(self._places)
            for place in places
            if place.said
        }
        self._known: dict[tuple[int, int], _Way | None] = {}

    def reading(self) -> Reading:
        way = self._best(-1, 0)
        if way is None:
            raise Unclear("a field that always comes is missing")
        if not way.clear:
            raise Unclear("it can be cut in two ways")
        return {self._table[at].name: place for at, place in way.places}

    def _best(self, last: int, end: int) -> _Way | None:
        """The best way on, after our field `last` (-1: none yet), whose value ended at `end`.

        `end` is -1 when that value goes on to whatever of ours comes next.
        """
        key = (last, end)
        if key not in self._known:
            self._known[key] = self._found(last, end)
        return self._known[key]

    def _found(self, last: int, end: int) -> _Way | None:
        best: _Way | None = None
        for at in range(last + 1, len(self._table)):
            for place in self._places[at]:
                if not self._reaches(last, end, place.start, self._table[at].name):
                    continue
                rest = self._best(at, place.end if place.end >= 0 else -place.value - 1)
                if rest is not None:
                    best = _better(best, _with(at, place, rest))
            if self._table[at].always:
                return best
        if self._reaches(last, end, len(self._text), None):
            best = _better(best, _Way(0, ()))
        return best

    def _reaches(self, last: int, end: int, start: int, following: str | None) -> bool:
        """Whether from `end` on other fields, or none, can stand up to `start`."""
        if end < 0:
            return start >= -end - 1
        if start <= end:
            return start == end
        forced = self._said_at.get(end, -1)
        if forced > last:
            return False  # a field of ours that stands where a field begins is that field
        before = self._table[last].name if last >= 0 else ""
        return can_begin(self._text, end, start, before, following)


def can_begin(text: str, at: int, to: int, before: str, following: str | None) -> bool:
    """Whether a field can begin at `at` whose name sorts between these two, none of them itself.

    The shortest of its possible names that sorts after `before` is the one that sorts first.
    """
    name = NAME.match(text, at, min(to, at + len(before) + 1))  # more of it decides nothing
    if name is None:
        return False
    run = name[0]
    for length in range(1, min(len(run), len(before) + 1) + 1):
        head = run[:length]
        if head > before:
            return following is None or head < following
        if not before.startswith(head):
            return False  # whatever it goes on with sorts before
    return False


def _with(at: int, place: Place, rest: _Way) -> _Way:
    if not place.said:
        return rest
    return _Way(rest.score + 1, ((at, place), *rest.places), rest.clear)


def _better(one: _Way | None, other: _Way) -> _Way:
    if one is None or other.score > one.score:
        return other
    if other.score < one.score or other.places == one.places:
        return one
    return _Way(one.score, one.places, clear=False)


def _places(text: str, field: Field, only: str | None) -> list[Place]:
    name, form, begins = field.name, field.form, field.begins
    found = []
    start = text.find(name)
    while start >= 0:
        value = start + len(name)
        if only is not None:
            if text.startswith(only, value):
                found.append(Place(start, value, value + len(only), bool(only)))
        else:
            if begins is not None and begins.match(text, value):
                found.append(Place(start, value, -1, said=True))
            if matched := form.match(text, value):
                found.append(Place(start, value, matched.end(), matched.end() > value))
        start = text.find(name, value)
    return found

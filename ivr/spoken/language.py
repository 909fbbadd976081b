"""What a language is to this house, beside its prompts: one record, made of one file a language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ivr.spoken.orthography import pausal
from ivr.spoken.voice import Voice

Noun = Literal["hour", "day", "minute", "year", "caller", "ticket"]
Case = Literal["nominative", "genitive"]
Count = Callable[[int, Noun, Case], tuple[str, ...]]
"""A number (0 to 999) of a noun as it stands in a case, word by word."""

NOUNS: tuple[Noun, ...] = ("hour", "day", "minute", "year", "caller", "ticket")
CASES: tuple[Case, ...] = ("nominative", "genitive")
LARGEST = 999
Calendar = Literal["gregorian", "hijri"]
CALENDARS: tuple[Calendar, ...] = ("gregorian", "hijri")


@dataclass(frozen=True, slots=True)
class Speech:
    """What a recogniser may hear of menus; marks and case make no difference.

    `yes` is what people say for it, `digits` are 0 to 9, each in every form. `around` stands around
    a number (press, number), `empty` tells no option from another, and who may say what is `agreed`
    may also say yes. `prefixes` and `endings` (with what stands in their place) may be left off.
    """

    yes: tuple[str, ...] = ()
    digits: tuple[tuple[str, ...], ...] = ()
    around: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    endings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dates:
    """The days of a month (1 to 31) and the months, as a date says them: each is one word.

    `month_first` tells their order.
    """

    days: tuple[str, ...]
    months: Mapping[Calendar, tuple[str, ...]]
    month_first: bool = False

    def words(self, calendar: Calendar, month: int, day: int) -> tuple[str, str]:
        """A day of a month of that calendar, both from 1. Raises IndexError where there is none."""
        if month < 1 or day < 1:
            raise IndexError("months and days are counted from 1")
        said = (self.days[day - 1], self.months[calendar][month - 1])
        return said[::-1] if self.month_first else said


MINUTES = 5
"""The clock is told by so many minutes."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of the day: `hours` 1 to 12, `minutes` 5 to 55, and `parts` of the day.

    A part is the hour since which it is said, from 0 on, and its word; it may stand first. `past`
    are the hours where minutes follow, if they are then called otherwise.
    """

    hours: tuple[str, ...]
    minutes: tuple[str, ...]
    parts: tuple[tuple[int, str], ...]
    past: tuple[str, ...] = ()
    part_first: bool = False

    def words(self, hour: int, minute: int) -> tuple[str, ...]:
        """An hour (0 to 23) and a minute, which is told down to the last five."""
        part = [word for since, word in self.parts if since <= hour][-1]
        past = minute // MINUTES
        minutes = self.minutes[past - 1 : past] if past else ()
        hours = self.past if minutes and self.past else self.hours
        said = (hours[(hour - 1) % 12], *minutes)
        return (part, *said) if self.part_first else (*said, part)


@dataclass(frozen=True, eq=False)
class Language:
    """A language that callers are spoken to in.

    `code` names its files (ISO 639-1), `name` is its own for itself, `locale` its recogniser (BCP
    47, a language and a region). `digits` are 0 to 9, `letters` the Latin A to Z, each as it is
    called. `pause` is no word: a short silence, between groups of digits. `vowelled` is Arabic with
    all its marks, which is read letter by letter. `romanised` are letters as takes of a studio are
    named by them. `twilio_voice` names Twilio's voice for what has no audio, and the language that
    it speaks (`Google.ur-IN-Standard-A ur-IN`); empty where the settings name one.
    """

    code: str
    name: str
    locale: str
    digits: tuple[str, ...]
    letters: tuple[str, ...]
    count: Count
    pause: str
    dates: Dates
    clock: Clock
    voice: Voice
    speech: Speech = Speech()
    vowelled: bool = False
    right_to_left: bool = False
    romanised: Mapping[str, str] = field(default_factory=dict)
    twilio_voice: str = ""

    def before_pause(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The same words where a pause follows: vowelled Arabic ends otherwise there."""
        return (*words[:-1], pausal(words[-1])) if self.vowelled and words else words

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Every word that values can be put together from, each once, in a fixed order."""
        words = dict.fromkeys((*self.digits, self.pause, *self.letters))
        last: dict[str, None] = {}
        for noun in NOUNS:
            for case in CASES:
                for number in range(LARGEST + 1):
                    counted = self.count(number, noun, case)
                    words.update(dict.fromkeys(counted))
                    last[counted[-1]] = None
        words.update(dict.fromkeys(word for one in last for word in self.before_pause((one,))))
        for _, part in self.clock.parts:
            clock = self.clock
            words.update(dict.fromkeys((*clock.hours, *clock.past, *clock.minutes, part)))
        for months in self.dates.months.values():
            words.update(dict.fromkeys((*self.dates.days, *months)))
        return tuple(words)

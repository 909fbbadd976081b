"""Words as a recogniser gives them: in one spelling, as digits, without what stands around them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ivr.spoken.language import Language

_WORDS = re.compile(r"\w+")
# Spellings that recognisers use in place of one another; the last is the tatweel.
_SPELLING = str.maketrans("أإآٱىة", "اااايه", "\u0640")
_SHORTEST = 3
"""Letters that must be left of a word when a prefix or an ending is taken off."""


def plain(text: str) -> str:
    """Words without case, marks and punctuation, in one spelling, with ASCII digits."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_SPELLING)
    kept = "".join(
        str(value) if (value := unicodedata.decimal(c, -1)) >= 0 else c
        for c in folded
        if not unicodedata.combining(c)
    )
    return " ".join(_WORDS.findall(kept))


@dataclass(frozen=True, slots=True)
class Hearing:
    """What is known of the words of a language, with those of the others behind its own.

    `locale` is its recogniser's. `digits` are words (and figures) → key, `numbers` key → what this
    language calls it. For the rest see `ivr.spoken.language.Speech`.
    """

    locale: str = ""
    digits: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    yes: tuple[str, ...] = ()
    around: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    agreed: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    endings: Mapping[str, str] = field(default_factory=dict)

    def number(self, words: str) -> str | None:
        """The key that `words` say, and what stands around a number; None for any others."""
        return self.digits.get(" ".join(self.without_around(words.split())))

    def without_around(self, words: Iterable[str]) -> list[str]:
        """The words without `press` and the like."""
        return [word for word in words if word not in self.around]

    def stems(self, words: str) -> list[frozenset[str]]:
        """Of each word that tells something, what may be left when that before or behind is off."""
        return [self._stems_of(word) for word in words.split() if word not in self.empty]

    def may_be_agreed(self, words: str) -> bool:
        """Whether who may say these may also say yes."""
        return any(not self.agreed.isdisjoint(stems) for stems in self.stems(words))

    def _stems_of(self, word: str) -> frozenset[str]:
        for ending, instead in self.endings.items():
            stem = word.removesuffix(ending) + instead
            if word.endswith(ending) and len(stem) >= _SHORTEST:
                return frozenset((word, stem))
        # A letter that looks like a prefix may be the word's own: بلاغ, للبلاغ, والإنارة.
        stems = {word}
        for _ in range(2):
            stems |= {
                stem.removeprefix(prefix)
                for stem in stems
                for prefix in self.prefixes
                if stem.startswith(prefix) and len(stem) - len(prefix) >= _SHORTEST
            }
        return frozenset(stems)


def hearing_of(code: str, languages: Mapping[str, Language]) -> Hearing:
    """What is heard by who speaks this one of `languages`: callers say words of others too."""
    language = languages[code]
    own = language.speech
    every = [own, *(one.speech for other, one in languages.items() if other != code)]

    def all_of(part: str) -> dict[str, None]:
        return dict.fromkeys(plain(word) for speech in every for word in getattr(speech, part))

    digits: dict[str, str] = {}
    for speech in every:
        for key, words in enumerate(speech.digits):
            for word in (str(key), *map(plain, words)):
                digits.setdefault(word, str(key))
    endings: dict[str, str] = {}
    for speech in every:
        for ending, instead in speech.endings.items():
            endings.setdefault(ending, instead)
    return Hearing(
        locale=language.locale,
        digits=digits,
        numbers={str(at): (str(at), *map(plain, words)) for at, words in enumerate(own.digits)},
        yes=tuple(map(plain, own.yes)),
        around=frozenset(all_of("around")),
        empty=frozenset(all_of("empty")),
        agreed=frozenset(all_of("agreed")),
        prefixes=tuple(all_of("prefixes")),
        endings=endings,
    )

"""Menus by voice: what a caller may say for each key, and what was meant by what was heard.

The words are those of the menu's own prompts, so that what is heard can be said back: each option
says the thing first and then its key (`for street lights, press three`), with the verb or without.
Only what is said in exactly one way counts: a guess would lead a caller astray, while a *nomatch*
puts the question again, and the keys work all the time.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ivr.catalogue import Catalogue, Piece, PromptError
from ivr.flow import Flow, Menu
from ivr.flows import Flows
from ivr.spoken import LANGUAGES
from ivr.turn import Prompt

_LABEL = "service_code"
_LONGEST = 200
_WORDS = re.compile(r"\w+")
_CLAUSE = re.compile(r"[.,;:!?\u060c\u061b\u061f\n]")
# Spellings that recognisers use in place of one another; the last is the tatweel.
_SPELLING = str.maketrans("أإآٱىة", "اااايه", "\u0640")
_SPOKEN_DIGITS = (
    ("0", "صفر زيرو zero"),
    ("1", "واحد واحده one"),
    ("2", "اثنين اثنان اتنين تنين ثنين اثنتين two"),
    ("3", "ثلاثه ثلاث تلاته تلات three"),
    ("4", "اربعه اربع four"),
    ("5", "خمسه خمس five"),
    ("6", "سته ست six"),
    ("7", "سبعه سبع seven"),
    ("8", "ثمانيه ثمان ثماني تمانيه تمنيه eight"),
    ("9", "تسعه تسع nine"),
)
_DIGITS = {word: key for key, words in _SPOKEN_DIGITS for word in (key, *words.split())}
"""How digits are said: in Arabic by the book and as people say them, and in English."""
_AROUND = frozenset(
    (
        "رقم",
        "الرقم",
        "اضغط",
        "اضغطي",
        "خيار",
        "الخيار",
        "number",
        "press",
        "option",
        "please",
        "key",
    )
)
"""What may be said around a number."""
_EMPTY = frozenset(
    (
        "في",
        "او",
        "علي",
        "مع",
        "من",
        "الي",
        "عن",
        "ثم",
        "هذا",
        "اضغط",
        "رقم",
        "for",
        "a",
        "an",
        "the",
        "to",
        "of",
        "or",
        "and",
        "press",
        "is",
        "it",
        "this",
        "in",
        "on",
    )
)
"""Words that tell no option from another."""
_AGREED = frozenset(
    (
        "ارسال",
        "تاكيد",
        "صحيح",
        "send",
        "confirm",
        "right",
        "correct",
    )
)
"""Whoever may say these may also say yes."""
_PREFIXES = ("لل", "ال", "ل", "ب", "و")
_SHORTEST = 3
"""Letters that must be left of a word when a prefix or an ending is taken off."""


class Meant(NamedTuple):
    """The key that a phrase stands for; whether it must be all that was said, as a number must."""

    key: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Phrases:
    """What may be said: node and language → phrase, put plainly, → what is meant."""

    known: Mapping[tuple[str, str], Mapping[str, Meant]] = field(default_factory=dict)

    def hints(self, node: str, language: str) -> tuple[str, ...]:
        """What the recogniser should expect here; empty where nobody is meant to speak."""
        return tuple(self.known.get((node, language), ()))

    def key(self, node: str, language: str, heard: str) -> str:
        """The key that `heard` stands for; `?` for none, or for more than one.

        Of the phrases that share words with what was heard, that counts which shares most of them,
        and of those the one of which least is missing.
        """
        words = plain(heard[:_LONGEST])
        phrases = self.known.get((node, language), {})
        number = _DIGITS.get(" ".join(word for word in words.split() if word not in _AROUND))
        if number is not None:
            return number if any(meant.key == number for meant in phrases.values()) else "?"
        said = _stems(words)
        best: dict[str, tuple[int, float]] = {}
        about: dict[str, set[int]] = {}
        for phrase, meant in phrases.items():
            told = _stems(phrase)
            heard_of_it = {at for at, word in enumerate(said) if any(word & one for one in told)}
            if meant.alone or not heard_of_it:
                continue
            shared = sum(any(one & word for word in said) for one in told)
            best[meant.key] = max(best.get(meant.key, (0, 0.0)), (shared, shared / len(told)))
            about.setdefault(meant.key, set()).update(heard_of_it)
        most = max(best.values(), default=None)
        found = [key for key, score in best.items() if score == most]
        if len(found) != 1 or not about[found[0]].issuperset(set().union(*about.values())):
            return "?"  # a word more speaks of another option
        return found[0]


def all_phrases(flows: Flows, catalogue: Catalogue) -> Phrases:
    """The phrases of every version that leads calls; of a menu that several have, the current's."""
    known: dict[tuple[str, str], Mapping[str, Meant]] = {}
    for flow in (*flows.earlier, flows.current):
        known |= menu_phrases(flow, catalogue).known
    return Phrases(known)


def menu_phrases(flow: Flow, catalogue: Catalogue) -> Phrases:
    """The phrases of all menus: each key's number, what its prompts call it, and its service."""
    known: dict[tuple[str, str], dict[str, Meant]] = {}
    for node in flow.nodes.values():
        if not isinstance(node, Menu):
            continue
        keys = {*node.options, *(key for key in node.keys if key in "0123456789")}
        for language in flow.languages:
            phrases = known.setdefault((node.name, language), {})
            for key in sorted(keys):
                for number in _numbers(language, key):
                    phrases.setdefault(number, Meant(key, alone=True))
            for say in (*node.say, *node.first, *node.more):
                for words, key in _options(catalogue, language, say.key):
                    if key in keys:
                        phrases.setdefault(words, Meant(key, alone=False))
                        if any(not _AGREED.isdisjoint(stems) for stems in _stems(words)):
                            for yes in _yes(language):
                                phrases.setdefault(yes, Meant(key, alone=False))
            for key, option in node.options.items():
                label = plain(_label(catalogue, language, option.set))
                if label:
                    phrases.setdefault(label, Meant(key, alone=False))
    return Phrases(known)


def _yes(language: str) -> tuple[str, ...]:
    return LANGUAGES[language].yes if language in LANGUAGES else ()


def _options(catalogue: Catalogue, language: str, prompt: str) -> Iterator[tuple[str, str]]:
    """What the options of a prompt are called, and their keys: all of a clause before its number.

    A prompt may change language: what it says in either may be said back.
    """
    line = catalogue.lines.get(language, {}).get(prompt)
    for part in line.parts if line else ():
        if not isinstance(part, Piece):
            continue
        before = ""
        for clause in _CLAUSE.split(part.text):
            *thing, last = plain(clause).split() or [""]
            key = _DIGITS.get(last)
            words = " ".join(word for word in thing if word not in _AROUND)
            if key is None:
                before = plain(clause)  # `For English, press two.`
                continue
            words = words or before
            before = ""
            if _stems(words):
                yield words, key


def plain(text: str) -> str:
    """Words without case, marks and punctuation, in one spelling, with ASCII digits."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_SPELLING)
    kept = "".join(
        str(value) if (value := unicodedata.decimal(c, -1)) >= 0 else c
        for c in folded
        if not unicodedata.combining(c)
    )
    return " ".join(_WORDS.findall(kept))


def _stems(words: str) -> list[frozenset[str]]:
    """Of each word that tells something, what may be left when that before or behind it is off."""
    return [_stems_of(word) for word in words.split() if word not in _EMPTY]


def _stems_of(word: str) -> frozenset[str]:
    if word.isascii():
        if word.endswith("ies") and len(word) > _SHORTEST + 1:
            return frozenset((word, f"{word[:-3]}y"))
        return frozenset((word, word[:-1] if len(word) > _SHORTEST and word[-1] == "s" else word))
    # A letter that looks like a prefix may be the word's own: بلاغ, للبلاغ, والإنارة.
    stems = {word}
    for _ in range(2):
        stems |= {
            stem.removeprefix(prefix)
            for stem in stems
            for prefix in _PREFIXES
            if stem.startswith(prefix) and len(stem) - len(prefix) >= _SHORTEST
        }
    return frozenset(stems)


def _numbers(language: str, key: str) -> tuple[str, ...]:
    """A key as it may be said, for the recogniser."""
    ascii_words = LANGUAGES[language].digits[0].isascii()
    return tuple(
        word
        for word, digit in _DIGITS.items()
        if digit == key and (word.isdigit() or word.isascii() == ascii_words)
    )


def _label(catalogue: Catalogue, language: str, chosen: Mapping[str, str]) -> str:
    if _LABEL not in chosen:
        return ""
    try:
        return catalogue.text(language, Prompt(f"service.{chosen[_LABEL]}"))
    except PromptError:
        return ""

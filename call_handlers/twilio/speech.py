"""Menus by voice: what a caller may say for each key, and what was meant by what was heard.

Only what is said in exactly one way counts: a guess would lead a caller astray, while a *nomatch*
puts the question again, and the keys work all the time.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from ivr.catalogue import Catalogue, PromptError
from ivr.flow import Flow, Menu
from ivr.spoken import digits
from ivr.turn import Prompt

RECOGNISED = MappingProxyType({"ar": "ar-SA", "en": "en-US"})
"""The languages of Twilio's recogniser, by ours."""
_LABEL = "service_code"
_LONGEST = 200
_WORDS = re.compile(r"\w+")
# Spellings that recognisers use in place of one another.
_SPELLING = str.maketrans("أإآٱىة", "اااايه")


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
        """The key that `heard` stands for; `?` for none, or for more than one."""
        words = plain(heard[:_LONGEST])
        phrases = self.known.get((node, language), {})
        found = {
            meant.key
            for phrase, meant in phrases.items()
            if phrase == words or (not meant.alone and f" {phrase} " in f" {words} ")
        }
        return found.pop() if len(found) == 1 else "?"


def menu_phrases(flow: Flow, catalogue: Catalogue) -> Phrases:
    """The phrases of all menus: each key's number, and the name of the service it chooses."""
    known: dict[tuple[str, str], dict[str, Meant]] = {}
    for node in flow.nodes.values():
        if not isinstance(node, Menu):
            continue
        for language in flow.languages:
            phrases = known.setdefault((node.name, language), {})
            for key, option in node.options.items():
                for number in _number(language, key):
                    phrases.setdefault(plain(number), Meant(key, alone=True))
                label = plain(_label(catalogue, language, option.set))
                if label:
                    phrases.setdefault(label, Meant(key, alone=False))
    return Phrases(known)


def plain(text: str) -> str:
    """Words without case, marks and punctuation, in one spelling, with ASCII digits."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_SPELLING)
    kept = "".join(
        str(value) if (value := unicodedata.decimal(c, -1)) >= 0 else c
        for c in folded
        if not unicodedata.combining(c)
    )
    return " ".join(_WORDS.findall(kept))


def _number(language: str, key: str) -> tuple[str, ...]:
    if key not in "0123456789":
        return ()
    return (key, " ".join(digits(language, key)))


def _label(catalogue: Catalogue, language: str, chosen: Mapping[str, str]) -> str:
    if _LABEL not in chosen:
        return ""
    try:
        return catalogue.text(language, Prompt(f"service.{chosen[_LABEL]}"))
    except PromptError:
        return ""

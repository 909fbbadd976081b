"""Menus by voice: what a caller may say for each key, and what was meant by what was heard.

The words are those of the menu's own prompts, so that what is heard can be said back: each option
says the thing first and then its key (`for street lights, press three`), with the verb or without.
Only what is said in exactly one way counts: a guess would lead a caller astray, while a *nomatch*
puts the question again, and the keys work all the time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from call_handlers.twilio.hearing import Hearing, hearing_of, plain
from ivr.catalogue import Catalogue, Piece, PromptError
from ivr.flow import Flow, Menu, Pick
from ivr.flows import Flows
from ivr.turn import Prompt

_LABEL = "service_code"
_LONGEST = 200
_CLAUSE = re.compile(r"[.,;:!?\u060c\u061b\u061f\u06d4\u0964\n]")
_DEAF = Hearing()


class Meant(NamedTuple):
    """The key that a phrase stands for; whether it must be all that was said, as a number must."""

    key: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Phrases:
    """What may be said: node and language → phrase, put plainly, → what is meant.

    `hearing` is by language.
    """

    known: Mapping[tuple[str, str], Mapping[str, Meant]] = field(default_factory=dict)
    hearing: Mapping[str, Hearing] = field(default_factory=dict)

    def locale(self, language: str) -> str:
        """The recogniser's (BCP 47)."""
        return self.hearing[language].locale

    def hints(self, node: str, language: str) -> tuple[str, ...]:
        """What the recogniser should expect here; empty where nobody is meant to speak."""
        return tuple(self.known.get((node, language), ()))

    def key(self, node: str, language: str, heard: str) -> str:
        """The key that `heard` stands for; `?` for none, or for more than one.

        Of the phrases that share words with what was heard, that counts which shares most of them,
        and of those the one of which least is missing.
        """
        words, hearing = plain(heard[:_LONGEST]), self.hearing.get(language, _DEAF)
        phrases = self.known.get((node, language), {})
        number = hearing.number(words)
        if number is not None:
            return number if any(meant.key == number for meant in phrases.values()) else "?"
        said = hearing.stems(words)
        best: dict[str, tuple[int, float]] = {}
        about: dict[str, set[int]] = {}
        for phrase, meant in phrases.items():
            told = hearing.stems(phrase)
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
    return Phrases(known, _hearing(catalogue))


def menu_phrases(flow: Flow, catalogue: Catalogue) -> Phrases:
    """The phrases of all menus: each key's number, what its prompts call it, and its service.

    A language of the flow without prompts has none.
    """
    known: dict[tuple[str, str], dict[str, Meant]] = {}
    hearing = _hearing(catalogue)
    for node in flow.nodes.values():
        if not isinstance(node, Menu):
            continue
        keys = {*node.options, *(key for key in node.keys if key in "0123456789")}
        then = node.then if isinstance(node, Pick) else ()
        if isinstance(node, Pick):  # what the choices are called is not known before: their numbers
            keys |= {*node.picks, *node.further}
        for language in flow.languages:
            if (heard := hearing.get(language)) is None:
                continue
            phrases = known.setdefault((node.name, language), {})
            for key in sorted(keys):
                for number in heard.numbers.get(key, ()):
                    phrases.setdefault(number, Meant(key, alone=True))
            for say in (*node.say, *node.first, *node.more, *then):
                for words, key in _options(catalogue, language, say.key, heard):
                    if key in keys:
                        phrases.setdefault(words, Meant(key, alone=False))
                        if heard.may_be_agreed(words):
                            for yes in heard.yes:
                                phrases.setdefault(yes, Meant(key, alone=False))
            for key, option in node.options.items():
                label = plain(_label(catalogue, language, option.set))
                if label:
                    phrases.setdefault(label, Meant(key, alone=False))
    return Phrases(known, hearing)


def _hearing(catalogue: Catalogue) -> dict[str, Hearing]:
    return {code: hearing_of(code, catalogue.spoken) for code in catalogue.languages}


def _options(
    catalogue: Catalogue, language: str, prompt: str, heard: Hearing
) -> Iterator[tuple[str, str]]:
    """What the options of a prompt are called, and their keys: all of a clause before its number.

    The verb may stand before the number or behind it. A prompt may change language: what it says in
    either may be said back.
    """
    line = catalogue.lines.get(language, {}).get(prompt)
    for part in line.parts if line else ():
        if not isinstance(part, Piece):
            continue
        before = ""
        for clause in _CLAUSE.split(part.text):
            *thing, last = heard.without_around(plain(clause).split()) or [""]
            key = heard.digits.get(last)
            words = " ".join(thing)
            if key is None:
                before = plain(clause)  # `For English, press two.`
                continue
            words = words or before
            before = ""
            if heard.stems(words):
                yield words, key


def _label(catalogue: Catalogue, language: str, chosen: Mapping[str, str]) -> str:
    if _LABEL not in chosen:
        return ""
    try:
        return catalogue.text(language, Prompt(f"service.{chosen[_LABEL]}"))
    except PromptError:
        return ""

"""What is wrong with the catalogue, before any caller hears it."""

import re
from collections.abc import Iterator

from ivr.catalogue import BY_VALUE, Catalogue
from ivr.prompt_text import Literal, Slot
from ivr.spoken.orthography import unvowelled_words

_FIGURES = re.compile("[0-9\u0660-\u0669\u06f0-\u06f9]")


def prompt_findings(catalogue: Catalogue) -> tuple[str, ...]:
    """Every mistake, as `language: key: what to mend`. Empty when callers can be let at it.

    Keys or placeholders that one language has and another has not; Arabic that is not fully
    vowelled; figures, which every voice reads in its own way.
    """
    return (*_unlike(catalogue), *_unspeakable(catalogue))


def _unlike(catalogue: Catalogue) -> Iterator[str]:
    every = frozenset[str]().union(*(catalogue.keys(language) for language in catalogue.languages))
    for key in sorted(every.union(BY_VALUE)):
        for language in catalogue.languages:
            if key not in catalogue.keys(language):
                yield f"{language}: {key}: is missing"
        kinds = {
            language: {(p.name, p.kind) for p in prompts[key] if isinstance(p, Slot)}
            for language, prompts in catalogue.literals.items()
            if key in prompts
        }
        if len({frozenset(slots) for slots in kinds.values()}) > 1:
            yield f"{', '.join(kinds)}: {key}: the placeholders are not the same in all languages"


def _unspeakable(catalogue: Catalogue) -> Iterator[str]:
    for language, prompts in catalogue.literals.items():
        for key, parts in prompts.items():
            for part in parts:
                if isinstance(part, Literal) and (
                    fault := unspeakable(catalogue, part.language, part.text)
                ):
                    yield f"{language}: {key}: {fault}"


def unspeakable(catalogue: Catalogue, language: str, text: str) -> str:
    """What a voice of that language would say wrong of a text, and the mend; empty for nothing."""
    if _FIGURES.search(text):
        return "write numbers in words"
    if catalogue.spoken[language].vowelled and (words := unvowelled_words(text)):
        return f"vowel marks are missing: {' '.join(words)}"
    return ""

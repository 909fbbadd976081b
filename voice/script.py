"""What a studio has to say: every take of a language, where it is heard, and how it must end.

A take is named as its file is: `reference.1` is the first fragment of the prompt `reference`,
`digit.2`, `letter.R` and `word.…` are the vocabulary's (`ivr.spoken.takes`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ivr.catalogue import ERROR_KEYS, Catalogue
from ivr.flow import Flow
from ivr.prompt_text import Literal as Words
from ivr.prompt_text import Part, Pause, Slot
from ivr.prompts import recording_names
from ivr.spoken.takes import takes
from ivr.turn import GUARD_MS
from voice.places import Place, core_keys, places_of
from voice.studio import same_words

Ending = Literal["falls", "goes on", "asks", "level"]
"""`goes on`: a value or another fragment follows at once. `level`: it stands anywhere in a row."""

_ARABIC_S, _LATIN_S, _MARK_S, _LEAST_S = 0.1, 0.07, 0.2, 0.25
"""How long a letter, a mark between clauses, and anything at all takes (measured on prompts)."""
_TAIL_MS = 100
_QUESTIONS = ("؟", "?")
_MARKS = frozenset("،؛.,:;؟?!۔।")


@dataclass(frozen=True, slots=True)
class Take:
    """One thing to say. `after_value`: a value is heard right before it.

    `core` is what a caller who reports hears. `places` is where a prompt is heard; a word of the
    vocabulary is heard in `values` instead, which are prompts. `recording` is the take that is kept
    already, empty where there is none. Shorter than `least_s` an error message cannot be cut into
    the head, over which keys are not heard, and its tail. `outdated`: the take is of other words,
    which the prompt had before.
    """

    name: str
    language: str
    text: str
    ends: Ending
    after_value: bool
    core: bool
    places: tuple[Place, ...] = ()
    values: tuple[str, ...] = ()
    recording: str = ""
    least_s: float = 0.0
    outdated: bool = False

    @property
    def full_name(self) -> str:
        """The name with the folder of its language, as recordings are kept: `ar/welcome`."""
        return self.name if "/" in self.name else f"{self.language}/{self.name}"

    @property
    def seconds(self) -> float:
        """How long it takes to say, about."""
        letters = [char for char in self.text if char.isalpha()]
        arabic = any("\u0600" <= char <= "\u06ff" for char in letters)
        marks = sum(char in _MARKS for char in self.text)
        a_letter = _ARABIC_S if arabic else _LATIN_S
        return _LEAST_S + a_letter * len(letters) + _MARK_S * marks

    @property
    def longest_s(self) -> float:
        """Longer than this it keeps callers waiting, or is not what stands here."""
        return 0.6 + 1.6 * self.seconds


def script(
    catalogue: Catalogue,
    flows: Sequence[Flow],
    language: str,
    *,
    to: str,
    heard: Collection[str],
    counted: Callable[[str, str], Iterable[str]],
    recorded: Mapping[str, str],
    texts: Mapping[str, str],
) -> list[Take]:
    """Every take that is said in `language`, those of a caller who reports first.

    `to` is the node at which a report is sent, `heard` the takes on the ways there; `counted` gives
    the values that a placeholder (its name, its kind) may have; `recorded` are the recordings there
    are, by `language/name`, and `texts` their wording as far as it is known. What two files have in
    common is said once, under the name of the language's own.
    """
    core = core_keys(flows[0], to)
    found: dict[tuple[str, str], Take] = {}
    said_at = places_of(flows)
    values = _values(catalogue, language)
    for file in (language, *(one for one in catalogue.languages if one != language)):
        for key, parts in catalogue.literals.get(file, {}).items():
            for take in _fragments(file, language, key, parts):
                found.setdefault(
                    (key, take.text),
                    _placed(take, key, said_at, values, core, recorded),
                )
    rows = [*found.values(), *_vocabulary(catalogue, language, counted, recorded)]
    rows = [
        replace(
            take,
            core=take.core or take.full_name in heard,
            outdated=bool(take.recording)
            and not same_words(texts.get(take.full_name, take.text), take.text),
        )
        for take in rows
    ]
    return sorted(rows, key=lambda take: not take.core)


def _fragments(file: str, language: str, key: str, parts: tuple[Part, ...]) -> Iterable[Take]:
    names = iter(recording_names(file, key, parts))
    for at, part in enumerate(parts):
        if not isinstance(part, Words):
            continue
        name = next(names)
        if part.language != language:
            continue
        behind = parts[at + 1] if at + 1 < len(parts) else None
        ends: Ending = "falls"
        if isinstance(behind, Slot):
            ends = "goes on"
        elif part.text.endswith(_QUESTIONS):
            ends = "asks"
        after = at > 0 and isinstance(parts[at - 1], Slot | Pause)
        short = name.partition("/")[2] if file == language else name
        guarded = at == 0 and key.startswith(ERROR_KEYS)
        least_s = (GUARD_MS + _TAIL_MS) / 1000 if guarded else 0.0
        yield Take(short, language, part.text, ends, after, core=False, least_s=least_s)


def _placed(
    take: Take,
    key: str,
    heard: Mapping[str, tuple[Place, ...]],
    values: Mapping[str, tuple[str, ...]],
    core: frozenset[str],
    recorded: Mapping[str, str],
) -> Take:
    family = key.partition(".")[0] if "." in key else key
    within = values.get(family, ())
    return replace(
        take,
        core=key in core or bool(core & set(within)),
        places=heard.get(key, ()),
        values=within,
        recording=_kept(take, recorded),
    )


def _values(catalogue: Catalogue, language: str) -> Mapping[str, tuple[str, ...]]:
    """The prompts in which others are heard as values: `service` → those that name a service."""
    found: dict[str, list[str]] = {}
    for key, parts in catalogue.literals[language].items():
        for part in parts:
            if isinstance(part, Slot):
                found.setdefault(part.kind, []).append(key)
    return {kind: tuple(dict.fromkeys(keys)) for kind, keys in found.items()}


def _vocabulary(
    catalogue: Catalogue,
    language: str,
    counted: Callable[[str, str], Iterable[str]],
    recorded: Mapping[str, str],
) -> Iterable[Take]:
    """The words; those that a value which there is really needs stand before the others."""
    used: dict[str, dict[str, None]] = {}
    for key, parts in catalogue.literals[language].items():
        for part in parts:
            if isinstance(part, Slot):
                for value in counted(part.name, part.kind):
                    for word in catalogue.words_for(language, part.kind, value):
                        used.setdefault(word, {})[key] = None
    for name, word in takes(catalogue.spoken[language]).items():
        keys = tuple(used.get(word, ()))
        take = Take(name, language, word, "level", True, bool(keys), values=keys)
        yield replace(take, recording=_kept(take, recorded))


def _kept(take: Take, recorded: Mapping[str, str]) -> str:
    return take.full_name if take.full_name in recorded else ""

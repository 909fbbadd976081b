"""Whose voice a caller hears on each way to a sent report: one, or several that take turns.

Nobody follows a voice that changes within a sentence, and a mixture is what a half-recorded studio
leaves. So each way is walked as callers walk it, and its sounds are counted by who says them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from call_handlers.effects.every import CONTRACTS
from hotline.bootstrap import Services
from ivr.catalogue import Catalogue, Piece
from ivr.edges import edges
from ivr.flow import Flow, Menu, Pick
from ivr.prompts import recording_names
from ivr.spoken.takes import take_of
from ivr.timing import Said, Walked, ways
from ivr.turn import Prompt
from ivr.voices import STUDIO

SENT = "open_report"
"""The node at which a report is sent."""
_REFERENCE = "989036781"
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the menu: what it reports, and its sounds by who says each (by take)."""

    language: str
    service: str
    presses: tuple[str, ...]
    sounds: Mapping[str, str]

    @property
    def mixed(self) -> bool:
        """Whether more than one voice is heard on it."""
        return len(set(self.sounds.values())) > 1

    @property
    def odd(self) -> tuple[str, ...]:
        """The sounds that do not come from its main voice: the studio, else whose most are."""
        counts = Counter(self.sounds.values())
        main = STUDIO if STUDIO in counts else counts.most_common(1)[0][0]
        return tuple(name for name, voice in self.sounds.items() if voice != main)

    def __str__(self) -> str:
        counts = Counter(self.sounds.values())
        total = len(self.sounds)
        heard = f'a caller who reports "{self.service}" hears'
        if STUDIO in counts:
            return f"{heard} {len(self.odd)} of {total} sounds by the machine"
        (_, most), *others = counts.most_common()
        rest = ", ".join(f"{count} by {voice}" for voice, count in others)
        return f"{heard} {total - most} of {total} sounds in another voice ({rest})"

    def worst(self) -> str:
        """The first few of its odd sounds."""
        shown = ", ".join(self.odd[:_SHOWN])
        return shown + (", …" if len(self.odd) > _SHOWN else "")


def heard_ways(services: Services) -> list[Way]:
    """Every way on which a report is sent by a number plate that nobody knows; the worst first.

    That is the longest, and what it says of the place has no sounds of its own, as a street's name
    has. In each language. Raises what is in `hotline.menu.WRONG_FILE`.
    """
    catalogue, flow = services.catalogue, services.flow
    names = _names(catalogue)
    found: dict[tuple[str, str], Way] = {}
    lists = {node.name for node in flow.nodes.values() if isinstance(node, Pick)}
    for walked in ways(flow, SENT, CONTRACTS, without=lists):
        code = walked.answers.get("service_code", "")
        if not walked.answers.get("plate_building") or (walked.language, code) in found:
            continue
        service = services.services.get(code)
        hours = "" if service is None else str(service.target_hours)
        said = (*walked.heard, *_afterwards(flow, walked.language, walked.answers, hours))
        name = code if service is None else service.name_en.lower()
        sounds = _sounds(catalogue, walked, said, names)
        found[walked.language, code] = Way(walked.language, name, walked.presses, sounds)
    return sorted(found.values(), key=lambda way: -len(way.odd))


def _sounds(
    catalogue: Catalogue, walked: Walked, said: Sequence[Said], names: Mapping[str, str]
) -> dict[str, str]:
    """The sounds in the language of the way, each once: its take → who says it."""
    found: dict[str, str] = {}
    for one in said:
        for piece in catalogue.speak(one.language, one.prompt):
            source = catalogue.sources.get(piece.audio)
            if source is None:  # a text made on the spot, such as a street
                continue
            if source.language == walked.language and source.voice:
                found[names.get(piece.audio, piece.audio)] = source.voice
    return found


def _afterwards(
    flow: Flow, language: str, answers: Mapping[str, str], hours: str
) -> Iterator[Said]:
    """What is said once the report is sent, to the end of the call."""
    given = {**flow.examples, **answers, "reference": _REFERENCE, "target_hours": hours}
    name, seen = SENT, set[str]()
    while name and name not in seen:
        seen.add(name)
        node = flow.nodes[name]
        for say in (*node.intro, *node.say):
            values = {value: given.get(value, "") for value in say.values}
            yield Said(language, Prompt(say.key, values))
        onward = [edge.target for edge in edges(node) if edge.kind in ("outcome", "next")]
        if isinstance(node, Menu):
            onward = [node.noinput_to]
        name = onward[0] if onward else ""


def _names(catalogue: Catalogue) -> dict[str, str]:
    """Sound → the take that it is, or would be."""
    found: dict[str, str] = {}
    for language, prompts in catalogue.literals.items():
        for key, parts in prompts.items():
            takes = iter(recording_names(language, key, parts))
            spoken = catalogue.lines[language][key].parts
            for piece in spoken:
                if isinstance(piece, Piece) and _is_said(catalogue, piece):
                    found.setdefault(piece.audio, next(takes))
    for words in (catalogue.words, catalogue.dictated):
        for language, pieces in words.items():
            for word, piece in pieces.items():
                found.setdefault(
                    piece.audio, f"{language}/{take_of(catalogue.spoken[language], word)}"
                )
    return found


def _is_said(catalogue: Catalogue, piece: Piece) -> bool:
    """Whether it is a fragment, and no pause between two."""
    return catalogue.sources[piece.audio].form == ""

"""A ticket as plain text, in Arabic and then in English: for fields that people read elsewhere."""

from collections.abc import Iterator
from itertools import chain

from tickets.destination import Message
from tickets.destinations.mail.safe_text import one_line, safe
from tickets.destinations.mail.told import Fact, Names, tell
from tickets.destinations.mail.words import LANGUAGES

_OF_THE_CALLER = ("caller", "phone", "called_from", "call_back")
_ADDED = ("status", "expected", "note", "rating")
"""What a later version may say that the first did not."""


def title_of(message: Message, names: Names, language: str) -> str:
    """What it is about and where, on one line: `Pothole · Al-Matar`."""
    ticket = message.ticket
    area = ticket.sub_municipality
    parts = (
        names.service(ticket.service_code, language),
        names.area(area, language) if area else "",
    )
    return " · ".join(one_line(part) for part in parts if part)


def place_of(message: Message, names: Names) -> str:
    """Where it is, from the most specific to the most general; empty where nobody knows."""
    ticket, parts = message.ticket, []
    if ticket.address_string and ticket.address_string != ticket.sub_municipality:
        parts.append(one_line(ticket.address_string))
    if ticket.sub_municipality:
        parts += [one_line(names.area(ticket.sub_municipality, one)) for one in LANGUAGES]
    return ", ".join(parts)


def text_of(message: Message, names: Names, *, personal: bool) -> str:
    """All that is known, and the description once, at its end.

    Not `personal`: nothing of who has called, for systems that show what they have to the city.
    """
    left_out = ("description", *(() if personal else _OF_THE_CALLER))
    blocks = ["\n".join(_block(message, names, one, left_out)) for one in LANGUAGES]
    described = safe(message.ticket.description or "").strip()
    if described:
        labels = " · ".join(words["description"] for words in LANGUAGES.values())
        blocks.append(f"{labels}:\n{described}")
    return "\n\n".join(blocks)


def added_of(message: Message, names: Names) -> str:
    """What a later version says: how it stands, what its caller has added, how they rate it."""
    return "\n".join(chain.from_iterable(_added(message, names, one) for one in LANGUAGES))


def cut(text: str, most: int) -> str:
    """`text` of `most` characters at most, cut between words where it is longer, and saying so."""
    if len(text) <= most:
        return text
    kept = text[: most - 2]
    whole = kept.rstrip() if text[most - 2].isspace() else kept.rsplit(None, 1)[0]
    # Of one word without an end so much is kept.
    return f"{whole if len(whole) > most // 2 else kept} …"


def _block(
    message: Message, names: Names, language: str, left_out: tuple[str, ...]
) -> Iterator[str]:
    told = tell(message, names, language)
    labels = {told.words[key] for key in left_out}
    yield told.headline
    yield from (_line(fact) for fact in told.facts if fact.label not in labels)
    if told.warning:
        yield told.warning


def _added(message: Message, names: Names, language: str) -> Iterator[str]:
    told = tell(message, names, language)
    labels = {told.words[key] for key in _ADDED}
    yield told.headline
    yield from (_line(fact) for fact in told.facts if fact.label in labels)


def _line(fact: Fact) -> str:
    return f"{fact.label}: {fact.value}"

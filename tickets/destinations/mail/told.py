"""What a letter says of a ticket in one language: rows of a label and a value, in their order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tickets.catalogue import Service, SubMunicipality
from tickets.destination import Message
from tickets.destinations.mail.safe_text import one_line, safe
from tickets.destinations.mail.words import LANGUAGES, Words
from tickets.model import UPDATED, Ticket
from tickets.open import UNCONFIRMED
from tickets.told import MAY_BE_NAMED

LTR = "ltr"


@dataclass(frozen=True, slots=True)
class Names:
    """How services and sub-municipalities are called, and the zone of the times for people."""

    zone: ZoneInfo
    services: Mapping[str, Service] = field(default_factory=dict)
    areas: Mapping[str, SubMunicipality] = field(default_factory=dict)

    def service(self, code: str, language: str) -> str:
        """Its name; its code where the catalogue has it no more."""
        return _name(self.services.get(code), language) or code

    def area(self, code: str, language: str) -> str:
        """Its name, or its code likewise."""
        return _name(self.areas.get(code), language) or code

    def moment(self, moment: datetime) -> str:
        """The day and time, with strokes: see `text_of` of the text messages."""
        return moment.astimezone(self.zone).strftime("%d/%m/%Y %H:%M")


@dataclass(frozen=True, slots=True)
class Fact:
    """A row. `direction` is `ltr` of what is always written so, `auto` of words."""

    label: str
    value: str
    direction: str = "auto"


@dataclass(frozen=True, slots=True)
class Told:
    """All that is said in one language. `warning` may be empty."""

    words: Words
    headline: str
    service: str
    facts: tuple[Fact, ...]
    warning: str = ""


def tell(message: Message, names: Names, language: str) -> Told:
    """The ticket as it is now, in `language`."""
    words, ticket = LANGUAGES[language], message.ticket
    changed = message.event == UPDATED
    return Told(
        words,
        words.of("changed" if changed else "new", ticket.kind),
        one_line(names.service(ticket.service_code, language)),
        tuple(fact for fact in _facts(ticket, names, words) if fact.value),
        words["unconfirmed"] if ticket.attributes.get(UNCONFIRMED) else "",
    )


def _facts(ticket: Ticket, names: Names, words: Words) -> Iterator[Fact]:
    yield Fact(words["reference"], ticket.service_request_id, LTR)
    yield Fact(words["service"], one_line(names.service(ticket.service_code, words.language)))
    yield Fact(words["kind"], words.of("kind", ticket.kind))
    yield Fact(words["status"], words.of("status", ticket.status))
    yield Fact(words["priority"], words.of("priority", ticket.priority))
    yield from _place(ticket, names, words)
    yield Fact(words["opened"], names.moment(ticket.requested_datetime), LTR)
    if ticket.version > 1:
        yield Fact(words["changed"], names.moment(ticket.updated_datetime), LTR)
    if ticket.expected_datetime is not None:
        yield Fact(words["expected"], names.moment(ticket.expected_datetime), LTR)
    yield from _caller(ticket, words)
    yield Fact(words["description"], safe(ticket.description or ""))
    yield from _said(ticket, names, words)


def _place(ticket: Ticket, names: Names, words: Words) -> Iterator[Fact]:
    if ticket.address_string != ticket.sub_municipality:  # which stands there for want of others
        yield Fact(words["place"], one_line(ticket.address_string or ""))
    if ticket.address_string != ticket.address_id:
        yield Fact(words["short_address"], ticket.address_id or "", LTR)
    if ticket.lat is not None and ticket.long is not None:
        yield Fact(words["coordinates"], f"{ticket.lat:.6f}, {ticket.long:.6f}", LTR)
    if ticket.sub_municipality:
        yield Fact(words["area"], one_line(names.area(ticket.sub_municipality, words.language)))


def _caller(ticket: Ticket, words: Words) -> Iterator[Fact]:
    name = one_line(f"{ticket.first_name or ''} {ticket.last_name or ''}")
    yield Fact(words["caller"], name)
    if ticket.phone:
        yield Fact(words["phone"], ticket.phone, LTR)
    else:
        yield Fact(words["phone"], words["withheld" if ticket.caller_id_withheld else "none"])
    yield Fact(words["called_from"], _text(ticket.attributes, "called_from"), LTR)
    yield Fact(words["call_back"], words["yes" if ticket.callback_requested else "no"])
    yield Fact(words["spoken"], words.of("language", ticket.language))


def _said(ticket: Ticket, names: Names, words: Words) -> Iterator[Fact]:
    """What can be heard, what it is about, and what the caller has added since."""
    about = ticket.attributes
    if complaint := _text(about, "complaint"):
        yield Fact(words["complaint"], words.of("complaint", complaint))
    earlier = ticket.parent_service_request_id or _text(about, "about_reference")
    yield Fact(words["about"], earlier, LTR)
    others = about.get(MAY_BE_NAMED)
    if isinstance(others, list):
        yield Fact(words["told"], one_line(" ".join(map(str, others))), LTR)
    if code := _text(about, "about_service_code"):
        yield Fact(words["about"], one_line(names.service(code, words.language)))
    if talked := _text(about, "transferred_to"):
        yield Fact(words["talked"], words.of("talked", talked))
    yield _heard(words["recording"], ticket.recording_ref, about.get("recording_ms"))
    yield _heard(words["message"], about.get("message_ref"), about.get("message_ms"))
    notes = about.get("notes")
    for note in notes if isinstance(notes, list) else ():
        if isinstance(note, Mapping):
            said = _heard(words["note"], note.get("recording_ref"), note.get("recording_ms"))
            yield replace(said, value=f"{_noted_at(note, names)} {said.value}".strip())
    if ticket.satisfaction is not None:
        yield Fact(words["rating"], f"{ticket.satisfaction} {words['rating.of']}")


def _heard(label: str, reference: object, milliseconds: object) -> Fact:
    """A recording by its reference, and how long it is."""
    if not isinstance(reference, str):
        return Fact(label, "")
    if not isinstance(milliseconds, int):
        return Fact(label, one_line(reference), LTR)
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return Fact(label, f"{one_line(reference)} ({minutes}:{seconds:02})", LTR)


def _noted_at(note: Mapping[str, Any], names: Names) -> str:
    try:
        moment = datetime.fromisoformat(str(note.get("at")))
    except ValueError:
        return ""
    return names.moment(moment) if moment.tzinfo else ""


def _text(about: Mapping[str, Any], key: str) -> str:
    value = about.get(key)
    return one_line(value) if isinstance(value, str) else ""


def _name(row: Service | SubMunicipality | None, language: str) -> str:
    if row is None:
        return ""
    return row.name_ar if language == "ar" else row.name_en

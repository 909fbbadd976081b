"""The ticket as frozen data, in Open311 GeoReport v2 names first.

`NewTicket` is what the caller's side knows; `Ticket` is what was committed; `to_wire` is how it
is told to others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

from store.fields import Kept, lengths_of

RIYADH = timezone(timedelta(hours=3), "Asia/Riyadh")
"""Saudi Arabia keeps UTC+03:00 all year; the wire promises that offset."""

KINDS = ("inquiry", "report", "complaint", "suggestion")
CHANNELS = ("phone",)
OPENED, UPDATED = "ticket.opened", "ticket.updated"
"""What receivers are told of: a ticket is there, a ticket has a new version."""
STATUSES = (
    *("open", "for_triage", "investigating", "in_progress", "action_scheduled"),
    *("internal_referral", "forwarded_external", "reopen"),
    *("fixed", "closed", "duplicate", "no_further_action", "not_our_responsibility", "cancelled"),
)
CLOSED_STATUSES = (
    *("fixed", "closed", "duplicate", "no_further_action", "not_our_responsibility", "cancelled"),
)
OPEN_STATUSES = tuple(status for status in STATUSES if status not in CLOSED_STATUSES)
PRIORITIES = ("low", "normal", "high")
JURISDICTION = "jeddah.gov.sa"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SERVICE_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,31}")
_LANGUAGE = re.compile("[a-z]{2}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class InvalidTicket(ValueError):
    """A field of a ticket that cannot stand; `field` names it, the message says the mend."""

    def __init__(self, field: str, problem: str, mend: str) -> None:
        super().__init__(f"{field}: {problem}; {mend}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Address:
    """A Saudi National Address, as far as the caller gave it. All parts are text."""

    building_number: str | None = None
    street: str | None = None
    district: str | None = None
    postal_code: str | None = None
    secondary_number: str | None = None
    short_address: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidTicket where a part has not the form of the National Address."""
        _demand(self.building_number, "address.building_number", r"[0-9]{4}", "four digits")
        _demand(self.postal_code, "address.postal_code", r"[0-9]{5}", "five digits")
        _demand(self.secondary_number, "address.secondary_number", r"[0-9]{4}", "four digits")
        _demand(
            self.short_address,
            "address.short_address",
            r"[A-Z]{4}[0-9]{4}",
            "four capital letters and four digits",
        )
        _text(self.street, "address.street", 200)
        _text(self.district, "address.district", 200)

    def as_dict(self) -> dict[str, str]:
        """The parts that are known."""
        known = ((part.name, getattr(self, part.name)) for part in fields(self))
        return {name: value for name, value in known if value is not None}

    def one_line(self) -> str | None:
        """The address in the order it is written on an envelope, or None when nothing is known."""
        parts = (
            self.building_number,
            self.street,
            self.district,
            self.postal_code,
            self.secondary_number,
        )
        return ", ".join(part for part in parts if part) or self.short_address


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What is known when a ticket is opened.

    `origin` names the event that opens it ("call:<id>:<n>"): opening the same origin again gives
    the same ticket. `target_hours` is the service's promise, in hours from now. `reported_from` is
    the number that called (E.164), empty where it was not shown: `phone` may be another.
    """

    origin: str
    service_code: str
    kind: str = "report"
    channel: str = "phone"
    language: str = "ar"
    jurisdiction_id: str = JURISDICTION
    call_id: str | None = None
    phone: str | None = None
    caller_id_withheld: bool = False
    first_name: str | None = None
    last_name: str | None = None
    address: Address = field(default_factory=Address)
    address_string: str | None = None
    lat: float | None = None
    long: float | None = None
    location_verified: bool = False
    location_source: str | None = None
    sub_municipality: str | None = None
    agency_responsible: tuple[str, ...] = ()
    target_hours: int | None = None
    priority: str = "normal"
    description: str | None = None
    recording_ref: str | None = None
    callback_requested: bool = False
    parent_service_request_id: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    reported_from: str | None = None

    def __post_init__(self) -> None:
        """Raises InvalidTicket, naming the field and the mend."""
        if not self.origin:
            raise InvalidTicket("origin", "is empty", "pass a text such as call:<id>:<n>")
        _one_of(self.kind, "kind", KINDS)
        _one_of(self.channel, "channel", CHANNELS)
        if not _LANGUAGE.fullmatch(self.language):
            raise InvalidTicket("language", "is no language's code", "pass two letters, as in ar")
        _one_of(self.priority, "priority", PRIORITIES)
        if not _SERVICE_CODE.fullmatch(self.service_code):
            raise InvalidTicket(
                "service_code", "is not a service code", "use one of config/services.yaml"
            )
        if self.phone is not None and not _E164.fullmatch(self.phone):
            raise InvalidTicket("phone", "is not E.164", "pass +9665... or None")
        if self.caller_id_withheld and self.phone is not None:
            raise InvalidTicket("phone", "is given though withheld", "pass None")
        if (self.lat is None) != (self.long is None):
            raise InvalidTicket("lat", "lat and long come together", "pass both or neither")
        if self.target_hours is not None and self.target_hours <= 0:
            raise InvalidTicket("target_hours", "is not positive", "pass hours, or None")
        for name, length in _TEXT_FIELDS.items():
            _text(getattr(self, name), name, length)
        if self.kind == "report" and not self._has_place():
            raise InvalidTicket(
                "address",
                "a report has no place",
                "give an address, address_string, lat and long, or sub_municipality",
            )

    def _has_place(self) -> bool:
        return bool(
            self.address_string
            or self.lat is not None
            or self.sub_municipality
            or self.address.as_dict()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A committed ticket. Datetimes are UTC; `idempotency_key` never changes."""

    service_request_id: Annotated[str, Kept(9, unique=True)]
    idempotency_key: Annotated[str, Kept(36, key=True)]
    origin: Annotated[str, Kept(200, unique=True)]
    jurisdiction_id: Annotated[str, Kept(100)]
    service_code: Annotated[str, Kept(32)]
    kind: Annotated[str, Kept(16)]
    channel: Annotated[str, Kept(16)]
    status: Annotated[str, Kept(32)]
    requested_datetime: datetime
    updated_datetime: datetime
    expected_datetime: datetime | None
    language: Annotated[str, Kept(8)]
    caller_id_withheld: bool
    location_verified: bool
    call_id: Annotated[str | None, Kept(100, index=True)]
    version: int
    phone: Annotated[str | None, Kept(16, index=True)]
    first_name: Annotated[str | None, Kept(100)]
    last_name: Annotated[str | None, Kept(100)]
    description: Annotated[str | None, Kept(4000)]
    lat: float | None
    long: float | None
    address_string: Annotated[str | None, Kept(500)]
    address_id: Annotated[str | None, Kept(8)]
    address: Mapping[str, str]
    location_source: Annotated[str | None, Kept(32)]
    sub_municipality: Annotated[str | None, Kept(8)]
    attributes: Mapping[str, Any]
    agency_responsible: tuple[str, ...]
    priority: Annotated[str, Kept(16)]
    parent_service_request_id: Annotated[str | None, Kept(9)]
    recording_ref: Annotated[str | None, Kept(200)]
    callback_requested: bool
    satisfaction: int | None
    external_ids: Mapping[str, str]
    status_datetime: datetime | None = None
    """Since when it has this status; None of a ticket that an earlier release opened."""
    reported_from: Annotated[str | None, Kept(16, index=True)] = None
    """The number that called; empty where it was not shown, None as above."""
    assigned_to: Annotated[str | None, Kept(100)] = None
    """Who of the back office works it, by the name of their account."""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it (to Open311, all others are closed)."""
        return self.status not in CLOSED_STATUSES


TICKET_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Ticket))
_GIVEN = frozenset(f.name for f in fields(NewTicket)) & frozenset(TICKET_FIELDS)
_TEXT_FIELDS = {name: most for name, most in lengths_of(Ticket).items() if name in _GIVEN}
_COMPOSED = frozenset({"address", "address_string"})
_OURS = frozenset({"origin", "reported_from", "assigned_to"})
"""Not told to others. Where `reported_from` is not `phone`, `attributes.called_from` says it; which
of our people works a ticket is no other's matter.
"""
WIRE_FIELDS = tuple(name for name in TICKET_FIELDS if name not in _OURS)
"""What others are told of a ticket, as far as it is known."""
_REQUIRED_ON_WIRE = frozenset({"phone", "call_id"})
"""Told even when they are null: a receiver must see that there is none."""


def given_fields(new: NewTicket) -> dict[str, Any]:
    """What of a new ticket is kept as it was given: all that both have, but what is composed."""
    return {name: getattr(new, name) for name in _GIVEN - _COMPOSED}


def to_wire(ticket: Ticket) -> dict[str, Any]:
    """The ticket as JSON for others: times as ISO 8601 with +03:00, unknown fields left out."""
    wire: dict[str, Any] = {}
    for name in WIRE_FIELDS:
        value = getattr(ticket, name)
        if value is None and name not in _REQUIRED_ON_WIRE:
            continue
        if isinstance(value, datetime):
            wire[name] = value.astimezone(RIYADH).isoformat(timespec="seconds")
        elif isinstance(value, Mapping):
            wire[name] = dict(value)
        elif isinstance(value, tuple):
            wire[name] = list(value)
        else:
            wire[name] = value
    return wire


def _demand(value: str | None, name: str, pattern: str, form: str) -> None:
    if value is not None and not re.fullmatch(pattern, value):
        raise InvalidTicket(name, "has the wrong form", f"pass {form}, or None")


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidTicket(name, f"{value!r} is not known", f"use one of {', '.join(allowed)}")


def _text(value: str | None, name: str, longest: int) -> None:
    if value is None:
        return
    if len(value) > longest:
        raise InvalidTicket(name, f"is {len(value)} characters long", f"cut it to {longest}")
    if _CONTROL.search(value):
        raise InvalidTicket(name, "holds control characters", "remove them")

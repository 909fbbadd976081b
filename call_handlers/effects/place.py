"""Where it is: looked up by what a plate says or the keypad has, or taken from a ticket before.

Nobody is turned away for an address: what is not known, or cannot be asked for now, is taken as the
caller gives it, unverified.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.arrival import Facts
from call_handlers.effects.port import Effect
from ivr.contract import EffectContract
from ivr.event import Done
from ivr.pick import Choice, told
from ivr.session import Session
from places.gazetteer import Place
from tickets.catalogue import SubMunicipality
from tickets.model import Ticket

log = structlog.get_logger()

FOUND, SEVERAL, UNKNOWN, NONE = "found", "several", "unknown", "none"
PLATE, SHORT, AREA = "plate", "short", "area"
"""How a place is known: by a number plate, by its short address, by its sub-municipality alone."""
PLACE_FIELDS = (
    *("place", "building_number", "postal_code", "secondary_number", "short_address"),
    *("short_keys", "street", "district", "street_name", "district_name", "sub_municipality"),
    *("lat", "long", "verified", "plate_building", "plate_postal", "place_keys", "area"),
)
"""The answers of a place. `street` and `district` are to be said (kind `text`) and empty where they
cannot be, `street_name` and `district_name` as they are written. What is read back of a place that
is not known so is in `plate_building` and `plate_postal`, `place_keys`, or `area`."""
KEYED = ("building_keyed", "postal_keyed")
"""What a caller keys. It is their place once it has been looked up, all of it at once."""
OWN_FIELDS = tuple(
    f"own_{name}"
    for name in (
        *("building_number", "street", "district", "sub_municipality", "short_address"),
        *("plate_building", "plate_postal"),
    )
)
"""The answers of an address that a caller only asks about: none of what they report."""
_READ_BACK = ("plate_building", "plate_postal")
_KNOWN = ("place", "building_number", "postal_code", "street", "district")
"""Of an address that is found. (Where its names cannot be said it is read back by its plate.)"""
_AS_KEYED = ("place", "building_number", "postal_code", *_READ_BACK)
CONTRACTS = (
    EffectContract(
        "find_address",
        {FOUND: _KNOWN, SEVERAL: ("addresses",), UNKNOWN: _AS_KEYED},
        needs=KEYED,
        choices={"addresses": PLACE_FIELDS},
        looks=True,
    ),
    EffectContract(
        "find_own_address",
        {FOUND: OWN_FIELDS, SEVERAL: ("own_addresses",), UNKNOWN: ()},
        needs=KEYED,
        choices={"own_addresses": OWN_FIELDS},
        looks=True,
    ),
    EffectContract(
        "find_short_address",
        {FOUND: ("addresses",), UNKNOWN: ("place", "short_keys", "place_keys")},
        needs=("short_keyed",),
        choices={"addresses": PLACE_FIELDS},
        looks=True,
    ),
    EffectContract(
        "list_sub_municipalities",
        {FOUND: ("areas",), NONE: ()},
        choices={"areas": PLACE_FIELDS},
        looks=True,
    ),
    EffectContract(
        "find_last_place",
        {FOUND: ("last_places",), NONE: ()},
        choices={"last_places": PLACE_FIELDS},
        looks=True,
    ),
)

Names = Mapping[str, str]
"""A name by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookups:
    """What the effects ask. Each may raise SQLAlchemyError, but for `say`.

    `say` makes a name ready to be heard in a language: how it is said, by language; empty where
    that cannot be made in time. `last_place` gives the last ticket of a number that has a place.
    """

    by_plate: Callable[[str, str], Sequence[Place]]
    by_keys: Callable[[str], Sequence[Place]]
    last_place: Callable[[str], Ticket | None]
    sub_municipalities: Mapping[str, SubMunicipality]
    say: Callable[[str, Sequence[Names]], Sequence[Names]]


def place_effects(ask: Lookups) -> dict[str, Effect]:
    """The effects of places, by name."""

    def by_plate(session: Session) -> list[Choice]:
        building, postal = (session.answers[name] for name in KEYED)
        found = _asked(lambda: ask.by_plate(building, postal))
        return _choices(ask, session, found, PLATE)

    def find_own_address(facts: Facts, session: Session, now: datetime) -> Done:
        del facts, now
        choices = [
            {f"own_{name}": value for name, value in one.items() if f"own_{name}" in OWN_FIELDS}
            for one in by_plate(session)
        ]
        if len(choices) > 1:
            return Done(SEVERAL, {"own_addresses": told(choices)})
        return Done(FOUND, choices[0]) if choices else Done(UNKNOWN)

    def find_address(facts: Facts, session: Session, now: datetime) -> Done:
        del facts, now
        building, postal = (session.answers[name] for name in KEYED)
        choices = by_plate(session)
        if len(choices) > 1:
            return Done(SEVERAL, {"addresses": told(choices)})
        if choices:
            return Done(FOUND, choices[0])
        plate = {"building_number": building, "postal_code": postal}
        read_back = dict(zip(_READ_BACK, plate.values(), strict=True))
        return Done(UNKNOWN, _place(place=PLATE, **plate, **read_back))

    def find_short_address(facts: Facts, session: Session, now: datetime) -> Done:
        del facts, now
        keys = session.answers["short_keyed"]
        found = _asked(lambda: ask.by_keys(keys))
        if found:
            return Done(FOUND, {"addresses": told(_choices(ask, session, found, SHORT))})
        return Done(UNKNOWN, _place(place=SHORT, short_keys=keys, place_keys=keys))

    def list_sub_municipalities(facts: Facts, session: Session, now: datetime) -> Done:
        del facts, session, now
        areas = [
            _place(place=AREA, sub_municipality=code, area=code) for code in ask.sub_municipalities
        ]
        return Done(FOUND, {"areas": told(areas)}) if areas else Done(NONE)

    def find_last_place(facts: Facts, session: Session, now: datetime) -> Done:
        del now
        number = facts.e164
        last = None if number is None else _last(lambda: ask.last_place(number))
        choice = None if last is None else _of_ticket(ask, session, last)
        return Done(NONE) if choice is None else Done(FOUND, {"last_places": told([choice])})

    return {
        "find_address": find_address,
        "find_own_address": find_own_address,
        "find_short_address": find_short_address,
        "list_sub_municipalities": list_sub_municipalities,
        "find_last_place": find_last_place,
    }


def _asked(question: Callable[[], Sequence[Place]]) -> Sequence[Place]:
    try:
        return question()
    except SQLAlchemyError as error:
        log.warning("gazetteer_away", error=type(error).__name__)
        return ()


def _last(question: Callable[[], Ticket | None]) -> Ticket | None:
    try:
        return question()
    except SQLAlchemyError as error:
        log.warning("last_place_unknown", error=type(error).__name__)
        return None


def _place(**known: str) -> dict[str, str]:
    """The answers of a place: all of them, so that nothing stays of another one."""
    return {name: known.get(name, "") for name in PLACE_FIELDS}


def _choices(ask: Lookups, session: Session, found: Sequence[Place], by: str) -> list[Choice]:
    """Addresses of the gazetteer. Their names are made ready together, in the time of one."""
    names = [name for one in found for name in (one.street, one.district)]
    ready = ask.say(session.language, names)
    pairs = zip(ready[::2], ready[1::2], strict=True) if len(ready) == len(names) else ()
    said = [_values(*pair) for pair in pairs] or [{} for _ in found]
    return [_choice(one, by, spoken) for one, spoken in zip(found, said, strict=True)]


def _choice(found: Place, by: str, spoken: dict[str, str]) -> Choice:
    """An address: read back by its street and district, where they can be said."""
    if not spoken:
        spoken = {"plate_building": found.building_number, "plate_postal": found.postal_code}
    return _place(
        place=by,
        building_number=found.building_number,
        postal_code=found.postal_code,
        secondary_number=found.secondary_number,
        short_address=found.short_address,
        street_name=_written(found.street),
        district_name=_written(found.district),
        sub_municipality=found.sub_municipality or "",
        lat="" if found.lat is None else repr(found.lat),
        long="" if found.long is None else repr(found.long),
        verified="yes",
        **spoken,
    )


def _of_ticket(ask: Lookups, session: Session, ticket: Ticket) -> Choice | None:
    """Where an earlier ticket is; None where it can be told by nothing that is heard."""
    address = ticket.address
    keys = str(ticket.attributes.get("short_keys", ""))
    known = {
        "building_number": address.get("building_number", ""),
        "postal_code": address.get("postal_code", ""),
        "secondary_number": address.get("secondary_number", ""),
        "short_address": address.get("short_address", ""),
        "street_name": address.get("street", ""),
        "district_name": address.get("district", ""),
        "sub_municipality": ticket.sub_municipality or "",
        "lat": "" if ticket.lat is None else repr(ticket.lat),
        "long": "" if ticket.long is None else repr(ticket.long),
        "verified": "yes" if ticket.location_verified else "",
    }
    names = [{"ar": known[name]} for name in ("street_name", "district_name") if known[name]]
    spoken = _spoken(ask, session, *names) if len(names) > 1 else {}
    by = SHORT if ticket.location_source == "short_address" else PLATE
    if spoken:
        return _place(place=by, **known, **spoken)
    if known["building_number"] and known["postal_code"]:
        read_back = (known["building_number"], known["postal_code"])
        return _place(place=by, **known, **dict(zip(_READ_BACK, read_back, strict=True)))
    if keys:
        return _place(place=SHORT, **known, short_keys=keys, place_keys=keys)
    if known["sub_municipality"] in ask.sub_municipalities:
        return _place(place=AREA, **known, area=known["sub_municipality"])
    return None


def _spoken(ask: Lookups, session: Session, street: Names, district: Names) -> dict[str, str]:
    """Street and district as they are said; nothing where one of them cannot be."""
    ready = ask.say(session.language, (street, district))
    return _values(*ready) if len(ready) == 2 else {}


def _values(street: Names, district: Names) -> dict[str, str]:
    """The values of both, where both are known; each is of kind `text`."""
    if not street or not district:
        return {}
    values = (json.dumps(dict(names), ensure_ascii=False) for names in (street, district))
    return dict(zip(("street", "district"), values, strict=True))


def _written(names: Names) -> str:
    """The name as the back office reads it: in Arabic, where it is known so."""
    return names.get("ar") or next(iter(names.values()), "")

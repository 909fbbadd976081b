"""The gazetteer: which address stands behind what a caller keys. Three questions, each by an index.

An address that is not in it is no error: the caller's word counts, unverified.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from places.fields import Address
from places.keypad import keys_of
from places.schema import gazetteer
from store.fields import columns_of
from store.lookup import Lookup

MOST_CANDIDATES = 12
"""How many addresses are given for one entry: nobody listens to more."""
SHORT_ADDRESS = re.compile(r"[A-Z]{4}[0-9]{4}")
"""The short address of the National Address; to be matched whole."""
_LANGUAGES = ("ar", "en")


@dataclass(frozen=True, slots=True)
class Place:
    """An address as a call has it. `street` and `district` are by language, as they are written.

    `secondary_number` and `short_address` are empty where the gazetteer has none.
    """

    building_number: str
    postal_code: str
    secondary_number: str
    short_address: str
    street: Mapping[str, str]
    district: Mapping[str, str]
    sub_municipality: str | None
    lat: float | None
    long: float | None


_COLUMNS = [gazetteer.c[column.name] for column in columns_of(Address)]
_ORDER = (gazetteer.c.short_address, gazetteer.c.postal_code, gazetteer.c.building_number)
_LAST = gazetteer.c.secondary_number
_BY_PLATE = Lookup(
    sa.select(*_COLUMNS)
    .where(
        gazetteer.c.building_number == sa.bindparam("building_number"),
        gazetteer.c.postal_code == sa.bindparam("postal_code"),
    )
    .order_by(_LAST)
    .limit(MOST_CANDIDATES)
)
_BY_KEYS = Lookup(
    sa.select(*_COLUMNS)
    .where(gazetteer.c["keys"] == sa.bindparam("keys"))
    .order_by(*_ORDER, _LAST)
    .limit(MOST_CANDIDATES)
)
_BY_SHORT = Lookup(
    sa.select(*_COLUMNS)
    .where(
        gazetteer.c["keys"] == sa.bindparam("keys"),
        gazetteer.c.short_address == sa.bindparam("short_address"),
    )
    .order_by(*_ORDER, _LAST)
    .limit(1)
)


def by_plate(engine: sa.Engine, building_number: str, postal_code: str) -> list[Place]:
    """The addresses with these numbers on their plate, by secondary number; 12 at most.

    Raises SQLAlchemyError when the database is away.
    """
    given = {"building_number": building_number, "postal_code": postal_code}
    return _found(engine, _BY_PLATE, given)


def by_keys(engine: sa.Engine, keys: str) -> list[Place]:
    """The addresses whose short form is keyed so (eight digits), in its order; 12 at most.

    Raises SQLAlchemyError when the database is away.
    """
    return _found(engine, _BY_KEYS, {"keys": keys}) if re.fullmatch("[0-9]{8}", keys) else []


def by_short(engine: sa.Engine, short_address: str) -> Place | None:
    """The address with this short form (`RRRD2929`). Raises SQLAlchemyError as the others."""
    if not SHORT_ADDRESS.fullmatch(short_address):
        return None
    given = {"keys": keys_of(short_address), "short_address": short_address}
    return next(iter(_found(engine, _BY_SHORT, given)), None)


def _found(engine: sa.Engine, asked: Lookup, given: Mapping[str, str]) -> list[Place]:
    return [place_of(Address(*row)) for row in asked.rows(engine, given)]


def place_of(address: Address) -> Place:
    """The address as a call has it."""
    return Place(
        address.building_number,
        address.postal_code,
        address.secondary_number,
        address.short_address or "",
        _by_language(address.street_ar, address.street_en),
        _by_language(address.district_ar, address.district_en),
        address.sub_municipality,
        address.lat,
        address.long,
    )


def _by_language(*names: str) -> Mapping[str, str]:
    return {code: name for code, name in zip(_LANGUAGES, names, strict=True) if name}

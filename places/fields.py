"""The fields of an address and of an announcement. Tables and rows follow them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from store.fields import Kept


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the gazetteer, as it is kept.

    One building has one number in one postal code; the secondary number, where it has any, tells
    one entrance or unit from another. These three together are the key. `keys` are the eight keys
    of the short address on a keypad.
    """

    building_number: Annotated[str, Kept(4, key=True)]
    postal_code: Annotated[str, Kept(5, key=True)]
    secondary_number: Annotated[str, Kept(4, key=True)]
    short_address: Annotated[str | None, Kept(8)]
    keys: Annotated[str | None, Kept(8, index=True)]
    street_ar: Annotated[str, Kept(100)]
    street_en: Annotated[str, Kept(100)]
    district_ar: Annotated[str, Kept(100)]
    district_en: Annotated[str, Kept(100)]
    sub_municipality: Annotated[str | None, Kept(32)]
    lat: float | None
    long: float | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What callers hear from a moment on until another. `texts` are by language."""

    id: Annotated[str, Kept(8, key=True)]
    texts: Mapping[str, str]
    template: Annotated[str, Kept(32)]
    starts_at: datetime
    until: Annotated[datetime, Kept(index=True)]
    who: Annotated[str, Kept(100)]
    added_at: datetime
    ended_at: datetime | None
    ended_by: Annotated[str | None, Kept(100)]

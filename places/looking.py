"""What admins look at: how many addresses there are, and which names are said of them."""

from dataclasses import dataclass

import sqlalchemy as sa

from places.schema import gazetteer
from store.sql import reading

_NAMES = {
    "ar": (gazetteer.c.street_ar, gazetteer.c.district_ar),
    "en": (gazetteer.c.street_en, gazetteer.c.district_en),
}


@dataclass(frozen=True, slots=True)
class Stats:
    """Addresses altogether, and how many of them have what; `sub_municipalities` is by code."""

    addresses: int
    with_short_address: int
    with_coordinates: int
    with_street_in_both: int
    postal_codes: int
    keyed_alike: int
    sub_municipalities: dict[str, int]


def stats(engine: sa.Engine) -> Stats:
    """Count what there is. `keyed_alike` are short addresses that share their keys with others.

    Raises SQLAlchemyError.
    """
    column = gazetteer.c
    alike = (
        sa.select(sa.func.count().label("of"))
        .where(column["keys"].is_not(None))
        .group_by(column["keys"])
        .having(sa.func.count() > 1)
        .subquery()
    )
    both = sa.and_(column.street_ar != "", column.street_en != "")
    wanted = sa.select(
        sa.func.count(),
        sa.func.count(column.short_address),
        sa.func.count(column.lat),
        sa.func.count().filter(both),
        sa.func.count(column.postal_code.distinct()),
    ).select_from(gazetteer)
    code = sa.func.coalesce(column.sub_municipality, "")
    with reading(engine) as connection:
        counted = connection.execute(wanted).one()
        shared = connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(alike.c.of), 0)))
        by_code = connection.execute(
            sa.select(code, sa.func.count()).group_by(code).order_by(sa.func.count().desc(), code)
        )
        return Stats(*counted, int(shared or 0), {row[0]: row[1] for row in by_code})


def names(engine: sa.Engine) -> list[tuple[str, str]]:
    """Every name of a street or district once, by its language. Raises SQLAlchemyError."""
    found: list[tuple[str, str]] = []
    with reading(engine) as connection:
        for language, columns in _NAMES.items():
            each = (sa.select(column.label("name")).distinct() for column in columns)
            rows = connection.scalars(sa.union(*each).order_by("name"))
            found += [(language, name) for name in rows if name]
    return found

"""Public holidays of a country, by the library `holidays`, which has them computed.

Days that the moon decides are those of Umm al-Qura; where it is sighted otherwise, an override of
`config/hours.yaml` says so.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

NONE = "none"
"""In place of a country: no day is a holiday but by an override."""


def is_known(country: str) -> bool:
    """Whether the library has this country (ISO 3166-1, two letters), or it is `none`."""
    if country == NONE:
        return True
    from holidays.registry import COUNTRIES  # what lists them for all loads each of them

    return country in {names[1] for names in COUNTRIES.values()}


def holiday(country: str, day: date) -> str:
    """The name in English of the public holiday that `day` is there; empty when it is none."""
    return "" if country == NONE else _of_year(country, day.year).get(day, "")


@lru_cache(maxsize=16)
def _of_year(country: str, year: int) -> Mapping[date, str]:
    from holidays import country_holidays  # it takes a quarter of a second, and is seldom needed

    return dict(country_holidays(country, years=year, language="en_US"))

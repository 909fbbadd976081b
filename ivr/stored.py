"""Reading what another release stored, older or newer: the one way to make data of what was kept.

A release is brought in while people are on the telephone, one process after another, so what is
stored is read by the release after and by the release before. What a reader does not know it leaves
out; what it misses it fills in.
"""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


class Unreadable(ValueError):
    """What was stored lacks something that has no default: it is set aside, and it alone."""


def from_stored(kind: type[T], stored: object, **otherwise: object) -> T:
    """A `kind` (a dataclass) from the names and values that were stored.

    Names that `kind` does not have are left out. A name that is missing, or null where null has no
    place, takes its value of `otherwise`, else the field's default. Lists become tuples. Raises
    Unreadable where there is neither, and for what is no mapping.
    """
    if not isinstance(stored, Mapping):
        raise Unreadable(f"{kind.__name__}: no mapping")
    known: dict[str, Any] = {}
    for name, nullable in _fields(kind):  # type: ignore[arg-type]  # classes are hashable
        value = stored.get(name)
        if value is None and not (nullable and name in stored):
            if otherwise.get(name) is None:
                continue
            value = otherwise[name]
        known[name] = tuple(value) if isinstance(value, list) else value
    try:
        return kind(**known)
    except TypeError as error:
        raise Unreadable(str(error)) from error


@lru_cache(maxsize=64)
def _fields(kind: Any) -> tuple[tuple[str, bool], ...]:
    """Each field's name, and whether null is a value of its own there."""
    return tuple((one.name, one.default is None) for one in fields(kind))

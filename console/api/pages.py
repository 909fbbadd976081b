"""Lists in pages by keys: the next page begins behind the last item of this one.

Items that come or go meanwhile move nothing. The next page is named by a `Link` header with
`rel="next"` (RFC 8288); its `after` is a place, opaque to whoever asks.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import AfterValidator, AwareDatetime, TypeAdapter, ValidationError


def _bounded(at: datetime) -> datetime:
    """A moment that every database takes, as UTC. Raises ValueError."""
    if not 1970 < at.year < 9001:
        raise ValueError("is no moment of ours: 1971 to 9000")
    return at.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_bounded)]
"""A moment with its zone, as programs give it."""
Place = tuple[Any, ...]
"""The keys of an item in the order of its list, as JSON can hold them."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a list: where an item stands in it, and what such a place is made of."""

    place: Callable[[Any], Place]
    kinds: TypeAdapter[Any]


@dataclass(frozen=True, slots=True)
class Paged:
    """One page of a list that tells by itself where the next begins; None behind the last.

    For one that may be short, though more is behind it.
    """

    items: list[Any]
    next: Place | None


class NoPlace(ValueError):
    """What was given is no place in this list."""


def written(place: Place) -> str:
    """A place as a parameter of a URL."""
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_place(text: str | None, kinds: TypeAdapter[Any]) -> Any:
    """The place that `written` gave, as `kinds` has it; None for none. Raises NoPlace."""
    if text is None:
        return None
    try:
        return kinds.validate_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, OverflowError, ValidationError):
        raise NoPlace("after: is no place that this list has given") from None


def next_link(path: str, query: Mapping[str, str], place: Place) -> str:
    """The header's value: the same list, behind this place."""
    return f'<{path}?{urlencode({**query, "after": written(place)})}>; rel="next"'

"""Lengths of time as people write them: `5s`, `30m`, `2h`, `1d`, or a bare number of seconds."""

import re
from typing import Annotated

from pydantic import BeforeValidator

_WRITTEN = re.compile(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)(s|m|h|d)?")
_SECONDS = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds_of(value: object) -> float:
    """The seconds that `value` writes. Raises ValueError."""
    text = str(value) if isinstance(value, str | int | float) else ""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("must be a time, as 5s, 30m, 2h or 1d")
    return float(found[1]) * _SECONDS[found[2]]


Duration = Annotated[float, BeforeValidator(seconds_of)]
"""Seconds, read from what people write."""

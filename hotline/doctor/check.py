"""The outcome of a check of `hotline doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check."""

    name: str
    passed: bool
    found: str
    mend: str = ""

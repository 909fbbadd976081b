"""The outcome of a check of `hotline doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check. `warns`: it passed, and there is something to mend all the same."""

    name: str
    passed: bool
    found: str
    mend: str = ""
    warns: bool = False

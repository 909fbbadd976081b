"""Who is who: one person has one identity, whichever way they come by.

An account of the machine, a token, a PIN and a telephone each bring a name. Names that differ in
case, in blanks or in Unicode's forms are one; the telephone at which somebody keyed their PIN is no
part of their name. A telephone that nobody is named for may be any person's, but two of them are
two people's.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_TELEPHONE = re.compile(r"extension [a-z0-9_.-]{1,40}")
_AT_A_TELEPHONE = re.compile(r", extension [A-Za-z0-9_.-]{1,40}$")


@lru_cache(maxsize=4096)
def identity(name: str) -> str:
    """What is the same of all ways to write a person's name (Unicode's NFKC_Casefold, UAX #31)."""
    person = _AT_A_TELEPHONE.sub("", unicodedata.normalize("NFKC", name))
    folded = unicodedata.normalize("NFKC", person.casefold())
    visible = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    return " ".join(visible.split())


def at_telephone(extension: str, name: str = "") -> str:
    """The name in the audit of whoever is at a telephone, nobody's name or a known person's."""
    return f"{name}, extension {extension}" if name else f"extension {extension}"


def is_telephone(one: str) -> bool:
    """Whether an identity is a telephone's, at which any person may sit."""
    return _TELEPHONE.fullmatch(one) is not None


def people(identities: Iterable[str]) -> int:
    """How many different people these are at least: any telephone may be one of the others'."""
    found = set(identities)
    telephones = sum(map(is_telephone, found))
    return max(telephones, len(found) - telephones)

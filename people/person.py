"""Who may do what: three roles of people, each with all rights of the one before it.

A fourth, `receiver`, is for programs that receive tickets: they fetch recordings, and do nothing
else. Operators do not: they hear their callers, and no others.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from people.identity import identity

Deciding = Literal["operator", "supervisor", "manager"]
Role = Literal["receiver", Deciding]
DECIDING: tuple[str, ...] = get_args(Deciding)
"""Who decides, from the least right to the most."""
ROLES: tuple[str, ...] = get_args(Role)
"""Who may be let in, from the least right to the most."""
_HEARING = ("receiver", "supervisor", "manager")

LONGEST_NAME = 100
SHORTEST_DAYS = 60 / 86_400
"""Days of a minute: what is over before anybody hears of it is a slip of the keyboard."""
LONGEST_GRANT_DAYS = 366
"""Days for which a token or a PIN may be good."""


class NotAllowed(Exception):
    """This person's role may not do this; the message says whose may."""


class NothingThere(LookupError):
    """What a change speaks of is not there, or not any more."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who makes a change. `name` is what the audit keeps: an account, an extension, a token."""

    name: str
    role: Role

    def __post_init__(self) -> None:
        if not identity(self.name) or len(self.name) > LONGEST_NAME:
            raise ValueError(f"a person's name has 1 to {LONGEST_NAME} characters")
        if self.role not in ROLES:
            raise ValueError(f"role {self.role!r} is not one of {', '.join(ROLES)}")

    def is_(self, name: str) -> bool:
        """Whether a name of the audit is this person's, however it is written."""
        return identity(name) == identity(self.name)

    def at_least(self, role: Role) -> bool:
        """Whether this person has the rights of `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def must_be(self, role: Role, what: str) -> None:
        """Raises NotAllowed when this person has not the rights of `role`."""
        if not self.at_least(role):
            raise NotAllowed(f"{what} needs a {role}; {self.role} is not enough")

    def must_hear(self) -> None:
        """Raises NotAllowed when this person may not fetch recordings of callers."""
        if self.role not in _HEARING:
            raise NotAllowed(f"a recording needs a {' or a '.join(_HEARING[:2])}")


def holder_of(what: str, name: str, role: Role, days: float) -> Person:
    """The person who is given a token or a PIN, `what`, for `days`.

    Raises ValueError for a name, a role or a number of days that cannot be.
    """
    if not SHORTEST_DAYS <= days <= LONGEST_GRANT_DAYS:
        shortest = f"{SHORTEST_DAYS:.4f} (a minute)"
        raise ValueError(f"days must be at least {shortest} and at most {LONGEST_GRANT_DAYS}")
    if not identity(name) or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"the name of {what} has 1 to {LONGEST_NAME} printable characters")
    return Person(name, role)

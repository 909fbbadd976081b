"""Who may decide what: roles of people, each deciding all that the one before it may.

An operator, a supervisor, a manager and an admin decide; an auditor looks at what was decided and
changes nothing. A sixth, `receiver`, is for programs that receive tickets: they fetch recordings,
and do nothing else. What each may see and do in pages and over HTTP says `people.permissions`.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from people.identity import identity

Deciding = Literal["operator", "supervisor", "manager", "admin"]
Role = Literal["receiver", "auditor", Deciding]
DECIDING: tuple[str, ...] = get_args(Deciding)
"""Who decides, from the least right to the most."""
ROLES: tuple[str, ...] = get_args(Role)
"""Who may be let in, from the least right to decide to the most."""
AccountRole = Literal["auditor", Deciding]
ACCOUNT_ROLES: tuple[Role, ...] = get_args(AccountRole)
"""Whose accounts are people's."""

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
    """Who makes a change, and from where: both are what the audit keeps.

    `name` is an account's, an extension's or a token's; `origin` a network address, empty for who
    is at this machine or at a telephone that `name` says. `token` is the id of the token that they
    come by; `scopes` are what of their role's rights it is for; none: all of them.
    """

    name: str
    role: Role
    origin: str = ""
    scopes: tuple[str, ...] = ()
    token: str = ""

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

    def must_be_above(self, role: Role, what: str) -> None:
        """Raises NotAllowed where `role` decides more than this person's: nobody gives that out."""
        if not self.at_least(role):
            raise NotAllowed(f"{what} of the role {role} needs one who is {role}")

    def must_be(self, role: Role, what: str) -> None:
        """Raises NotAllowed when this person has not the rights of `role`."""
        if not self.at_least(role):
            raise NotAllowed(f"{what} needs a {role}; {self.role} is not enough")


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

"""Who may do what: three roles, each with all rights of the one before it."""

from dataclasses import dataclass

from blacklist.policy import ROLES, Role

LONGEST_NAME = 100


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
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise ValueError(f"a person's name has 1 to {LONGEST_NAME} characters")
        if self.role not in ROLES:
            raise ValueError(f"role {self.role!r} is not one of {', '.join(ROLES)}")

    def at_least(self, role: Role) -> bool:
        """Whether this person has the rights of `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def must_be(self, role: Role, what: str) -> None:
        """Raises NotAllowed when this person has not the rights of `role`."""
        if not self.at_least(role):
            raise NotAllowed(f"{what} needs a {role}; {self.role} is not enough")

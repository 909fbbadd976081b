"""Who may do what, in one table: pages, the HTTP API and tests read this one.

A right is named by what it is about and what is done. Rooms below check roles again where a change
is made (`Person.must_be`): a page that forgot to ask changes nothing.
"""

from collections.abc import Mapping
from typing import Literal

from people.person import NotAllowed, Person, Role

Permission = Literal[
    "today.read",
    "calls.read",
    "calls.hear",
    "calls.export",
    "numbers.see",
    "numbers.unmask",
    "blacklist.read",
    "blacklist.history",
    "blacklist.strike",
    "blacklist.restrict",
    "blacklist.approve",
    "blacklist.import",
    "blacklist.export",
    "blacklist.index",
    "reviews.read",
    "reviews.decide",
    "policy.read",
    "policy.change",
    "tickets.read",
    "tickets.open",
    "tickets.work",
    "tickets.reply",
    "tickets.merge",
    "deliveries.read",
    "deliveries.retry",
    "destinations.test",
    "destinations.change",
    "announcements.read",
    "announcements.change",
    "users.read",
    "users.change",
    "tokens.read",
    "tokens.change",
    "pins.read",
    "pins.change",
    "audit.read",
]

_PEOPLE: tuple[Role, ...] = ("auditor", "operator", "supervisor", "manager", "admin")
_WORKING: tuple[Role, ...] = ("operator", "supervisor", "manager", "admin")
_LEADING: tuple[Role, ...] = ("supervisor", "manager", "admin")
_MANAGING: tuple[Role, ...] = ("manager", "admin")

PERMISSIONS: Mapping[Permission, tuple[Role, ...]] = {
    "today.read": _PEOPLE,
    "calls.read": _PEOPLE,
    "calls.hear": ("receiver", *_LEADING),  # operators hear their callers, and no others
    "calls.export": ("auditor", *_LEADING),
    # Who calls a citizen back, or decides about a number, needs it; others ask, and it is noted.
    "numbers.see": _LEADING,
    "numbers.unmask": _PEOPLE,
    "blacklist.read": _PEOPLE,
    "blacklist.history": ("auditor", *_LEADING),
    "blacklist.strike": _WORKING,
    "blacklist.restrict": _LEADING,
    "blacklist.approve": _MANAGING,
    "blacklist.import": _MANAGING,
    "blacklist.export": _MANAGING,
    "blacklist.index": _MANAGING,
    "reviews.read": ("auditor", *_LEADING),
    "reviews.decide": _LEADING,
    "policy.read": _PEOPLE,
    "policy.change": _MANAGING,
    "tickets.read": _PEOPLE,
    "tickets.open": _WORKING,
    "tickets.work": _WORKING,
    "tickets.reply": _WORKING,
    "tickets.merge": _LEADING,
    "deliveries.read": _PEOPLE,
    "deliveries.retry": _LEADING,
    "destinations.test": _MANAGING,
    "destinations.change": _MANAGING,
    "announcements.read": _PEOPLE,
    "announcements.change": _LEADING,
    "users.read": ("auditor", "admin"),
    "users.change": ("admin",),
    "tokens.read": ("auditor", *_MANAGING),
    "tokens.change": _MANAGING,
    "pins.read": ("auditor", *_MANAGING),
    "pins.change": _MANAGING,
    "audit.read": ("auditor", *_LEADING),
}


def allows(role: Role, permission: Permission) -> bool:
    """Whether whoever has this role may do this."""
    return role in PERMISSIONS[permission]


def is_scope(text: str) -> bool:
    """Whether a token can be for this: one right (`tickets.read`), or all about something."""
    return any(text in (right, right.partition(".")[0]) for right in PERMISSIONS)


def may(person: Person, permission: Permission) -> bool:
    """Whether this person may do this: by their role, and by what their token is for."""
    area = permission.partition(".")[0]
    within = not person.scopes or permission in person.scopes or area in person.scopes
    return within and allows(person.role, permission)


def must(person: Person, permission: Permission, what: str) -> None:
    """Raises NotAllowed, which says whose right it is, when this person may not do this."""
    if allows(person.role, permission) and not may(person, permission):
        raise NotAllowed(f"this token is not for {permission}")
    if not allows(person.role, permission):
        whose = [role for role in PERMISSIONS[permission] if role != "receiver"]
        raise NotAllowed(
            f"{what} needs the role {', '.join(whose[:-1])} or {whose[-1]}"
            if len(whose) > 1
            else f"{what} needs the role {whose[0]}"
        )

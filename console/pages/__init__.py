"""The console's pages, a file each: what it shows, who may open it, what it changes.

A page reads and changes by the rooms below and decides nothing itself. Whatever changes something
is a POST with a CSRF token that ends in a redirect: it works without JavaScript. `today.py` and
`users.py` are short ones to learn from.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from babel.support import LazyProxy
from flask import Blueprint
from flask_babel import lazy_gettext as _

from console.house import House
from console.pages import (
    announcements,
    api,
    audit,
    blocklist,
    calls,
    deliveries,
    health,
    keys,
    me,
    parts,
    preferences,
    tickets,
    today,
    users,
)
from people.permissions import Permission


@dataclass(frozen=True, slots=True)
class Page:
    """A line of the menu."""

    endpoint: str
    permission: Permission
    name: LazyProxy


PAGES = (
    Page("today.show", "today.read", _("Today")),
    Page("calls.show", "calls.read", _("Calls")),
    Page("blocklist.show", "blacklist.read", _("Blocklist")),
    Page("tickets.queue", "tickets.read", _("Tickets")),
    Page("deliveries.show", "deliveries.read", _("Deliveries")),
    Page("announcements.show", "announcements.read", _("Announcements")),
    Page("users.show", "users.read", _("Users")),
    Page("keys.show", "tokens.read", _("Tokens and PINs")),
    Page("tryout.show", "tokens.read", _("API")),
    Page("audit.show", "audit.read", _("Audit")),
)
"""The menu, in its order; readers see the pages that they may open."""


def blueprints(house: House) -> Iterator[Blueprint]:
    """Every page."""
    yield health.blueprint(house)
    yield preferences.blueprint()
    yield me.blueprint()
    yield today.blueprint(house)
    yield parts.blueprint(house)
    yield calls.blueprint(house)
    yield blocklist.blueprint(house)
    yield tickets.blueprint(house)
    yield deliveries.blueprint(house)
    yield announcements.blueprint(house)
    yield users.blueprint(house)
    yield keys.blueprint(house)
    yield api.blueprint()
    yield audit.blueprint(house)

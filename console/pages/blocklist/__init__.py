"""`/blocklist`: who is restricted, and all that can be done about it, by the register's own verbs.

A number never stands in an address: it is typed into a form, and the session keeps which number a
reader has before them.
"""

from flask import Blueprint

from console.house import House
from console.pages.blocklist import files, lists, number, policy, prefixes, reviews

_PARTS = (lists, number, prefixes, reviews, files, policy)


def blueprint(house: House) -> Blueprint:
    """All pages of the blocklist."""
    made = Blueprint("blocklist", __name__)
    for part in _PARTS:
        part.add_views(made, house)
    return made

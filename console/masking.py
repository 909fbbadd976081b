"""Numbers of callers, as much of them as a reader needs.

Who calls citizens back, or decides about numbers, sees them (`numbers.see`). To others they are
masked, and shown one by one on demand; that somebody looked stands in the audit under the number.
"""

from flask_babel import gettext as _
from markupsafe import Markup

from console.access import may, person
from console.house import House
from people.audit import note_change

_SHOWN = 2
"""Digits at the end that are left: two callers of a list can be told apart, and no more."""


def masked(number: str | None) -> str:
    """A number (E.164) without what makes it somebody's: `+966 ••• ••• •67`."""
    if not number:
        return str(_("withheld"))
    country, rest = (number[:4], number[4:]) if number.startswith("+966") else ("", number)
    hidden = "•" * max(len(rest) - _SHOWN, 0)
    return f"{country} {hidden}{rest[-_SHOWN:]}".strip()


def number(given: str | None, *, revealed: bool = False) -> Markup:
    """A number for this reader, from left to right in any language; for templates."""
    if not given:
        return Markup('<span class="text-body-secondary">{}</span>').format(_("withheld"))
    shown = given if revealed or may("numbers.see") else masked(given)
    return Markup('<bdi dir="ltr" class="number">{}</bdi>').format(shown)


def reveal(house: House, subject: str | None, where: str) -> bool:
    """Whether this reader may see the number of `subject` now; that they look is written down.

    `where` names the page and its id, as `call 4f2a…`. Raises SQLAlchemyError: then nothing is
    shown.
    """
    if not may("numbers.unmask"):
        return False
    with house.engine.begin() as connection:
        note_change(
            connection, person(), "number_revealed", subject or "", house.now(), where=where
        )
    return True

"""What a room below refuses, told to the reader in their language.

Rooms speak English. A message that stands in the catalogues (`words/<language>/faults.po`) is told
in the reader's language, also with values of its own in it where it is one of `WITH_VALUES`; any
other is told as it is.
"""

import re
from functools import cache

from flask_babel import gettext
from pydantic import ValidationError

from blacklist.entry import EntryRefused
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.record.prefix_replay import RecordUnreadable
from console.named import ACTIONS, ROLES
from files.csv_lines import FileUnusable
from people.person import NotAllowed

REFUSALS = (
    EntryRefused,
    FileUnusable,
    NotAllowed,
    RebuildOvertaken,
    RecordUnreadable,
    RegisterUnavailable,
    ValueError,
)
"""What a person can mend, or has to wait for: told on the page that they are on."""


def _(text: str) -> str:
    """The text; what collects texts to be translated finds it by this name."""
    return text


WITH_VALUES = (
    _("%(number)s is %(who)s and is never blocked"),
    _("%(number)s is %(who)s, never blocked"),
    _("days must be at least %(least)s (a minute) and at most %(most)s"),
    _("until must lie ahead, and at most %(days)s days ahead"),
    _("until lies more than %(days)s days ahead"),
    _("such a measure lasts %(days)s days at most"),
    _("a Saudi prefix needs %(digits)s digits after %(code)s: fewer stop too many"),
    _("a prefix needs %(digits)s digits: fewer stop whole countries"),
    _("a prefix has at most %(digits)s digits: block the number itself"),
    _("looked up anew, it would touch %(now)s callers with tickets, not %(before)s: look at it, "
      "and approve it again"),
    _("change %(change)s (%(action)s) cannot be taken back: decide anew what holds"),
    _("it was changed since: %(action)s by %(who)s (change %(change)s); take that back first, or "
      "decide anew what holds"),
    _("%(number)s: what would stand again was imported, and that import was taken back: decide "
      "anew what holds"),
    _("%(number)s: an approved prefix acts again only when two people agree: propose it anew"),
    _("%(number)s: another entry stands there: decide what holds"),
    _("a restriction of more than %(days)s days needs a %(role)s; %(other)s is not enough"),
    _("%(number)s: more than %(days)s days to come needs a %(role)s; %(other)s is not enough"),
    _("a token of the role %(role)s needs one who is %(same)s"),
    _("a PIN of the role %(role)s needs one who is %(same)s"),
    _("scope '%(scope)s' is no right: such as %(some)s"),
    _("all %(count)s numbers are taken: revoke PINs that nobody uses"),
    _("reason %(reason)s is not one of %(reasons)s"),
    _("disposition %(measure)s is not one of %(measures)s"),
    _("%(cells)s cells, the header has %(names)s"),
    _("kind is not one of %(kinds)s"),
    _("row 1 must name columns, once each: number, of %(columns)s"),
    _("more than %(count)s new prefixes: import it in parts"),
    _("row %(row)s: %(error)s; check its quotation marks"),
    _("a line is longer than %(characters)s: is this a CSV file?"),
    _("%(language)s: write numbers in words"),
    _("%(language)s: vowel marks are missing: %(words)s"),
    _("%(language)s: has %(characters)s characters; at most %(most)s can be said"),
    _("%(language)s: the character %(character)s cannot be said"),
    _("%(language)s: there is nothing to say"),
)  # fmt: skip
"""Messages that are told with values of their own. What they hold is told as it is, but for what
has a name."""
_PART = re.compile(r"%\((\w+)\)s")
_LONGEST = 1000
"""Characters of a message that is looked at: a longer one has in it what somebody has sent, and
could be made so that looking at it takes minutes."""
_OF_FIELDS = {
    "missing": _("A field is empty that must not be."),
    "string_too_short": _("A field is empty that must not be."),
    "string_too_long": _("A text is too long."),
    "literal_error": _("Choose one of the list."),
    "float_parsing": _("Days are a number, as 7 or 0.5."),
    "greater_than_equal": _("Days must be a minute at least, and 366 at most."),
    "less_than_equal": _("Days must be a minute at least, and 366 at most."),
    "finite_number": _("Days must be a minute at least, and 366 at most."),
    "value_error": _("A text holds characters that cannot be shown: remove them."),
    "too_long": _("There are too many: give fewer."),
}
_OTHERWISE = _("A field is wrong.")


def told(error: Exception) -> str:
    """The message for a reader."""
    return told_text(str(error))


def told_text(text: str) -> str:
    """The same of a message; for templates too."""
    if not text or len(text) > _LONGEST:
        return text
    for template, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found is not None:
            values = {name: _named(value) for name, value in found.groupdict().items()}
            return str(gettext(template, **values))
    return text if "%" in text else str(gettext(text))


def told_fields(error: ValidationError) -> str:
    """What is wrong with the fields of a form; what was typed is not repeated."""
    kinds = dict.fromkeys(_OF_FIELDS.get(one["type"], _OTHERWISE) for one in error.errors())
    return " ".join(str(gettext(kind)) for kind in kinds)


def _named(value: str) -> str:
    """A value by its name, where it has one."""
    for names in (ROLES, ACTIONS):
        if value in names:
            return str(names[value])
    return value if not value or "%" in value else str(gettext(value))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((template, re.compile(_pattern(template), re.DOTALL)) for template in WITH_VALUES)


def _pattern(template: str) -> str:
    parts = _PART.split(template)
    texts, names = parts[::2], parts[1::2]
    return re.escape(texts[0]) + "".join(
        f"(?P<{name}>.+?){re.escape(text)}" for name, text in zip(names, texts[1:], strict=True)
    )

"""What a room below refuses, told to the reader in their language.

Rooms speak English. A message that stands in the catalogues (`words/<language>/faults.po`) is told
in the reader's language; one with a value of its own in it is told as it is.
"""

from flask_babel import gettext

from blacklist.entry import EntryRefused
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.record.prefix_replay import RecordUnreadable
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


def told(error: Exception) -> str:
    """The message for a reader."""
    text = str(error)
    return str(gettext(text)) if text and "%" not in text else text

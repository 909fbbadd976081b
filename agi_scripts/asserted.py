"""Who calls, as the network asserts it: P-Asserted-Identity with all its values (RFC 3325, 9.1).

Asterisk 22 reads a first header that has one value. Of two values in a header it reads none, and
believes From, which a caller chooses.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from agi_scripts.environment import Environment
from blacklist.numbers import normalise

SCRIPT = "call"
"""The script whose arguments 2 and 3 are the headers; see `config/asterisk/extensions.conf`."""
# A value: its quoted name and its address in brackets may hold commas.
_VALUE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^,"<>])+')


@dataclass(frozen=True, slots=True)
class Asserted:
    """The asserted number (E.164). One that is `private` is not meant to be seen.

    `is_news` is false where Asterisk has the same number, in whatever spelling.
    """

    number: str
    private: bool
    is_news: bool


def asserted_of(environment: Environment) -> Asserted | None:
    """What the network asserts, None where it asserts no number or the environment is tampered.

    Of several values the first that is a number counts: a sip and a tel value are one person's.
    """
    if environment.tampered or environment.script != SCRIPT:
        return None
    for value in _VALUE.findall(unquote(environment.argument(2))):
        number = normalise(value).e164
        if number is not None:
            known = normalise(environment["agi_callerid"]).e164
            return Asserted(number, environment.argument(3) not in ("", "none"), number != known)
    return None

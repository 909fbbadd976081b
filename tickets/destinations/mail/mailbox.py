"""An address that mail goes to or comes from, as people write it: with a name before it or not."""

import re
from dataclasses import dataclass
from email.errors import NonASCIILocalPartDefect
from email.headerregistry import Address
from email.policy import SMTPUTF8
from typing import Any

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox: `user` at `domain` (in ASCII, as DNS has it), and how it is called."""

    user: str
    domain: str
    name: str = ""

    @property
    def address(self) -> str:
        """As it stands in SMTP."""
        return self.header.addr_spec

    @property
    def header(self) -> Address:
        """As it stands in a header."""
        return Address(self.name, self.user, self.domain)


def parse_mailbox(text: str) -> Mailbox:
    """One mailbox, `roads@example.org` or `Roads <roads@example.org>`. Raises ValueError."""
    wrong = ValueError("must be one address: roads@example.org, or Roads <roads@example.org>")
    if _CONTROL.search(text) or len(text) > 2 * _LONGEST:
        raise wrong
    try:
        header: Any = SMTPUTF8.header_factory("to", text)
        found = header.addresses
    except (ValueError, IndexError, LookupError):
        raise wrong from None
    faults = [one for one in header.defects if not isinstance(one, NonASCIILocalPartDefect)]
    if len(found) != 1 or faults or not found[0].username or not found[0].domain:
        raise wrong
    try:
        domain = found[0].domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise wrong from None
    if not is_domain(domain):
        raise wrong
    made = Mailbox(found[0].username, domain, found[0].display_name)
    if len(made.address) > _LONGEST:
        raise wrong
    return made


def is_domain(text: str) -> bool:
    """Whether it has the form of a domain's name in DNS."""
    return len(text) <= 253 and _DOMAIN.fullmatch(text) is not None

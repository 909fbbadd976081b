"""E-mail in config/destinations.yaml."""

from collections.abc import Callable
from datetime import time
from ipaddress import ip_address
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StrictInt, StringConstraints, model_validator

from carriers.addresses import Admits, loopback_only
from tickets.destination import Destination
from tickets.destinations.entry import Entry, House, Secret, SecretMissing, Text
from tickets.destinations.mail.mailbox import Mailbox, parse_mailbox

MOST_RECIPIENTS = 30


def _mailbox(value: object) -> Mailbox:
    if not isinstance(value, str):
        raise ValueError("must be an address")
    return parse_mailbox(value)


def _clock(value: object) -> time:
    text = value if isinstance(value, str) else ""
    try:
        return time.fromisoformat(f"{text}:00")
    except ValueError:
        raise ValueError('must be a time of day in quotes, as "07:00"') from None


_Mailbox = Annotated[Mailbox, BeforeValidator(_mailbox)]
_Mailboxes = Annotated[tuple[_Mailbox, ...], Field(min_length=1, max_length=MOST_RECIPIENTS)]
_Host = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9._:-]{1,253}\z")]
_Language = Literal["ar", "en"]


class EmailEntry(Entry):
    """Mailboxes behind a mail server."""

    kind: Literal["email"]
    host: _Host
    port: Annotated[StrictInt, Field(ge=1, le=65_535)] | None = None
    security: Literal["tls", "starttls", "none"] = "starttls"
    user: Text | None = None
    password: Secret | None = None
    sender: Annotated[_Mailbox, Field(alias="from")]
    to: _Mailboxes
    cc: Annotated[tuple[_Mailbox, ...], Field(max_length=MOST_RECIPIENTS)] = ()
    reply_to: _Mailbox | None = None
    languages: Annotated[tuple[_Language, ...], Field(min_length=1, max_length=2)] = ("ar", "en")
    digest: Annotated[time, BeforeValidator(_clock)] | None = None
    digest_to: _Mailboxes | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password stand together: write both, or neither")
        if self.user is not None and not self.user.isascii():
            raise ValueError("user: must be of ASCII, as mail servers take it")
        if len(self.to) + len(self.cc) > MOST_RECIPIENTS:
            raise ValueError(f"to and cc may have {MOST_RECIPIENTS} addresses together")
        if len(set(self.languages)) < len(self.languages):
            raise ValueError("languages: each may stand once")
        if self.digest is None and self.digest_to is not None:
            raise ValueError("digest_to is there, and no digest: write when it is sent")
        if self.security == "none" and not (self.private_addresses or _is_here(self.host)):
            raise ValueError(
                "security: none is for a server on this machine, or, where the net between is "
                "trusted, with private_addresses: true"
            )
        return self

    @property
    def admits(self) -> Admits:
        """Which addresses the host's name may lead to; in the clear no others than are trusted."""
        if self.security == "none" and not self.private_addresses:
            return loopback_only
        return super().admits

    def build(self, name: str, house: House) -> Destination:
        """The destination. Raises SecretMissing, and ValueError for certificates of no form."""
        from carriers.smtp import MailServer
        from carriers.trust import trusting
        from tickets.destinations.mail.destination import EmailDestination
        from tickets.destinations.mail.letter import Envelope
        from tickets.destinations.mail.told import Names

        port = self.port or {"tls": 465, "starttls": 587, "none": 25}[self.security]
        tls = self.trust(house) or trusting()
        password = None if self.password is None else _password(self.password, house)
        user = self.user or ""
        login = None if password is None else lambda: (user, password())
        server = MailServer(self.host, port, self.security, tls, self.admits, self.sender.domain)
        envelope = Envelope(self.sender, self.to, self.cc, self.reply_to, self.languages)
        digest = None
        if self.digest is not None:
            digest = Envelope(
                self.sender, self.digest_to or self.to, (), self.reply_to, self.languages
            )
        return EmailDestination(
            name,
            server,
            envelope,
            Names(ZoneInfo(house.zone), house.services, house.areas),
            self.timeout_s(house),
            self.schedule(house),
            login,
            digest,
        )


def _password(secret: Secret, house: House) -> Callable[[], str]:
    """Reads it. Raises SecretMissing here and whenever it is asked."""
    kept = secret.reader(house)

    def read() -> str:
        value = kept()
        if not value.isascii():
            raise SecretMissing("the password has letters beyond ASCII, which no login here sends")
        return value

    read()
    return read


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""A letter about a ticket: headers by which mail programs make one thread of a ticket, two bodies.

`Message-ID` is the same on every attempt, so that a letter that comes twice is shown once. Of a
later version it is another, which refers to that of the opened ticket (RFC 5322, 3.6.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Any

from tickets.destination import Message
from tickets.destinations.mail.mailbox import Mailbox, is_domain
from tickets.destinations.mail.pages import page
from tickets.destinations.mail.safe_text import one_line
from tickets.destinations.mail.told import Names, tell
from tickets.model import UPDATED

_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Envelope:
    """Between whom letters go. `languages` in the order in which they are written."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()
    reply_to: Mailbox | None = None
    languages: tuple[str, ...] = ("ar", "en")

    @property
    def recipients(self) -> tuple[str, ...]:
        """All addresses, each once."""
        return tuple(dict.fromkeys(one.address for one in (*self.to, *self.cc)))


def ticket_letter(
    message: Message, envelope: Envelope, names: Names, now: datetime
) -> EmailMessage:
    """The letter about `message`, as it is sent `now` (aware)."""
    ticket = message.ticket
    parts = [tell(message, names, language) for language in envelope.languages]
    services = dict.fromkeys(told.service for told in parts)
    subject = f"940 · {ticket.service_request_id} · {' · '.join(services)}"
    domain = domain_of(ticket.jurisdiction_id, envelope)
    made = letter(envelope, subject, message_id(message.id, domain), now)
    if message.event == UPDATED:
        opened = message_id(ticket.idempotency_key, domain)
        made["In-Reply-To"], made["References"] = opened, opened
    made["X-940-Reference"] = ticket.service_request_id
    made["X-940-Version"] = str(message.version)
    write_bodies(made, "ticket", {"parts": parts, "subject": str(made["Subject"])})
    return made


def letter(envelope: Envelope, subject: str, own_id: str, now: datetime) -> EmailMessage:
    """A letter without a body. Whatever `subject` holds is one line of it."""
    ascii_only = all(one.isascii() for one in (envelope.sender.address, *envelope.recipients))
    made = EmailMessage(policy=SMTP if ascii_only else SMTPUTF8)
    made["From"] = envelope.sender.header
    made["To"] = [one.header for one in envelope.to]
    if envelope.cc:
        made["Cc"] = [one.header for one in envelope.cc]
    if envelope.reply_to is not None:
        made["Reply-To"] = envelope.reply_to.header
    made["Subject"] = one_line(subject)[:_LONGEST_SUBJECT]
    made["Date"] = format_datetime(now)
    made["Message-ID"] = own_id
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence is answered to us
    made["X-Auto-Response-Suppress"] = "All"
    made["Content-Language"] = ", ".join(envelope.languages)
    return made


def write_bodies(made: EmailMessage, template: str, values: Mapping[str, Any]) -> None:
    """Plain text, and the same as HTML. In base64: not every server takes eight bits."""
    made.set_content(page(f"{template}.txt", values), cte="base64")
    made.add_alternative(page(f"{template}.html", values), subtype="html", cte="base64")


def message_id(left: str, domain: str) -> str:
    """As it stands in headers (RFC 5322, 3.6.4)."""
    return f"<{left}@{domain}>"


def domain_of(jurisdiction_id: str, envelope: Envelope) -> str:
    """The city's, where its name is one; else that from which letters come."""
    city = jurisdiction_id.lower()
    return city if "." in city and is_domain(city) else envelope.sender.domain

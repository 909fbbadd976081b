"""E-mail as a destination: a letter for each thing that happens to a ticket, over SMTP.

A server may take a letter for some of its recipients. Who has it is not sent it again: those whom
the server put off (4xx, as in greylisting) are tried again by themselves, by a token that names
them, for an hour since the others have it; those whom it refuses (5xx) go without, which is told
loudly.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256

import structlog

from carriers.exchange import AddressRefused
from carriers.smtp import SIZE, HandedOver, Letter, MailServer, NotHandedOver, Said, hand_over
from outbox.retry import Retry
from tickets.destination import Message, PushResult
from tickets.destinations.answer import first_line
from tickets.destinations.entry import SecretMissing
from tickets.destinations.mail import metrics
from tickets.destinations.mail.letter import Envelope, ticket_letter
from tickets.destinations.mail.told import Names

log = structlog.get_logger()

_PATIENCE = timedelta(hours=1)
"""How long a letter is tried again for those recipients alone whom the server puts off: since the
others have it."""
_TOO_LARGE = ("5.2.3", "5.3.4")
_CONTENT = "5.6."
"""Enhanced codes (RFC 3463) that are about the letter, and not about whom it comes from or to."""
_REST = "rest:"


@dataclass(frozen=True, slots=True)
class EmailDestination:
    """Mailboxes that tickets are sent to."""

    name: str
    server: MailServer
    envelope: Envelope
    names: Names
    timeout_s: float = 10.0
    retry: Retry | None = None
    login: Callable[[], tuple[str, str]] | None = None
    """User and password of this moment. May raise SecretMissing."""
    digest: Envelope | None = None
    """Between whom the day's list goes; None: there is none."""
    read_by_people: bool = False
    """A ticket must arrive: mail programs show a letter that comes twice once."""

    def push(self, message: Message) -> PushResult:
        """Send the letter once; or, by its token, to those alone who have not got it yet."""
        now = datetime.now(UTC)
        made = ticket_letter(message, self.envelope, self.names, now)
        patient = is_patient(message.accepted_at, now)
        return self.send(made, self.envelope, message.token, patient=patient)

    def send(
        self, made: EmailMessage, envelope: Envelope, token: str | None = None, *, patient: bool
    ) -> PushResult:
        """Send a letter once; or, by its token, to those alone who have not got it yet.

        Not `patient`: who is put off goes without it.
        """
        recipients = _left(envelope.recipients, token)
        if not recipients:
            return PushResult("acknowledged")
        sender = self.envelope.sender.address
        letter = Letter(sender, tuple(recipients), made.as_bytes())
        try:
            login = None if self.login is None else self.login()
            handed = hand_over(self.server, letter, self.timeout_s, login)
        except AddressRefused as error:
            return PushResult("retry", error=f"{error}: `private_addresses: true` allows it")
        except SecretMissing as error:
            return PushResult("retry", error=f"no password: {error}")
        except NotHandedOver as error:
            if token and error.recipients:  # others have it
                return self._partly(error.recipients, recipients, patient, None)
            return _not_taken(error)
        return self._partly(handed.recipients, recipients, patient, handed)

    def _partly(
        self, answers: Sequence[Said], recipients: Sequence[str], patient: bool,
        handed: HandedOver | None,
    ) -> PushResult:  # fmt: skip
        """Of a letter that some have: whether those who have not are tried again."""
        known = None if handed is None else handed.queue_id
        missed = [said for said in answers if not said.is_yes]
        status = answers[0].code if handed is None else handed.said.code
        if not missed:
            return PushResult("acknowledged", status, remote_id=known)
        later = [
            one
            for one, said in zip(recipients, answers, strict=True)
            if 400 <= said.code < 500 and patient
        ]
        given_up = len(missed) - len(later)
        if given_up:
            metrics.REFUSED.labels(self.name).inc(given_up)
            answered = sorted({str(said) for said in missed})
            log.error(
                "mail_recipients_refused",
                destination=self.name,
                refused=given_up,
                of=len(self.envelope.recipients),
                answers=answered,
            )
        answer = first_line(missed[0].words)
        told = f"SMTP {missed[0]} to {len(missed)} of {len(answers)} recipients"
        if later:
            rest = _REST + ",".join(map(_mark, later))
            return PushResult("accepted", status, told, token=rest, answer=answer)
        return PushResult("acknowledged", status, told, remote_id=known, answer=answer)


def is_patient(accepted_at: datetime | None, now: datetime) -> bool:
    """Whether who is put off `now` is tried again; others have it since `accepted_at`, if any.

    Of a moment that lies far ahead nobody knows how long it is past: a clock was set back.
    """
    return accepted_at is None or abs(now - accepted_at) < _PATIENCE


def _left(recipients: Sequence[str], token: str | None) -> tuple[str, ...]:
    """Who has not got the letter, by what a part of their addresses' hashes says."""
    if not token:
        return tuple(recipients)
    marks = token.removeprefix(_REST).split(",")
    return tuple(one for one in recipients if _mark(one) in marks)


def _mark(address: str) -> str:
    return sha256(address.encode()).hexdigest()[:12]


def _not_taken(error: NotHandedOver) -> PushResult:
    status, answer = None, None
    if error.said is not None:
        status, answer = error.said.code, first_line(error.said.words)
    if _about_the_letter(error):
        told = f"this ticket's letter is refused: {error}"
        return PushResult("refused", status, told, answer=answer)
    return PushResult("retry", status, str(error), unsure=error.sent, answer=answer)


def _about_the_letter(error: NotHandedOver) -> bool:
    """Whether another letter to the same people would have been taken.

    Where the server does not say so in a form that is meant for programs it is not believed: a
    refusal of us, or of our login, would else be the end of every ticket of that hour.
    """
    said = error.said
    if said is None or error.recipients or not 500 <= said.code < 600:
        return error.step == SIZE
    if said.enhanced:
        return said.enhanced in _TOO_LARGE or said.enhanced.startswith(_CONTENT)
    return said.code == 552

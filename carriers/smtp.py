"""One message handed to a mail server (RFC 5321), within one deadline.

A connection for each message, on the bounded network: the name, connecting, handshakes, the login
and every reply share one end, and a server that talks without an end is heard to a limit. Errors
tell what a server answers by its code alone: its words may repeat an address.
"""

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import httpcore
from httpcore import NetworkStream

from carriers.addresses import Admits
from carriers.bounded_network import BoundedNetwork, Bounds
from carriers.smtp_wire import Wire

Security = Literal["tls", "starttls", "none"]
_MOST_RECEIVED = 65_536
"""Bytes that a server may say in all, in the clear or not."""
SIZE = "SIZE"
"""The step at which a server's limit is compared with a letter's length."""
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|\Z)")
_QUEUED_AS = re.compile(r"(?:\bqueued as |\bid=)([A-Za-z0-9.-]{4,64})(?![^\s;,)])")


@dataclass(frozen=True, slots=True)
class Said:
    """A server's reply: its code (RFC 5321, 4.2) and its enhanced one (RFC 3463), if any.

    `words` are all that it said, as it said it.
    """

    code: int
    enhanced: str = ""
    words: bytes = field(default=b"", repr=False)

    @property
    def is_yes(self) -> bool:
        """Whether it is 2xx."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced}".rstrip()


class NotHandedOver(Exception):
    """The server has not taken the message; the text says at which step, and repeats no address.

    `said` is its answer, None where there was none. `recipients` is what it said of those whom it
    was asked about. `sent` is whether it may have the message all the same.
    """

    def __init__(
        self,
        text: str,
        said: Said | None = None,
        *,
        step: str = "",
        recipients: tuple[Said, ...] = (),
        sent: bool = False,
    ) -> None:
        super().__init__(text)
        self.said = said
        self.step = step
        self.recipients = recipients
        self.sent = sent


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The server has the message, for those recipients whose answer (in their order) is 2xx.

    `queue_id` is by which it knows the message, where it says so in a plain form.
    """

    said: Said
    recipients: tuple[Said, ...]
    queue_id: str | None = None


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    security: Security
    tls: ssl.SSLContext
    admits: Admits
    helo: str
    """Our own name, where this machine has none that is a whole domain."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is handed over: from whom, to whom, the message as it goes over the wire (CR LF)."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


def hand_over(
    server: MailServer, letter: Letter, seconds: float, login: tuple[str, str] | None = None
) -> HandedOver:
    """Hand the letter over within `seconds`; it goes to those recipients whom the server takes.

    `login` is user and password, None where the server asks for none.

    Raises NotHandedOver, also where it takes none of them, and AddressRefused when the host leads
    to an address that may not be asked.
    """
    bounds = Bounds(time.monotonic() + seconds, _MOST_RECEIVED)
    talk = _Talk(server, bounds, login)
    try:
        return talk.hand_over(letter)
    except (httpcore.TimeoutException, httpcore.NetworkError) as error:
        raise NotHandedOver(
            f"{_why(error)} at {talk.step}", step=talk.step, sent=talk.sent
        ) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        said = None
        if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
            said = _said(error.smtp_code, error.smtp_error)
        told = talk.refused(said) if said else f"{type(error).__name__} at {talk.step}"
        raise NotHandedOver(told, said, step=talk.step, sent=talk.sent) from None
    finally:
        talk.close()


class _Talk:
    """One connection. `step` is where it stands, `sent` whether the last dot has left."""

    def __init__(self, server: MailServer, bounds: Bounds, login: tuple[str, str] | None) -> None:
        own = socket.gethostname()  # and not getfqdn, which asks a resolver without an end
        name = own if "." in own and own.isascii() else server.helo
        self._server = server
        self._bounds = bounds
        self._login = login
        self._smtp = smtplib.SMTP(local_hostname=name)
        self._stream: NetworkStream | None = None
        self.step = "connecting"
        self.sent = False

    def close(self) -> None:
        """End the connection, without a word where none was begun."""
        if self._stream is not None:
            self._stream.close()

    def hand_over(self, letter: Letter) -> HandedOver:
        """All steps, in their order."""
        self._greet()
        self._log_in()
        options = self._options(letter)
        self._ask(2, "MAIL FROM", self._smtp.mail, letter.sender, options)
        recipients = tuple(self._may_go_to(one) for one in letter.recipients)
        if not any(said.is_yes for said in recipients):
            told = f"{self.refused(recipients[0])} to each of {len(recipients)} recipients"
            raise NotHandedOver(told, recipients[0], step=self.step, recipients=recipients)
        self._ask(3, "DATA", self._smtp.docmd, "DATA")
        self.step = "the message"
        self._smtp.send(_stuffed(letter.data))
        self.sent = True
        code, text = self._smtp.getreply()
        self.sent = code < 0  # no reply that could be read
        self._wants(2, self.step, code, text)
        self._take_leave()
        found = _QUEUED_AS.search(text.decode("ascii", "replace"))
        return HandedOver(_said(code, text), recipients, found and found[1])

    def _may_go_to(self, recipient: str) -> Said:
        self.step = "RCPT TO"
        code, text = self._smtp.rcpt(recipient)
        if code < 0:
            self._wants(2, self.step, code, text)
        return _said(code, text)

    def refused(self, said: Said | None) -> str:
        """What is told of an answer that says no."""
        return f"SMTP {said} at {self.step}"

    def _greet(self) -> None:
        server = self._server
        stream = BoundedNetwork(self._bounds, server.admits).connect_tcp(server.host, server.port)
        self._stream = stream
        if server.security == "tls":
            self._encrypt()
        else:
            self._speak_on(stream)
        self._ask(2, "the greeting", self._smtp.getreply)
        self._ask(2, "EHLO", self._smtp.ehlo)
        if server.security == "starttls":
            if not self._smtp.has_extn("starttls"):  # nothing is said in the clear instead
                raise NotHandedOver("the server offers no STARTTLS", step=self.step)
            self._ask(2, "STARTTLS", self._smtp.docmd, "STARTTLS")
            self._encrypt()
            self._smtp.esmtp_features = {}  # what was said in the clear counts no more
            self._ask(2, "EHLO", self._smtp.ehlo)

    def _encrypt(self) -> None:
        self.step = "the TLS handshake"
        assert self._stream is not None
        self._stream = self._stream.start_tls(self._server.tls, self._server.host)
        self._speak_on(self._stream)

    def _speak_on(self, stream: NetworkStream) -> None:
        """What was read ahead on the wire before is forgotten."""
        self._smtp.sock = cast(socket.socket, Wire(stream))
        self._smtp.file = None

    def _log_in(self) -> None:
        if self._login is not None:
            self.step = "AUTH"
            self._smtp.login(*self._login)

    def _options(self, letter: Letter) -> list[str]:
        """For MAIL FROM: what the server offers and the letter needs."""
        smtp, options = self._smtp, []
        if smtp.has_extn("size"):
            most = smtp.esmtp_features["size"].strip()
            if most.isdecimal() and 0 < int(most) < len(letter.data):
                raise NotHandedOver(
                    f"the server takes messages of {most} bytes at most, and this one has "
                    f"{len(letter.data)}",
                    step=SIZE,
                )
            options.append(f"SIZE={len(letter.data)}")
        if not all(one.isascii() for one in (letter.sender, *letter.recipients)):
            if not smtp.has_extn("smtputf8"):
                told = "the server knows no addresses with other letters than ASCII's (SMTPUTF8)"
                raise NotHandedOver(told, step="EHLO")
            smtp.command_encoding = "utf-8"
            options += ["BODY=8BITMIME", "SMTPUTF8"]
        return options

    def _ask(
        self, digit: int, step: str, ask: Callable[..., tuple[int, bytes]], *arguments: Any
    ) -> None:
        self.step = step
        self._wants(digit, step, *ask(*arguments))

    def _wants(self, digit: int, step: str, given: int, text: bytes) -> None:
        """An answer that begins with this digit (RFC 5321, 4.2.1). Raises NotHandedOver."""
        if given // 100 != digit:
            if given < 0:
                raise NotHandedOver(f"no SMTP at {step}", step=step, sent=self.sent)
            said = _said(given, text)
            raise NotHandedOver(self.refused(said), said, step=step)

    def _take_leave(self) -> None:
        """The message is handed over, whatever comes of this."""
        try:
            self._smtp.putcmd("QUIT")
        except (smtplib.SMTPException, httpcore.TimeoutException, httpcore.NetworkError, OSError):
            return


def _said(code: int, text: bytes | str) -> Said:
    words = text.encode("utf-8", "replace") if isinstance(text, str) else text
    found = _ENHANCED.match(words.decode("ascii", "replace"))
    return Said(code, found[0] if found else "", words)


def _stuffed(data: bytes) -> bytes:
    """With what ends the message (RFC 5321, 4.5.2)."""
    whole = data if data.endswith(b"\r\n") else data + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", whole) + b".\r\n"


def _why(error: Exception) -> str:
    """The kind of error; of a certificate what is wrong with it, which nobody would find else."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not taken: {cause.verify_message[:200]}"
    if isinstance(cause, ssl.SSLError):
        return f"no TLS with the server: {cause.reason}"
    return type(error).__name__

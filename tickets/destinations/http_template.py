"""Any system that takes tickets over HTTP, by requests that config/destinations.yaml writes down.

Most of them make a ticket for each request. So where an attempt may have reached it, it is looked
for first (`look`), and who cannot be asked may get one twice.
"""

import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from carriers.addresses import Admits, anywhere
from carriers.exchange import Reply, basic
from outbox.retry import Retry
from tickets.destination import CannotAsk, Held, Message, PushResult
from tickets.destinations.acknowledgement import value_at
from tickets.destinations.answer import failure, json_value, remote_id, unacknowledged
from tickets.destinations.attempt import NOT_HEARD, Attempt, NotKnown, too_soon, unsure_of
from tickets.destinations.entry import SecretMissing
from tickets.destinations.fields import values_of
from tickets.destinations.http_call import Found, Look, Sending, Session, Values
from tickets.destinations.mail.told import Names
from tickets.destinations.template import Unfit
from tickets.destinations.untold import secret_parts, untold_of
from tickets.destinations.webhook import not_asked
from tickets.model import OPENED, UPDATED


@dataclass(frozen=True, slots=True)
class HttpDestination:
    """`opened` sends a ticket, `updated` a later version of it; None: that is not told.

    `secrets` gives those of this moment, by their names in headers.
    """

    name: str
    opened: Sending
    updated: Sending | None
    names: Names = field(repr=False)
    timeout_s: float = 8.0
    retry: Retry | None = None
    secrets: Mapping[str, Callable[[], str]] = field(default_factory=dict, repr=False)
    session: Session | None = None
    admits: Admits = anywhere
    lists: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """Whose certificates are taken; None: the public authorities'."""

    @property
    def read_by_people(self) -> bool:
        """Whether a ticket may be there twice: where it is not looked for before it is repeated.

        An addition that nothing looks for may be told twice too. That does less harm than a ticket
        that is given up while they are away.
        """
        return self.opened.look is None

    def push(self, message: Message) -> PushResult:
        """Send the message once and judge the answer, unless it is there already."""
        sending = self.updated if message.event == UPDATED else self.opened
        if sending is None:
            why = "not told: `updates: leave` in config/destinations.yaml"
            return PushResult("acknowledged", error=why, remote_id=message.remote_id, asked=False)
        attempt, hidden = self._attempt(), dict[str, str]()
        try:
            self._hide(attempt, hidden)
            if message.event == UPDATED and message.remote_id is None:
                message = replace(message, remote_id=self._number(attempt, message, hidden))
            values = values_of(message, self.names)
            if message.repeated and sending.look is not None:
                there = sending.look.find(attempt, values, hidden)
                if there is not None:
                    number = message.remote_id or there.remote_id
                    return PushResult("acknowledged", 200, remote_id=number)
                if (wait := too_soon(message, sending.look.found_after_s)) is not None:
                    return wait
            with attempt.asked(sending.call.request(values, hidden)) as reply:
                return _judge(reply, message, sending, list(secret_parts(hidden.values())))
        except NotKnown as error:
            return error.result
        except SecretMissing as error:
            return PushResult("retry", error=str(error))
        except Unfit as error:
            return PushResult("refused", error=f"this ticket cannot be told: {error}")
        except NOT_HEARD as error:
            return not_asked(error)

    def _attempt(self) -> Attempt:
        return Attempt(self.timeout_s, self.admits, self.tls)

    def _number(self, attempt: Attempt, message: Message, hidden: Values) -> str:
        """By which number it has the ticket that this belongs to. Raises NotKnown."""
        found = None
        if self.opened.look is not None:
            found = self._find(self.opened.look, attempt, message, hidden)
        if found is None or found.remote_id is None:
            why = "the ticket that this belongs to is not found there"
            raise NotKnown(PushResult("retry", error=why, asked=False))
        return found.remote_id

    def _find(self, look: Look, attempt: Attempt, message: Message, hidden: Values) -> Found | None:
        first = replace(message, event=OPENED, version=1)
        return look.find(attempt, values_of(first, self.names), hidden)

    def _hide(self, attempt: Attempt, hidden: dict[str, str]) -> None:
        """Fill in what headers alone have. Raises SecretMissing, and NotKnown without a session."""
        for name, read in self.secrets.items():
            secret = read()
            user, _, password = secret.partition(":")
            hidden[f"secret.{name}"] = secret
            hidden[f"basic.{name}"] = basic(user, password)
        if self.session is not None:
            hidden["session"] = self.session.begin(attempt, hidden)

    def _version(
        self, attempt: Attempt, message: Message, found: Found, hidden: Values
    ) -> int | None:
        """Which it has: that of `message`, or an earlier one; None: it cannot be asked for it.

        Raises NotKnown.
        """
        if message.event != UPDATED:
            return message.version
        look = None if self.updated is None else self.updated.look
        if look is None:
            return None
        known = replace(message, remote_id=found.remote_id or message.remote_id)
        there = look.find(attempt, values_of(known, self.names), hidden)
        return message.version if there is not None else 1

    def held(self, since: datetime, sent: Sequence[Message]) -> Iterator[Held]:
        """Of those that we have sent it, which it has: each is looked for. Raises CannotAsk."""
        del since
        look = self.opened.look
        if look is None:
            raise CannotAsk("it has no `look` in config/destinations.yaml")
        hidden: dict[str, str] = {}
        try:
            self._hide(self._attempt(), hidden)
            for message in sent:
                attempt = self._attempt()
                found = self._find(look, attempt, message, hidden)
                if found is not None:
                    version = self._version(attempt, message, found, hidden)
                    yield Held(message.ticket.service_request_id, found.remote_id, version)
        except NotKnown as error:
            raise CannotAsk(error.result.error or "") from None
        except (SecretMissing, Unfit) as error:
            raise CannotAsk(str(error)) from None


def _judge(reply: Reply, message: Message, sending: Sending, hidden: Collection[str]) -> PushResult:
    if not reply.is_success:
        result = unsure_of(failure(reply, message, hidden=hidden))
        if result.verdict == "gone" and message.event == UPDATED:  # their ticket is, not they
            return replace(result, verdict="refused", error="HTTP 410 of the ticket it belongs to")
        return result
    body = reply.read()
    number, taken = message.remote_id, sending.takes(reply, body)
    if taken and number is None and sending.id is not None:
        number = remote_id(value_at(json_value(body), sending.id))
        taken = number is not None
    if not taken:
        untold = untold_of(message.ticket, hidden)
        return replace(unacknowledged(reply, body, untold), unsure=True)
    return PushResult("acknowledged", reply.status, remote_id=number)

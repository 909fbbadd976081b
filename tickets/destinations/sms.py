"""Text messages to the caller, of the reference number and replies: a destination of the outbox.

Sent at least once: when an answer of the gateway is lost, nobody knows whether the message went
out, and it is sent again, three times at most and after longer waits (`RetryPolicy.unsure_weight`).
After an answer that says so it is never sent again.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints
from sqlalchemy.exc import SQLAlchemyError

from files.yaml_model import load_yaml
from outbox.retry import Retry
from tickets.destination import Message, PushResult
from tickets.mobile import SMS
from tickets.model import Ticket
from tickets.working.replying import REPLIED

FindReply = Callable[[str, str], str | None]
"""The text of a ticket's reply by its name in the delivery; None where it is not there any more.
May raise SQLAlchemyError."""
_REPLY = "940 {reference}: {text}"
"""What is sent where a file of an earlier release says nothing of replies."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACES = {
    "opened": frozenset({"reference", "expected"}),
    "opened_open": frozenset({"reference"}),
    "reply": frozenset({"reference", "text"}),
}
_MARKS = re.compile("[\u064b-\u0652\u0670]")


def no_reply(_ticket_id: str, _name: str) -> None:
    """There are none: of who sends no replies."""


class SmsSender(Protocol):
    """A gateway for text messages. `timeout_s` bounds one attempt."""

    @property
    def timeout_s(self) -> float:
        """Seconds."""
        ...

    def send(self, to: str, text: str) -> PushResult:
        """Hand the message over once. Never raises for what the network does.

        Nothing in the result repeats the number or the text.
        """
        ...


@dataclass(frozen=True, slots=True)
class SmsDestination:
    """Text messages to callers: a gateway, the texts by language, the zone of the days in them."""

    sender: SmsSender
    texts: Mapping[str, "SmsText"]
    zone: ZoneInfo
    find: FindReply = no_reply
    name: str = SMS
    retry: Retry | None = None
    read_by_people: bool = True

    @property
    def timeout_s(self) -> float:
        """Of one attempt."""
        return self.sender.timeout_s

    def push(self, message: Message) -> PushResult:
        """Send the caller of the ticket their text, or a reply, once."""
        ticket = message.ticket
        if ticket.phone is None:
            return PushResult("refused", error="the ticket has no number to send to")
        # Its caller may have chosen a language that is offered no more.
        text = self.texts.get(ticket.language) or next(iter(self.texts.values()))
        kind, _, name = message.event.partition(":")
        if kind != REPLIED:
            return self.sender.send(ticket.phone, text_of(ticket, text, self.zone))
        try:
            said = self.find(ticket.idempotency_key, name)
        except SQLAlchemyError as error:  # nothing has gone out
            return PushResult("retry", error=f"{type(error).__name__}: the reply is not read yet")
        if said is None:
            return PushResult("refused", error="the reply is not there any more")
        return self.sender.send(ticket.phone, reply_of(ticket, text, said))


@dataclass(frozen=True, slots=True)
class SmsText:
    """What is written in one language; `opened_open` where no time is promised."""

    opened: str
    opened_open: str
    reply: str = _REPLY


def text_of(ticket: Ticket, text: SmsText, zone: ZoneInfo) -> str:
    """The message for `ticket`.

    The day is written with strokes: beside Arabic letters other signs between digits would be
    shown in the wrong order (Unicode bidirectional algorithm, rules W2 and W4).
    """
    if ticket.expected_datetime is None:
        return text.opened_open.replace("{reference}", ticket.service_request_id)
    expected = ticket.expected_datetime.astimezone(zone).strftime("%d/%m/%Y %H:%M")
    return text.opened.replace("{reference}", ticket.service_request_id).replace(
        "{expected}", expected
    )


def reply_of(ticket: Ticket, text: SmsText, said: str) -> str:
    """What the back office has said, with the number that it is about."""
    known = {"reference": ticket.service_request_id, "text": said}
    # All at once: a place inside what was said stays what it is.
    return _PLACEHOLDER.sub(lambda found: known[found[1]], text.reply)


_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=300)]


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid")
    opened: _Text
    opened_open: _Text
    reply: _Text = _REPLY


class _File(RootModel[Annotated[dict[str, _Texts], Field(min_length=1)]]):
    """Texts by language."""


def load_sms_texts(path: Path, offered: Collection[str] = ()) -> Mapping[str, SmsText]:
    """The texts by language, in the order of the file: all that are `offered`, and others.

    Raises FileWrong, naming file, line and key.
    """
    document = load_yaml(path, _File)
    texts: dict[str, SmsText] = {}
    rows = document.value.root
    for language in offered:
        if language not in rows:
            raise document.fail((language,), "is missing: the menu offers it, write it here")
    for language, row in rows.items():
        for key, needed in _PLACES.items():
            value: str = getattr(row, key)
            if frozenset(_PLACEHOLDER.findall(value)) != needed:
                names = " and ".join(f"{{{name}}}" for name in sorted(needed, reverse=True))
                raise document.fail((language, key), f"must hold {names} and no other")
            if _MARKS.search(value):
                raise document.fail(
                    (language, key), "holds vowel marks: leave them out, it is read on a screen"
                )
        texts[language] = SmsText(row.opened, row.opened_open, row.reply)
    return texts

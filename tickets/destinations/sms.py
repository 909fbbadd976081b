"""The text message to the caller with the reference number: one more destination of the outbox.

Sent at least once: when an answer of the gateway is lost, nobody knows whether the message went
out, and it is sent again, three times at most and after longer waits (`RetryPolicy.unsure_weight`).
After an answer that says so it is never sent again.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from files.yaml_model import load_yaml
from outbox.retry import Retry
from tickets.destination import Message, PushResult
from tickets.mobile import SMS
from tickets.model import Ticket

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_KNOWN = frozenset({"reference", "expected"})
_MARKS = re.compile("[\u064b-\u0652\u0670]")


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
    name: str = SMS
    retry: Retry | None = None
    read_by_people: bool = True

    @property
    def timeout_s(self) -> float:
        """Of one attempt."""
        return self.sender.timeout_s

    def push(self, message: Message) -> PushResult:
        """Send the caller of the ticket their text once."""
        ticket = message.ticket
        if ticket.phone is None:
            return PushResult("refused", error="the ticket has no number to send to")
        # Its caller may have chosen a language that is offered no more.
        text = self.texts.get(ticket.language) or next(iter(self.texts.values()))
        return self.sender.send(ticket.phone, text_of(ticket, text, self.zone))


@dataclass(frozen=True, slots=True)
class SmsText:
    """What is written in one language; `opened_open` where no time is promised."""

    opened: str
    opened_open: str


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


_Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=300)]


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid")
    opened: _Text
    opened_open: _Text


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
        for key, needed in (("opened", _KNOWN), ("opened_open", frozenset({"reference"}))):
            value: str = getattr(row, key)
            if frozenset(_PLACEHOLDER.findall(value)) != needed:
                names = " and ".join(f"{{{name}}}" for name in sorted(needed, reverse=True))
                raise document.fail((language, key), f"must hold {names} and no other")
            if _MARKS.search(value):
                raise document.fail(
                    (language, key), "holds vowel marks: leave them out, it is read on a screen"
                )
        texts[language] = SmsText(row.opened, row.opened_open)
    return texts

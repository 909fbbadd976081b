"""The two ways a text message leaves: Twilio's REST API, and any gateway that speaks HTTP."""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote_plus, urlsplit

import httpx

from carriers.addresses import Admits
from carriers.exchange import AddressRefused, ExchangeFailed, Reply, asked, basic
from carriers.twilio_account import TwilioAccount
from tickets.destination import PushResult
from tickets.destinations.acknowledgement import Acknowledgement
from tickets.destinations.answer import NUMBER_S, json_object, unacknowledged
from tickets.destinations.untold import secret_parts

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
# Twilio's numbers for messages that no repetition brings to this number: not a valid number, not
# reachable by this sender, unsubscribed, no permission for the region, not a mobile.
_TWILIO_FINAL = frozenset({21211, 21217, 21408, 21610, 21612, 21614, 21635})


@dataclass(frozen=True, slots=True)
class TwilioSms:
    """Messages through Twilio. `sender` is a number, a sender's name, or a messaging service."""

    account: TwilioAccount
    sender: str

    @property
    def timeout_s(self) -> float:
        """Of one attempt."""
        return self.account.timeout_s

    def send(self, to: str, text: str) -> PushResult:
        """POST Messages.json; 201 says that Twilio has it."""
        key = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        form = {"To": to, key: self.sender, "Body": text}
        request = self.account.request("POST", "Messages.json", form)
        return _asked_once(request, self.timeout_s, _judge_twilio, self.account.admits)


def _judge_twilio(reply: Reply) -> PushResult:
    """Twilio's own words are not repeated: they name the number."""
    answer = json_object(reply.read(seconds=NUMBER_S))
    if reply.is_success:
        sid = answer.get("sid")
        known = sid if isinstance(sid, str) and _SID.fullmatch(sid) else None
        return PushResult("acknowledged", reply.status, remote_id=known)
    code = answer.get("code")
    error = f"Twilio error {code}" if isinstance(code, int) else f"HTTP {reply.status}"
    if isinstance(code, int) and code in _TWILIO_FINAL:
        return PushResult("refused", reply.status, error)
    return _not_taken(reply, error)


@dataclass(frozen=True, slots=True)
class HttpSms:
    """Messages through any gateway that takes one POST.

    `template` is the body with {to}, {text} and {sender}: JSON, or a form as `a={to}&b={text}`.
    Each value is put in as its format needs it. `success` are the statuses that say "taken".
    """

    url: str
    template: str
    format: Literal["json", "form"] = "json"
    sender: str = ""
    bearer: str = field(default="", repr=False)
    basic: str = field(default="", repr=False)
    """User and password with a colon between them."""
    success: tuple[int, ...] = (200, 201, 202, 204)
    acknowledgement: Acknowledgement | None = None
    """What the body must be besides; None: nothing more is read."""
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        """Raises ValueError for an address or a template that could never work."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("the gateway's address must begin with https:// or http://")
        if "{to}" not in self.template or "{text}" not in self.template:
            raise ValueError("the gateway's template must hold {to} and {text}")
        if self.format == "json":
            try:
                json.loads(self.template)
            except (ValueError, RecursionError):
                raise ValueError("the gateway's template is not JSON") from None
        if self.bearer and self.basic:
            raise ValueError("the gateway takes a bearer token or a password, not both")

    def send(self, to: str, text: str) -> PushResult:
        """POST once; the status says whether the gateway has it, and where it must, the body."""
        if not _E164.fullmatch(to):
            return PushResult("refused", error="the number is not E.164")
        body, kind = self._body({"to": to, "text": text, "sender": self.sender})
        headers = {"content-type": kind, "user-agent": "hotline-940"}
        if self.bearer:
            headers["authorization"] = f"Bearer {self.bearer}"
        if self.basic:
            user, _, password = self.basic.partition(":")
            headers["authorization"] = basic(user, password)
        try:
            request = httpx.Request("POST", self.url, content=body, headers=headers)
        except httpx.InvalidURL as error:
            return PushResult("retry", error=type(error).__name__)
        untold = [to, *text.splitlines(), *secret_parts([self.bearer, self.basic])]
        return _asked_once(request, self.timeout_s, lambda reply: self._judge(reply, untold))

    def _judge(self, reply: Reply, untold: Collection[str]) -> PushResult:
        if reply.status not in self.success:
            return _not_taken(reply, f"HTTP {reply.status}")
        if self.acknowledgement is not None:
            body = reply.read()
            if not self.acknowledgement.holds(body):
                return unacknowledged(reply, body, untold)
        return PushResult("acknowledged", reply.status)

    def _body(self, values: Mapping[str, str]) -> tuple[bytes, str]:
        if self.format == "json":
            filled = _fill_json(json.loads(self.template), values)
            text = json.dumps(filled, ensure_ascii=False)
            return text.encode(), "application/json; charset=utf-8"
        escaped = {name: quote_plus(value) for name, value in values.items()}
        return _fill(self.template, escaped).encode(), "application/x-www-form-urlencoded"


_NAMES = re.compile(r"\{(to|text|sender)\}")


def _fill(template: str, values: Mapping[str, str]) -> str:
    """All at once: a placeholder inside a value stays what it is."""
    return _NAMES.sub(lambda match: values[match.group(1)], template)


def _fill_json(node: object, values: Mapping[str, str]) -> object:
    if isinstance(node, str):
        return _fill(node, values)
    if isinstance(node, list):
        return [_fill_json(part, values) for part in node]
    if isinstance(node, dict):
        return {key: _fill_json(part, values) for key, part in node.items()}
    return node


def _asked_once(
    request: httpx.Request,
    seconds: float,
    judge: Callable[[Reply], PushResult],
    admits: Admits | None = None,
) -> PushResult:
    try:
        with asked(request, seconds, admits=admits) as reply:
            return judge(reply)
    except AddressRefused as error:
        return PushResult("retry", error=str(error))
    except ExchangeFailed as error:
        return PushResult("retry", error=str(error), unsure=error.sent)


def _not_taken(reply: Reply, error: str) -> PushResult:
    """A status that says no, but for a proxy's that has heard nothing clear of whom it asked."""
    unsure, wish = reply.status in (502, 504), reply.retry_after_s
    return PushResult("retry", reply.status, error, retry_after_s=wish, unsure=unsure)

"""The number at Twilio: what it should be set to, what it is set to, and setting it.

Names and values are those of the IncomingPhoneNumber resource (Twilio's REST API, 2010-04-01).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.incoming_phone_number import IncomingPhoneNumberInstance

from carriers.exchange import AddressRefused, ExchangeFailed, asked, basic
from carriers.twilio_account import TwilioAccount

VOICE_PATH = "/twilio/voice"
STATUS_PATH = "/twilio/status"
_TROUBLE = (TwilioException, ExchangeFailed, AddressRefused, ValueError)
"""ValueError: an answer that is no JSON."""
_MOST_BYTES = 1_000_000


class AccountTrouble(Exception):
    """The account could not be asked, or has no such number; the message says the mend."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A property of the number that is not what it should be."""

    name: str
    found: str
    wanted: str


def wanted(public_url: str, fallback_url: str) -> dict[str, str]:
    """What the number should be set to, with our own address and that of the fallback file.

    An application or a trunk would take its calls away from these addresses: there is none. The
    fallback is a static file: it is fetched with GET.
    """
    return {
        "voice_url": public_url + VOICE_PATH,
        "voice_method": "POST",
        "voice_fallback_url": fallback_url,
        "voice_fallback_method": "GET",
        "status_callback": public_url + STATUS_PATH,
        "status_callback_method": "POST",
        "voice_application_sid": "",
        "trunk_sid": "",
        "voice_receive_mode": "voice",
    }


class _Exchange:
    """What Twilio's library asks by: the one door by which this house asks others.

    The library's own logs whole requests at INFO, with the numbers in them.
    """

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """As the library asks it. Raises ExchangeFailed, AddressRefused."""
        del timeout, allow_redirects
        request = httpx.Request(method, uri, params=params or None, data=data, headers=headers)
        if auth is not None:
            request.headers["authorization"] = basic(*auth)
        seconds, admits = self._account.timeout_s, self._account.admits
        with asked(request, seconds, admits=admits) as reply:
            body = reply.read(_MOST_BYTES)
            if body is None:
                raise ExchangeFailed("its answer is not whole", sent=True)
            return Response(reply.status, body.decode("utf-8", "replace"), reply.headers)


class NumberAtTwilio:
    """One number of an account, asked and set through the REST API."""

    def __init__(self, account: TwilioAccount, number: str) -> None:
        self._client = Client(
            account.sid,
            account.token,
            http_client=_Exchange(account),
            environment={"TWILIO_ACCOUNT_SID": account.sid},
        )
        self._client.api.base_url = account.api_url
        self._number = number

    def differences(self, should: Mapping[str, str]) -> list[Difference]:
        """What is not as it should be. Raises AccountTrouble."""
        try:
            return _compare(self._find(), should)
        except _TROUBLE as error:
            raise AccountTrouble(_explain(error)) from None

    def set(self, should: Mapping[str, str]) -> list[Difference]:
        """Set what is not as it should be; what that was. Raises AccountTrouble."""
        try:
            found = self._find()
            changes = _compare(found, should)
            if changes:
                changed = found.update(**{one.name: one.wanted for one in changes})
                left = _compare(changed, should)
                if left:
                    raise AccountTrouble(f"Twilio did not take {left[0].name}")
        except _TROUBLE as error:
            raise AccountTrouble(_explain(error)) from None
        return changes

    def _find(self) -> IncomingPhoneNumberInstance:
        """The number's own resource: the API's filter finds numbers that contain it too."""
        listed = self._client.incoming_phone_numbers.list(phone_number=self._number)
        for one in listed:
            if one.phone_number == self._number:
                return one
        raise AccountTrouble("the account has no such number: buy it, or check the account's SID")


def _compare(found: IncomingPhoneNumberInstance, should: Mapping[str, str]) -> list[Difference]:
    return [
        Difference(name, value, wish)
        for name, wish in should.items()
        if (value := str(getattr(found, name, None) or "")) != wish
    ]


def _explain(error: Exception) -> str:
    if isinstance(error, AddressRefused):
        return str(error)
    status, code, message = _told(error)
    if status == 401:
        return "Twilio refuses the account's SID and token (HTTP 401)"
    if status is not None:
        return f"Twilio answers with error {code or status}: {message}"
    kind = str(error) if isinstance(error, ExchangeFailed) else type(error).__name__
    return f"Twilio cannot be reached: {kind}"


def _told(error: Exception) -> tuple[int | None, object, object]:
    """Status, code and message of Twilio's answer: a listing's error carries the bare response."""
    if isinstance(error, TwilioRestException):
        return error.status, error.code, error.msg
    answer = error.args[1] if len(error.args) > 1 else None
    if not isinstance(answer, Response):
        return None, None, None
    try:
        body = json.loads(answer.text)
    except (ValueError, RecursionError):
        body = {}
    told = body if isinstance(body, dict) else {}
    return answer.status_code, told.get("code"), told.get("message", "no explanation")

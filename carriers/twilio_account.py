"""Twilio's REST API as this house asks it: one base address, basic auth, no redirects.

An address is never taken from a message: it is made from the configured base and the identifiers
of the account and the thing. The base is https; plain http is for a server of the tests' own on a
loopback address that is written out. A name that leads to a private address is not asked at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import httpx

from carriers.exchange import basic

API_VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """An account and where its REST API is. `timeout_s` is all that a request takes."""

    sid: str
    token: str = field(repr=False)
    api_url: str = "https://api.twilio.com"
    timeout_s: float = 10.0

    def __post_init__(self) -> None:
        """Raises ValueError for a base that credentials must not be sent to."""
        if not self.sid or not self.token:
            raise ValueError("a Twilio account has a SID and a token: set both")
        parts = urlsplit(self.api_url)
        if parts.hostname is None or parts.username is not None or parts.query or parts.fragment:
            raise ValueError("the API's address must be a plain https address")
        if parts.scheme != "https" and not (
            parts.scheme == "http" and _is_loopback(parts.hostname)
        ):
            raise ValueError("the API's address must begin with https://")

    def url(self, path: str) -> str:
        """The address of something in the account: `path` is of our own making."""
        return f"{self.api_url.rstrip('/')}/{API_VERSION}/Accounts/{self.sid}/{path}"

    def request(
        self, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> httpx.Request:
        """A request for something in the account, with its basic authentication."""
        headers = {"authorization": basic(self.sid, self.token), "user-agent": "hotline-940"}
        return httpx.Request(method, self.url(path), data=form, headers=headers)

    def admits(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether the API may be where its host's name leads: at public addresses alone.

        A loopback address that the configuration writes out is what it says.
        """
        return address.is_global or _is_loopback(urlsplit(self.api_url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

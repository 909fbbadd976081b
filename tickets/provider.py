"""Twilio's REST API as this house asks it: one base address, basic auth, no redirects.

An address is never taken from a message: it is made from the configured base and the identifiers
of the account and the thing. The base is https; plain http is for a server of the tests' own on a
loopback address that is written out. A name that leads to a private address is not asked at all.
"""

import ipaddress
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

API_VERSION = "2010-04-01"


class AddressRefused(Exception):
    """The configured host leads to an address that credentials are not sent to."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """An account and where its REST API is. `timeout_s` bounds one request."""

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

    @property
    def auth(self) -> tuple[str, str]:
        """For HTTP basic authentication."""
        return self.sid, self.token

    def url(self, path: str) -> str:
        """The address of something in the account: `path` is of our own making."""
        return f"{self.api_url.rstrip('/')}/{API_VERSION}/Accounts/{self.sid}/{path}"

    def check_address(self) -> None:
        """See where the host's name leads now.

        Raises AddressRefused when it leads to anything but public addresses, OSError when it leads
        nowhere. A loopback address that the configuration writes out is what it says.
        """
        parts = urlsplit(self.api_url)
        host = parts.hostname or ""
        if _is_loopback(host):
            return
        for *_, address in socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM):
            if not ipaddress.ip_address(str(address[0]).split("%")[0]).is_global:
                raise AddressRefused("the API's host leads to an address that is not public")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

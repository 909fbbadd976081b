"""The forms of secrets and addresses, checked where settings are read.

What has the wrong form would be refused by its receiver again and again, out of sight. No message
repeats a value. Functions raise ValueError, whose text says the mend.
"""

import re
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from store.redis_address import SCHEMES, watched
from tickets.destinations.webhook_secret import webhook_key

_PRINTABLE = re.compile(r"[!-~]+")
_HOST = re.compile(
    r"(?:(?P<name>[A-Za-z0-9][A-Za-z0-9.-]{0,252})|\[(?P<six>[0-9a-fA-F:.]{2,45})\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


def webhook_secrets(values: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """Standard Webhooks secrets, each another one."""
    keys = []
    for number, value in enumerate(values, 1):
        try:
            keys.append(webhook_key(value.get_secret_value()))
        except ValueError as error:
            which = f"secret {number} of {len(values)} " if len(values) > 1 else ""
            raise ValueError(f"{which}{error}") from None
    if len(set(keys)) < len(keys):
        raise ValueError("has a secret twice: leave one of them out")
    return values


def account_sid(value: str) -> str:
    """The SID of an account at Twilio."""
    if value and not re.fullmatch(r"AC[0-9a-f]{32}", value):
        raise ValueError("must be AC and 32 of 0-9a-f, as Twilio's console shows it")
    return value


def auth_token(value: SecretStr) -> SecretStr:
    """The auth token of an account: no SID, which stands beside it in the console, nor a key's."""
    text = value.get_secret_value()
    if text and (not _PRINTABLE.fullmatch(text) or re.fullmatch(r"(?:AC|SK)[0-9a-f]{32}", text)):
        raise ValueError("must be the account's auth token as Twilio's console shows it, not a SID")
    return value


def bearer_token(value: SecretStr) -> SecretStr:
    """What follows `Bearer` in a header (RFC 6750, 2.1), as loosely as gateways take it."""
    text = value.get_secret_value()
    if text and not _PRINTABLE.fullmatch(text):
        raise ValueError("must be the token alone, without spaces and without the word Bearer")
    return value


def host_and_port(value: str) -> str:
    """A name or an address, and a port where one is given (see `host_of`)."""
    port = port_of(value)
    if not _HOST.fullmatch(value) or not (port is None or 0 < port < 65_536):
        raise ValueError("must be hosts, each with a port or without: 10.0.0.7 or asterisk-1:5038")
    return value


def host_of(value: str) -> str:
    """The host in what `host_and_port` let pass."""
    found = _HOST.fullmatch(value)
    return (found["name"] or found["six"]) if found else ""


def port_of(value: str) -> int | None:
    """The port in it; None where none is given."""
    found = _HOST.fullmatch(value)
    return int(found["port"]) if found and found["port"] else None


def manager_secret(value: SecretStr) -> SecretStr:
    """A secret as manager.conf of Asterisk can say it: there a semicolon begins a comment."""
    text = value.get_secret_value()
    if text and not re.fullmatch(r"[A-Za-z0-9_.+/=-]{16,200}", text):
        raise ValueError("must be 16 or more of A-Za-z0-9_.+/=-, as `openssl rand -hex 32` makes")
    return value


def user_and_password(value: SecretStr) -> SecretStr:
    """A name without a colon, a colon, a password (RFC 7617, 2)."""
    text = value.get_secret_value()
    if text and not re.fullmatch(r"[^:\x00-\x1f\x7f]+:[^\x00-\x1f\x7f]+", text):
        raise ValueError("must be user:password")
    return value


def web_address(value: str) -> str:
    """An address of HTTP, or none."""
    if value:
        parts = _split(value)
        if parts is None or parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("must begin with https:// and name a host")
    return value


def agencies(value: str) -> str:
    """A SIP address with the agency's number in it, or none."""
    if value and not re.fullmatch(r"sips?:[^\s<>]*\{number\}[^\s<>]*", value):
        raise ValueError("must be a SIP address with {number} in it: sip:{number}@gateway")
    return value


def redis_address(value: SecretStr) -> SecretStr:
    """An address of Redis, or of the Sentinels that watch it."""
    url = value.get_secret_value()
    if url.startswith(SCHEMES):
        watched(url)
        return value
    parts = _split(url)
    if parts is None or not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise ValueError("must be redis://:password@host:port/0, or unix:///path")
    if parts.scheme != "unix" and not re.fullmatch(r"(?:/[0-9]*)?", parts.path):
        raise ValueError("ends with the number of a database, as in …:6379/0")
    return value


def database_address(value: SecretStr) -> SecretStr:
    """An address of SQL."""
    from sqlalchemy.exc import ArgumentError  # SQLAlchemy takes a while, and few commands need it

    from store.database_primary import libpq_url

    try:
        libpq_url(value.get_secret_value())
    except (ArgumentError, ValueError):
        raise ValueError(
            "must be sqlite:////path or postgresql://user:password@host:port/name; "
            "in a password, %40 is @, %2F is / and %3A is :"
        ) from None
    return value


def _split(url: str) -> SplitResult | None:
    """Its parts; None where they cannot be told apart, or its port is no number."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts

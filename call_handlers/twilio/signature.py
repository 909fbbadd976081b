"""Who may speak to us: the signature of Twilio's webhooks.

Twilio signs the URL it was configured with, then each field's name and value in the order of the
names, by HMAC-SHA1 with the account's auth token (Twilio, *Webhooks security*). The URL is put
together from the configured public base and the raw request line: never from `Host` or from a path
that was decoded on the way.
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from call_handlers.twilio.fields import Table
from call_handlers.twilio.form import FormWrong, read_form, read_pairs

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
FORM = "application/x-www-form-urlencoded"
_PORTS = {"https": 443, "http": 80}
_SHORTEST_TOKEN = 8


class Refused(Exception):
    """A request that Twilio did not send, or not like this. The text is the reason, for the log."""


class Gate:
    """Lets in requests signed with one of `tokens` for `public_url`; without either, nobody.

    `public_url` is what Twilio is configured with, without a path's last `/`. `account_sid`, when
    given, is the only account that may speak. Empty tokens are left out: an empty one would take
    anybody's word.
    """

    def __init__(self, public_url: str, tokens: Sequence[str], account_sid: str = "") -> None:
        self._keyed = [
            hmac.new(token.encode(), base, "sha1")
            for token in tokens
            if len(token) >= _SHORTEST_TOKEN
            for base in _bases(public_url.rstrip("/"))
        ]
        self._account_sid = account_sid

    @property
    def open(self) -> bool:
        """Whether anybody at all can come in."""
        return bool(self._keyed)

    def check(
        self, raw_uri: str, header: Callable[[str], str | None], body: bytes, table: Table
    ) -> dict[str, str]:
        """What a genuine request says of the fields of `table`. Raises Refused for every other.

        `raw_uri` is path and query as they stood in the request line; `header` gives the
        header of a name.
        """
        if not self.open:
            raise Refused("no token is configured")
        given = header(HEADER) or ""
        if not given or not given.isascii():
            raise Refused("no signature")
        if not _is_usual(header(SETTINGS_HEADER)):
            raise Refused("the signature is of another kind")
        if (header("Content-Type") or "").partition(";")[0].strip().lower() != FORM:
            raise Refused("not a form")
        if not raw_uri.startswith("/"):
            raise Refused("not a path")
        try:
            pairs = sorted(read_pairs(body))
        except FormWrong as error:
            raise Refused(str(error)) from None
        signed = b"".join(part for pair in pairs for part in pair)
        tail = raw_uri.encode("utf-8", "surrogateescape") + signed
        if not self._is_signed(tail, given.encode("ascii")):
            raise Refused("the signature is wrong")
        try:
            form = read_form(pairs, table)
        except FormWrong as error:
            raise Refused(str(error)) from None
        if self._account_sid and form["AccountSid"] != self._account_sid:
            raise Refused("another account")
        return form

    def _is_signed(self, tail: bytes, given: bytes) -> bool:
        """Compare with each token and form of the URL, so that a guess learns nothing by time."""
        return any(hmac.compare_digest(sign(keyed, tail), given) for keyed in self._keyed)


def sign(keyed: hmac.HMAC, text: bytes) -> bytes:
    """The signature of `text` behind what `keyed` has taken in already: HMAC-SHA1 in base64.

    A copy of a keyed one and not `hmac.digest`: that lets go of the interpreter's lock for each
    request, which costs more than the digest itself.
    """
    own = keyed.copy()
    own.update(text)
    return base64.b64encode(own.digest())


def signature(token: str, url: str, fields: Mapping[str, str]) -> str:
    """The signature that Twilio would send with `fields` to `url`."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return sign(hmac.new(token.encode(), digestmod="sha1"), signed.encode()).decode("ascii")


def _is_usual(settings: str | None) -> bool:
    """Whether the header asks for nothing but the auth token and HMAC-SHA1; absent, it does not."""
    parts = [part.strip() for part in (settings or "").split(",") if part.strip()]
    return all(part == "algorithm=HMAC_SHA1" for part in parts)


def _bases(public_url: str) -> list[bytes]:
    """The configured URL with and without its port: Twilio has signed both ways."""
    parts = urlsplit(public_url)
    if parts.scheme not in _PORTS or not parts.hostname:
        return []
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port or _PORTS[parts.scheme]
    forms = (
        public_url,
        f"{parts.scheme}://{host}{parts.path}",
        f"{parts.scheme}://{host}:{port}{parts.path}",
    )
    return [form.encode() for form in dict.fromkeys(forms)]

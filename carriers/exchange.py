"""One question to somebody else's server, and its answer: the only way this house asks others.

Each question has a connection of its own, so nothing of one delivery (a cookie, a half-read answer)
meets the next. One deadline covers the name, connecting, the handshake, headers and body. No
redirect is followed (a signed body goes where it was meant), no proxy of the environment is used.
The answer is read when it is asked for, as far as it is needed, and to a limit after decompression.
"""

import ssl
import time
import zlib
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import httpcore
import httpx

from carriers.addresses import Admits
from carriers.bounded_network import AddressRefused, BoundedNetwork, Bounds
from carriers.retry_after import retry_after
from carriers.trust import trusting

__all__ = ["AddressRefused", "ExchangeFailed", "Reply", "asked", "basic"]

MOST_BYTES = 65_536
"""Of an answer that is read whole, after decompression."""
_MOST_RECEIVED = 1_048_576
"""Of an answer as it comes over the wire, its headers and interim responses counted."""


class ExchangeFailed(Exception):
    """No answer; the message is the kind of error, and nothing of the address or the request.

    `sent` is whether the server may have the request all the same.
    """

    def __init__(self, kind: str, *, sent: bool) -> None:
        super().__init__(kind)
        self.sent = sent


class Reply:
    """The status and headers of an answer, and its body for who wants it.

    `headers` have small letters; of one that is there twice, the last.
    """

    def __init__(self, response: httpcore.Response, bounds: Bounds) -> None:
        self.status: int = response.status
        self.headers: Mapping[str, str] = {
            name.decode("ascii").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        self._response = response
        self._bounds = bounds

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def retry_after_s(self) -> float | None:
        """How long the server wants to be left alone, if it says so."""
        return retry_after(self.headers, datetime.now(UTC))

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes, not decompressed. Raises ExchangeFailed where it does not end."""
        with _told(self._bounds):
            yield from self._response.iter_stream()

    def read(self, most_bytes: int = MOST_BYTES, seconds: float | None = None) -> bytes | None:
        """The whole body, decompressed; None where it is broken, larger, late or unreadable.

        `seconds` waits no longer than that, where the deadline is further away.
        """
        if seconds is not None:
            self._bounds.ends = min(self._bounds.ends, time.monotonic() + seconds)
        coding = self.headers.get("content-encoding", "identity").strip().lower()
        try:
            return _decoded(self.chunks(), coding, most_bytes)
        except (ExchangeFailed, zlib.error):
            return None


@contextmanager
def asked(
    request: httpx.Request,
    seconds: float,
    *,
    most_bytes: int = _MOST_RECEIVED,
    admits: Admits | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Reply]:
    """Ask within `seconds`; the connection ends with the block.

    `most_bytes` is what is received at most. `admits` says which addresses may be asked, `tls`
    whose certificates are taken; None: the public authorities'. Raises ExchangeFailed, and
    AddressRefused when the host leads elsewhere.
    """
    bounds = Bounds(time.monotonic() + seconds, most_bytes)
    if request.url.scheme not in ("http", "https"):
        raise ExchangeFailed("UnsupportedProtocol", sent=False)
    request.headers.setdefault("accept", "*/*")
    request.headers.setdefault("accept-encoding", "identity")
    request.headers.setdefault("connection", "close")
    if request.url.userinfo:
        request.headers.setdefault(
            "authorization", basic(request.url.username, request.url.password)
        )
    question = httpcore.Request(
        request.method,
        _core_url(request.url),
        headers=request.headers.raw,
        content=request.read(),
    )
    with httpcore.HTTPConnection(
        question.url.origin,
        ssl_context=(tls or trusting()) if request.url.scheme == "https" else None,
        network_backend=BoundedNetwork(bounds, admits),
    ) as connection:
        with _told(bounds):
            answer = connection.handle_request(question)
        yield Reply(answer, bounds)


def basic(user: str, password: str) -> str:
    """The header `authorization` of HTTP basic authentication (RFC 7617)."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _core_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


@contextmanager
def _told(bounds: Bounds) -> Iterator[None]:
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise ExchangeFailed(type(error).__name__, sent=bounds.sent) from None


def _decoded(chunks: Iterator[bytes], coding: str, most: int) -> bytes | None:
    """Never more than `most` bytes in memory, whatever a few of them would unfold to."""
    if coding == "identity":
        inflate = None
    elif coding in ("gzip", "x-gzip", "deflate"):
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its first bytes
    else:
        return None
    body = bytearray()
    for chunk in chunks:
        body += chunk if inflate is None else inflate.decompress(chunk, most + 1 - len(body))
        if len(body) > most:
            return None
    return bytes(body)

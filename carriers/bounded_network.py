"""A network for httpcore on which everything together ends at one moment and one size.

A time-out of a read begins anew with each byte: a server that sends one byte a second, in headers,
in interim responses (1xx) or in a TLS handshake, is never late. Here each wait gets what is left of
one deadline: for the name, for each of its addresses, for the handshake, for every read and write.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any

import httpcore
from httpcore import SOCKET_OPTION, NetworkBackend, NetworkStream

from carriers.addresses import Admits

_ADDRESS_S = 3.0
"""What one address may take to answer: a name may have several, and one of them be dead."""


class AddressRefused(Exception):
    """The host leads to an address that is not to be asked."""


@dataclass
class Bounds:
    """What is left of an exchange, and what became of it.

    `ends` is a moment of time.monotonic(), `bytes_left` what may still be received, `sent` whether
    any of the request has left: from then on the server may have it.
    """

    ends: float
    bytes_left: int
    sent: bool = False

    def left(self, late: type[httpcore.TimeoutException]) -> float:
        """Seconds until the end. Raises `late` when there are none."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise late("the deadline has passed")
        return seconds


class BoundedNetwork(NetworkBackend):
    """Connects within `bounds`, to addresses that `admits` lets pass (all of the name's, or none).

    Raises AddressRefused, beside httpcore's own errors.
    """

    def __init__(self, bounds: Bounds, admits: Admits | None = None) -> None:
        self._bounds = bounds
        self._admits = admits

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """A connection to the first address that answers."""
        del timeout, local_address, socket_options
        found = _resolve(host, port, self._bounds)
        if self._admits is not None:
            for *_, address in found:
                if not self._admits(ip_address(str(address[0]).split("%")[0])):
                    raise AddressRefused("the host leads to an address that is not public")
        for family, kind, protocol, _, address in found[:-1]:
            try:
                return self._connect(family, kind, protocol, address)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        family, kind, protocol, _, address = found[-1]
        return self._connect(family, kind, protocol, address)

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """A connection to a socket of this machine."""
        del timeout, socket_options
        return self._connect(socket.AF_UNIX, socket.SOCK_STREAM, 0, path)

    def _connect(self, family: int, kind: int, protocol: int, address: Any) -> NetworkStream:
        seconds = min(_ADDRESS_S, self._bounds.left(httpcore.ConnectTimeout))
        made = socket.socket(family, kind, protocol)
        try:
            with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
                made.settimeout(seconds)
                made.connect(address)
                if family != socket.AF_UNIX:
                    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:  # an interrupt too leaves no socket open
            made.close()
            raise
        return _BoundedStream(made, self._bounds)


class _BoundedStream(NetworkStream):
    """A socket whose waits all end at the same moment, and which reads so much and no more."""

    def __init__(self, connected: socket.socket, bounds: Bounds) -> None:
        self._socket = connected
        self._bounds = bounds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Raises httpcore.ReadTimeout, also when a byte came just in time; httpcore.ReadError."""
        del timeout
        if self._bounds.bytes_left <= 0:
            raise httpcore.ReadError("the answer is larger than any that is read")
        with _named(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(self._bounds.left(httpcore.ReadTimeout))
            received = self._socket.recv(min(max_bytes, self._bounds.bytes_left))
        self._bounds.bytes_left -= len(received)
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Raises httpcore.WriteTimeout, httpcore.WriteError."""
        del timeout
        rest = memoryview(buffer)
        with _named(httpcore.WriteTimeout, httpcore.WriteError):
            while rest:
                self._socket.settimeout(self._bounds.left(httpcore.WriteTimeout))
                self._bounds.sent = True
                rest = rest[self._socket.send(rest) :]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        """Shake hands: OpenSSL's own waits share what the socket's time-out says."""
        del timeout
        try:
            with _named(httpcore.ConnectTimeout, httpcore.ConnectError):
                self._socket.settimeout(self._bounds.left(httpcore.ConnectTimeout))
                wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        except BaseException:  # an interrupt too leaves no socket open
            self.close()
            raise
        return _BoundedStream(wrapped, self._bounds)


@contextmanager
def _named(
    late: type[httpcore.TimeoutException], broken: type[httpcore.NetworkError]
) -> Iterator[None]:
    """The system's errors as httpcore names them."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error


def _resolve(host: str, port: int, bounds: Bounds) -> list[Any]:
    """The addresses of `host`, at least one.

    The system's resolver keeps no deadline and cannot be interrupted: it is asked in a thread,
    which is left behind when it is late, and ends when the resolver gives up.
    """
    with suppress(ValueError):
        ip_address(host)  # an address leads to itself: nobody is asked
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    answers: SimpleQueue[list[Any] | Exception] = SimpleQueue()

    def look() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:  # UnicodeError: no name that DNS could have
            answers.put(error)

    seconds = bounds.left(httpcore.ConnectTimeout)
    threading.Thread(target=look, name="resolver", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except Empty:
        raise httpcore.ConnectTimeout("the host's name was not resolved in time") from None
    if isinstance(found, Exception) or not found:
        raise httpcore.ConnectError("the host's name leads nowhere")
    return found

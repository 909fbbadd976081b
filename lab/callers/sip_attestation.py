"""The network between a telephone and the hotline, as far as it attests the caller's number.

A telephone cannot attest its own number: a network does, in a header of the INVITE (TS 24.229,
`P-Attestation-Indicator`). Only the INVITE and its answers pass here; everything later in the
dialog goes straight, by the two Contacts.
"""

import socket
import threading
from typing import Self

HOST = "127.0.0.1"
_LARGEST = 65_535
_LOOK_S = 0.1


class AttestingNetwork:
    """A context manager: calls to `address` (host:port) arrive at `target` attested with `level`.

    For one telephone at a time.
    """

    def __init__(self, target: str, level: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._header = f"P-Attestation-Indicator: {level}\r\n".encode("ascii")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._relay, name="attesting-network", daemon=True)

    @property
    def address(self) -> str:
        """Where it takes calls."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def __enter__(self) -> Self:
        self._socket.bind((HOST, 0))
        self._socket.settimeout(_LOOK_S)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._socket.close()

    def _relay(self) -> None:
        telephone: tuple[str, int] | None = None
        while not self._ending.is_set():
            try:
                packet, sender = self._socket.recvfrom(_LARGEST)
            except TimeoutError:
                continue
            except OSError:
                continue  # the answer to an earlier packet: nobody was there
            if sender != self._target:
                telephone = sender
                self._socket.sendto(self._attested(packet), self._target)
            elif telephone is not None:
                self._socket.sendto(packet, telephone)

    def _attested(self, packet: bytes) -> bytes:
        line, end, rest = packet.partition(b"\r\n")
        if not line.startswith(b"INVITE "):
            return packet
        return line + end + self._header + rest

"""A SIP caller that measures one thing: from the answer to the first sound that arrives.

Its own few lines of SIP (RFC 3261) and RTP (RFC 3550) in one thread: both ends of the interval are
the arrival of a packet at the same process, by one monotonic clock. It sends sound from the answer
on, as a telephone does: Asterisk's Answer() waits for the caller's first packet of sound.
"""

import os
import re
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from lab.bench.house import BenchFailed
from lab.own_stack import HOST

_ALAW = 8
_SILENCE = frozenset(b"\xd5\x55")
"""Zero, positive and negative, in A-law as G.711 inverts it."""
_PACKET_S = 0.02
_SAMPLES = 160
_AUDIO_PORT = re.compile(rb"^m=audio ([0-9]{1,5}) ", re.MULTILINE)
_TO = re.compile(rb"^To:[^\r\n]*", re.MULTILINE | re.IGNORECASE)


@dataclass
class _Sound:
    """The stream we send."""

    socket: socket.socket
    target: tuple[str, int]
    sequence: int = 0
    next_at: float = field(default_factory=time.monotonic)

    def keep_up(self, now: float) -> None:
        while now >= self.next_at:
            self.sequence += 1
            header = struct.pack(
                ">BBHII", 0x80, _ALAW, self.sequence, self.sequence * _SAMPLES, 940
            )
            self.socket.sendto(header + bytes([0xD4]) * _SAMPLES, self.target)
            self.next_at += _PACKET_S


def seconds_to_first_sound(target: tuple[str, int], service: str, timeout: float = 10.0) -> float:
    """Call `service`, wait for the first packet that is not silence, hang up (s).

    Raises BenchFailed when the call is not answered or stays silent for `timeout` seconds.
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
    ):
        for each in (sip, rtp):
            each.bind((HOST, 0))
        call = _Dialog(sip, target, service, rtp.getsockname()[1])
        deadline = time.monotonic() + timeout
        answered, port = call.invite(deadline)
        try:
            heard = _first_sound(rtp, (target[0], port), deadline)
        finally:
            call.bye(time.monotonic() + 2.0)
        return heard - answered


def _first_sound(rtp: socket.socket, target: tuple[str, int], deadline: float) -> float:
    sound = _Sound(rtp, target)
    while (now := time.monotonic()) < deadline:
        sound.keep_up(now)
        ready, _, _ = select.select([rtp], [], [], max(0.0, sound.next_at - time.monotonic()))
        if not ready:
            continue
        packet = rtp.recv(2048)
        at = time.monotonic()
        if is_sound(packet):
            return at
    raise BenchFailed("the call was answered and stayed silent")


def is_sound(packet: bytes) -> bool:
    """Whether the packet is A-law sound and not silence alone."""
    return len(packet) > 12 and packet[1] & 0x7F == _ALAW and not _SILENCE.issuperset(packet[12:])


@dataclass
class _Dialog:
    """One call's signalling."""

    sip: socket.socket
    target: tuple[str, int]
    service: str
    media_port: int
    id: str = field(default_factory=lambda: os.urandom(8).hex())
    to: bytes = b""

    def invite(self, deadline: float) -> tuple[float, int]:
        """When the 200 arrived, and the port of the other side's sound."""
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {self.media_port} RTP/AVP {_ALAW} 101\r\na=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        )
        self._send("INVITE", 1, body)
        while time.monotonic() < deadline:
            reply, at = self._receive(deadline)
            if reply.startswith(b"SIP/2.0 200"):
                found, to = _AUDIO_PORT.search(reply), _TO.search(reply)
                if found is None or to is None:
                    break
                self.to = to[0]
                self._send("ACK", 1)
                return at, int(found[1])
            if not reply.startswith(b"SIP/2.0 1"):
                raise BenchFailed(f"not answered: {reply[:40].decode(errors='replace')!r}")
        raise BenchFailed("not answered in time")

    def bye(self, deadline: float) -> None:
        """Hang up; a missing reply changes nothing any more."""
        if not self.to:
            return
        self._send("BYE", 2)
        while time.monotonic() < deadline:
            reply, _ = self._receive(deadline)
            if b"BYE" in reply:
                return

    def _receive(self, deadline: float) -> tuple[bytes, float]:
        self.sip.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            return self.sip.recv(8192), time.monotonic()
        except TimeoutError:
            return b"SIP/2.0 100", time.monotonic()

    def _send(self, method: str, number: int, body: str = "") -> None:
        host, port = self.sip.getsockname()
        uri = f"sip:{self.service}@{self.target[0]}:{self.target[1]}"
        to = self.to.decode() or f"To: <{uri}>"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{method}{self.id};rport",
            f"From: <sip:+966501234567@{host}:{port}>;tag={self.id}",
            to,
            f"Call-ID: {self.id}@{host}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:caller@{host}:{port}>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self.sip.sendto("\r\n".join([*lines, "", body]).encode(), self.target)

"""What a caller's telephone sends in one call: sound all the time, keys where they are pressed.

A recording of packets for SIPp's play_pcap_audio. It carries a whole call, because Asterisk drops a
key whose time stamp is not after the last one's; and it carries sound, because a real telephone
sends 50 packets a second from the answer to the end, and Asterisk reads them all.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.bench.conversation import MOVES, RECORDED_S, Dictation, Keys, Move

PACKET_S = 0.02
_SAMPLES = 160
_ALAW, _EVENT = 8, 101
_SSRC = 940
_HELD_PACKETS, _END_PACKETS = 5, 3
_DURATION_AT_END = 6 * _SAMPLES
_KEYS = "0123456789*#"
_SPACING_S = 0.24
"""From one key of an entry to the next: 100 ms held, its end said three times, and a pause."""
# A soft babble around silence (0xD5 in A-law), not silence itself: nothing may be optimised away.
_BABBLE = bytes(0xD5 ^ (n * 7 % 5) for n in range(_SAMPLES))


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key, and when it is pressed (s after the answer)."""

    at_s: float
    key: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The keys of a call in order, and how long it lasts (s)."""

    keys: tuple[Pressed, ...]
    seconds: float


def plan(listening: Sequence[float], moves: Sequence[Move] = MOVES) -> Plan:
    """When each key of the bench's call, or of one by other moves, is pressed.

    `listening` is how long the caller listens to each turn before acting (s). The words before a
    recording are always heard whole.
    """
    at = 0.0
    keys: list[Pressed] = []
    for seconds, move in zip(listening, moves, strict=True):
        at += seconds
        if isinstance(move, Keys):
            pressed = [Pressed(at + n * _SPACING_S, key) for n, key in enumerate(move.keys)]
        elif isinstance(move, Dictation):
            pressed = [Pressed(at + _BEEP_S + RECORDED_S, "#")]
        else:
            return Plan(tuple(keys), at)
        keys += pressed
        at = pressed[-1].at_s
    raise ValueError("the call does not end")


_BEEP_S = 1.0
"""Longer than Asterisk's beep and what it takes to open the file."""


def write_recording(path: Path, plan: Plan, sound: bytes = _BABBLE) -> None:
    """Write the packets as a pcap file (libpcap's savefile format, microseconds, Ethernet).

    `sound` is what the caller says for 20 ms (160 bytes of A-law), over and over: by default too
    soft to be taken for speech.
    """
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for sequence, (at, packet) in enumerate(_packets(plan, sound), start=1):
            header = struct.pack(
                ">BBHII",
                0x80,
                packet.kind | (0x80 if packet.marked else 0),
                sequence & 0xFFFF,
                packet.stamp,
                _SSRC,
            )
            frame = _frame(header + packet.body)
            seconds, rest = divmod(round(at * 1_000_000), 1_000_000)
            file.write(struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame)


@dataclass(frozen=True, slots=True)
class _Packet:
    kind: int
    stamp: int
    body: bytes
    marked: bool = False


def _packets(plan: Plan, sound: bytes) -> Iterator[tuple[float, _Packet]]:
    """Every packet with its time: a key takes the place of sound for as long as it is held."""
    ticks = round(plan.seconds / PACKET_S)
    begins = {round(pressed.at_s / PACKET_S): pressed.key for pressed in plan.keys}
    tick = 0
    while tick < ticks:
        key = begins.get(tick)
        if key is None:
            yield tick * PACKET_S, _Packet(_ALAW, (tick + 1) * _SAMPLES, sound)
            tick += 1
            continue
        stamp = (tick + 1) * _SAMPLES
        for step in range(_HELD_PACKETS + _END_PACKETS):
            ended = step >= _HELD_PACKETS
            held = _DURATION_AT_END if ended else (step + 1) * _SAMPLES
            body = struct.pack(">BBH", _KEYS.index(key), 10 | (0x80 if ended else 0), held)
            yield tick * PACKET_S, _Packet(_EVENT, stamp, body, marked=step == 0)
            tick += 1


def _frame(rtp: bytes) -> bytes:
    """Ethernet, IPv4 and UDP around it; SIPp puts its own addresses and ports in."""
    udp = struct.pack(">HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
    loopback = bytes((127, 0, 0, 1))
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + loopback * 2
    return bytes(12) + b"\x08\x00" + ip + udp

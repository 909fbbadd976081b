"""Ports for callers and servers that share one machine with others."""

import secrets
import socket
import sys

# Under the kernel's own ephemeral range, and apart from Asterisk's default media ports.
CALLER_SIP = (20000, 22999)
CALLER_MEDIA = (23000, 27999)
ASTERISK_MEDIA = (12000, 19999)
SCENARIO_MEDIA = (28000, 31999)


def free_port(
    within: tuple[int, int], *, udp: bool = True, tcp: bool = True, count: int = 1
) -> int:
    """A loopback port of the range that nobody is bound to at this moment, nor to the `count` - 1
    that follow it.

    They are this process's until it ends: no other that asks here, and no later call, is given
    them. Raises OSError when forty tries find none.
    """
    for _ in range(40):
        port = within[0] + secrets.randbelow(within[1] + 2 - count - within[0])
        block = range(port, port + count)
        if all(one not in _claimed and _is_free(one, udp=udp, tcp=tcp) for one in block) and all(
            map(_claim, block)
        ):
            return port
    raise OSError(f"no free port in {within[0]} to {within[1]}")


def media_range(within: tuple[int, int], count: int) -> tuple[int, int]:
    """First and last of `count` neighbouring UDP ports, beginning at an even one.

    Blocks lie on a raster of `count`, so two ranges are the same or apart; the first are probed.
    Raises OSError when forty tries find none.
    """
    blocks = (within[1] + 1 - within[0]) // count
    for _ in range(40):
        first = within[0] + secrets.randbelow(blocks) * count
        if all(_is_free(first + n, udp=True, tcp=False) for n in range(0, min(count, 8), 2)):
            return first, first + count - 1
    raise OSError(f"no free block of {count} ports in {within[0]} to {within[1]}")


_claimed: set[int] = set()


def _claim(port: int) -> bool:
    """Take the name of a port, as an abstract Unix socket: it goes with the process (unix(7))."""
    if sys.platform == "linux":
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0hotline940-port-{port}")
        except OSError:
            name.close()
            return False
        name.detach()  # open from now on
    _claimed.add(port)
    return True


def _is_free(port: int, *, udp: bool, tcp: bool) -> bool:
    kinds = [socket.SOCK_DGRAM] * udp + [socket.SOCK_STREAM] * tcp
    for kind in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True

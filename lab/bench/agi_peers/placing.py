"""A fake Asterisk for the peers: it obeys each command at once, and has no more of a channel."""

import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from lab.bench.agi_peers.call import COMMANDS
from lab.bench.conversation import NUMBER
from lab.bench.house import BenchFailed
from lab.callers.fake_asterisk import environment_lines

Server = tuple[str, int]

_REPLIES: Mapping[bytes, bytes] = {
    b"EXEC": b"200 result=0\n",
    b"GET": b"200 result=1 (OK:1)\n",
    b"RECORD": b"200 result=35 (dtmf) endpos=16000\n",
    b"SET": b"200 result=1\n",
}
_TIMEOUT_S = 15.0


def place(server: Server, calls: int, at_once: int) -> None:
    """Place this many calls. Raises BenchFailed when one is not led through all its commands."""
    with ThreadPoolExecutor(at_once) as pool:
        led = set(pool.map(_lead, [server] * calls))
    if led != {len(COMMANDS)}:
        raise BenchFailed(f"calls of {sorted(led)} commands instead of {len(COMMANDS)}")


def _lead(server: Server) -> int:
    """Obey until the server closes the connection; how many commands came."""
    lines = ["agi_network: yes", "agi_network_script: call", "agi_request: agi://127.0.0.1/call"]
    lines += [f"{name}: {value}" for name, value in environment_lines(NUMBER, 0).items()]
    try:
        with socket.create_connection(server, _TIMEOUT_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(("\n".join(lines) + "\n\n").encode())
            commands = 0
            while line := connection.recv(4096):
                commands += 1
                connection.sendall(_REPLIES[line.partition(b" ")[0]])
            return commands
    except (OSError, KeyError) as error:
        raise BenchFailed(f"a call was not led to its end: {error!r}") from None

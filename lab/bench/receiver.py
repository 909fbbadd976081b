"""A receiver of webhooks that does nothing but check who signed them, and say that it has them.

Run by the bench alone: `python -m lab.bench.receiver PORT SECRET_FILE`. It takes one connection
after another and writes nothing down: what an office does with a ticket is not the house's cost.
"""

import socket
import sys
from itertools import count
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

_MOST_BYTES = 262_144
_WAIT_S = 5.0


def main() -> None:
    """Serve until SIGTERM."""
    webhook = Webhook(Path(sys.argv[2]).read_text(encoding="ascii"))
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64) as server:
        for number in count(1):
            connection, _ = server.accept()
            with connection:
                connection.settimeout(_WAIT_S)
                _answer(connection, webhook, number)


def _answer(connection: socket.socket, webhook: Webhook, number: int) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65_536)) or len(received) > _MOST_BYTES:
            return  # as of who only asks whether somebody is here
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    headers = dict(_header(line) for line in head.decode("ascii").split("\r\n")[1:])
    left = min(int(headers["content-length"]), _MOST_BYTES) - len(body)
    while left > 0 and (piece := connection.recv(left)):
        body += piece
        left -= len(piece)
    status, told = "201 Created", f'{{"id":"{number}"}}'
    try:
        webhook.verify(body, headers, json_parse=False)
    except WebhookVerificationError:
        status, told = "401 Unauthorized", "{}"
    answer = (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(told)}\r\nconnection: close\r\n\r\n{told}"
    )
    connection.sendall(answer.encode("ascii"))


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


if __name__ == "__main__":
    main()

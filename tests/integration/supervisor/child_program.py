"""A child for the supervisor's tests: `child_program.py FOLDER NAME [stubborn]`.

It answers on a Unix socket, appends to FOLDER/journal what happens to it, and ends on SIGTERM
(a `stubborn` one does not).
"""

import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

folder, name = Path(sys.argv[1]), sys.argv[2]


def note(what: str) -> None:
    """Append one line; lines of several processes stay whole."""
    descriptor = os.open(folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{name} {what} {os.getpid()}\n".encode())
    os.close(descriptor)


def on_term(_number: int, _frame: FrameType | None) -> None:
    """Say so, and end unless stubborn."""
    note("term")
    if "stubborn" not in sys.argv:
        note("end")
        sys.exit(0)


def on_int(_number: int, _frame: FrameType | None) -> None:
    """A Ctrl-C on the terminal must not reach children."""
    note("int")


signal.signal(signal.SIGTERM, on_term)
signal.signal(signal.SIGINT, on_int)
path = folder / f"{name}.sock"
path.unlink(missing_ok=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(str(path))
listener.listen()
note("start")
sys.stdout.write(f"{name} says hello\n")
sys.stdout.flush()
while True:
    connection, _ = listener.accept()
    connection.sendall(b"well\n")
    connection.close()

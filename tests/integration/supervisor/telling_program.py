"""Tells that it lives: `telling_program.py FOLDER NAME`. After SIGUSR1 it only lives."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from host.life import Life

folder, name = Path(sys.argv[1]), sys.argv[2]
quiet, stop = threading.Event(), threading.Event()
signal.signal(signal.SIGUSR1, lambda _number, _frame: quiet.set())
signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))


def note(what: str) -> None:
    """Append one line; lines of several processes stay whole."""
    descriptor = os.open(folder / "journal", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{name} {what} {os.getpid()}\n".encode())
    os.close(descriptor)


life = Life(name, folder, os.environ)
note("start")
while not stop.wait(0.1):
    if not quiet.is_set():
        life.tell()
        note("tell")

"""SIGTERM and SIGINT, told by a thread of their own; SIGHUP, which ends nothing.

Python runs a handler in the main thread, between two of its instructions. Two things go wrong:

- When the kernel gives the signal to another thread, a main thread that waits for something is not
  woken, and the handler does not run.
- When the main thread is just inside `wait()` of the very event that the handler sets, it holds the
  event's lock, and waits for itself for ever.

So what is used is the byte that Python's C code writes to the wakeup descriptor, in whatever thread
it is (signal.set_wakeup_fd); a thread reads it and does the rest.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from host.log_writer import reopen

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def signals_told(
    told: Callable[[], None], hung_up: Callable[[], None] = lambda: None
) -> Iterator[None]:
    """Call `told` in a thread for each SIGTERM and SIGINT while inside. Main thread only.

    For SIGHUP the logs are opened anew, and `hung_up` is called: it must not take long.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def tell() -> None:
        with open(reading, "rb", buffering=0) as pipe:  # noqa: PTH123 - it has no path
            while number := pipe.read(1):
                if number[0] in SIGNALS:
                    told()
                elif number[0] == signal.SIGHUP:
                    reopen()
                    hung_up()

    teller = threading.Thread(target=tell, name="signals", daemon=True)
    teller.start()
    kept_descriptor = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    kept = {number: signal.signal(number, _nothing) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(kept_descriptor)
        os.close(writing)
        teller.join()


def hangup_reopens_logs(hung_up: Callable[[], None] = lambda: None) -> None:
    """From now on SIGHUP opens the logs anew and ends nothing. Main thread only.

    It is sent by logrotate, `systemctl reload` and a terminal that is closed: citizens who are on
    the telephone have no part in any of these. `hung_up` is called then, between any two
    instructions of the program: it must not wait for anything.
    """

    def anew(_number: int, _frame: FrameType | None) -> None:
        reopen()
        hung_up()

    signal.signal(signal.SIGHUP, anew)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A handler there must be, or the signal would end the process."""

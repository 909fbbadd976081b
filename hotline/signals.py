"""SIGTERM and SIGINT, told by a thread.

A handler runs in the main thread between two of its instructions, whatever it is doing. Setting
a `threading.Event` there takes a lock, and if the main thread is just inside `wait()` of the same
event it holds that lock: it then waits for itself, and never stops. So the handler only writes to
a pipe, which takes no lock, and a thread does the rest.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def signals_told(told: Callable[[], None]) -> Iterator[None]:
    """Call `told` in a thread for each SIGTERM and SIGINT while inside. Main thread only."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def handle(_number: int, _frame: FrameType | None) -> None:
        os.write(writing, b"!")

    def tell() -> None:
        with open(reading, "rb", buffering=0) as pipe:  # noqa: PTH123 - it has no path
            while pipe.read(1):
                told()

    teller = threading.Thread(target=tell, name="signals", daemon=True)
    teller.start()
    kept = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
        os.close(writing)
        teller.join()

"""Signals are told by a thread, whatever the main thread is doing."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from host.signals import signals_told
from tests.fixtures.processes import wait_until

# The main thread holds the lock of the event that a signal is to set: what it does for an instant
# at the beginning of each wait() is drawn out here until the signal has come.
_IN_WAIT = """
import os, signal, threading, time
from host.signals import signals_told

came = threading.Event()
with signals_told(came.set):
    with came._cond:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.2)
    came.wait()
print("told")
"""


def test_a_signal_amid_a_wait_for_it_does_not_lock_up() -> None:
    """A handler that set the event itself would wait for its own thread for ever."""
    done = subprocess.run(
        [sys.executable, "-c", _IN_WAIT], timeout=30, capture_output=True, text=True, check=True
    )
    assert done.stdout == "told\n"


# The signal goes to a thread that is not the main one, which waits.
_TO_ANOTHER = """
import signal, threading
from host.signals import signals_told

came = threading.Event()
def strike():
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
with signals_told(came.set):
    threading.Timer(0.2, strike).start()
    came.wait()
print("told")
"""


def test_a_signal_that_another_thread_gets_is_told() -> None:
    """The main thread is not woken by it; it is told all the same."""
    done = subprocess.run(
        [sys.executable, "-c", _TO_ANOTHER], timeout=30, capture_output=True, text=True, check=True
    )
    assert done.stdout == "told\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_every_signal_is_told_and_handlers_are_put_back(number: signal.Signals) -> None:
    """Two signals are two; afterwards everything is as it was."""
    before = signal.getsignal(number)
    threads = threading.active_count()
    told: list[int] = []
    with signals_told(lambda: told.append(1)):
        os.kill(os.getpid(), number)
        wait_until(lambda: len(told) == 1)
        os.kill(os.getpid(), number)
        wait_until(lambda: len(told) == 2)
    assert signal.getsignal(number) == before
    assert threading.active_count() == threads

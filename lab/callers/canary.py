"""A canary: one call to an installation that runs, by a telephone of its own. It hangs up in time.

Whether the welcome was heard comes from the sound alone; whether the call was recorded, from the
database. It leaves at the welcome's end: nothing is asked, reported or ticketed.
"""

import re
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from call_handlers.fields import CallRecord
from call_handlers.history import Wanted, find_call, list_calls
from lab.callers.baresip import CallerFailed, SipCaller
from lab.callers.listening import Listener, NotHeard
from lab.callers.matching import FLOOR, RATE

_LABEL = r"[A-Za-z0-9-]{1,63}"
_ADDRESS = re.compile(
    rf"sip:([0-9A-Za-z*#+._-]{{1,32}})@({_LABEL}(?:\.{_LABEL})*\.?)(?::([0-9]{{1,5}}))?"
)
_NUMBER = re.compile(r"\+?[0-9]{2,15}")
_SIP = 5060
_POLL_S = 0.05
_GOODBYE_S = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where it calls: by UDP, as trunks do."""

    user: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard. Times are seconds from the dialling, None for what did not come.

    `fault` is empty where the welcome was heard whole; else `no_answer`, `busy`, `refused`,
    `silence`, `cut` or `wrong_sound`, and `why` tells people.
    """

    answered_s: float | None = None
    welcome_s: float | None = None
    fault: str = ""
    why: str = ""


def parse_address(text: str) -> Address:
    """The address of a URI `sip:940@host` or `sip:940@host:5060`. Raises ValueError."""
    found = _ADDRESS.fullmatch(text)
    port = int(found[3] or _SIP) if found else 0
    if found is None or not 0 < port < 65536:
        raise ValueError(f"{text}: write sip:940@HOST or sip:940@HOST:PORT (UDP, IPv4)")
    return Address(found[1], found[2], port)


def parse_caller(text: str) -> str:
    """The number that it shows. Raises ValueError."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text}: a number has digits alone, and may begin with +")
    return text


def place(
    address: Address, number: str, welcome: Sequence[Path], folder: Path, deadline: float
) -> Heard:
    """Call, listen for the files of the `welcome`, and hang up, by `deadline` (time.monotonic()).

    The telephone lives in `folder`. Raises CallerFailed when there is no telephone here, OSError
    when the host has no address.
    """
    host = socket.gethostbyname(address.host)
    with ExitStack() as stack:
        telephone = SipCaller(
            folder, f"{host}:{address.port}", number=number, host=_own(host, address.port)
        )
        caller = stack.enter_context(telephone)
        listener = Listener(lambda: caller.heard, lambda: caller.closed is not None)
        stack.callback(listener.close)
        dialled = time.monotonic()
        caller.dial(address.user)
        try:
            answered_s = caller.wait_established(max(0.0, deadline - dialled)) - dialled
        except TimeoutError:
            waited = time.monotonic() - dialled
            return Heard(fault="no_answer", why=f"no answer in {waited:.0f} s")
        except CallerFailed as error:
            if caller.closed is None:
                raise
            fault = "busy" if caller.closed.status in (486, 600) else "refused"
            return Heard(fault=fault, why=str(error))
        expected = listener.expect(welcome)
        try:
            expected.wait_whole(max(0.0, deadline - time.monotonic()))
        except NotHeard as missed:
            fault, why = _instead(listener, missed)
            return Heard(answered_s, fault=fault, why=why)
        finally:
            if caller.closed is None:
                caller.hang_up()
                with suppress(TimeoutError, CallerFailed):
                    caller.wait_closed(_GOODBYE_S)
        return Heard(answered_s, time.monotonic() - dialled)


def newest_call(engine: sa.Engine, number: str) -> str:
    """The id of the newest recorded call of this number, "" for none. Raises SQLAlchemyError."""
    found = list_calls(engine, Wanted(caller=number), limit=1)
    return found[0].id if found else ""


def wait_recorded(
    engine: sa.Engine, number: str, before: str, deadline: float
) -> CallRecord | None:
    """The closed record of the number's newest call, unless that is `before`.

    An open one, or None, at `deadline` (time.monotonic()). Raises SQLAlchemyError.
    """
    while True:
        late = time.monotonic() > deadline
        newest = newest_call(engine, number)
        found = find_call(engine, newest) if newest != before else None
        if late or (found is not None and found[0].ended_at is not None):
            return None if found is None else found[0]
        time.sleep(_POLL_S)


def _own(host: str, port: int) -> str:
    """The address of this machine that others see from there; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))
        own: str = probe.getsockname()[0]
        return own


def _instead(listener: Listener, missed: NotHeard) -> tuple[str, str]:
    """What was heard in the welcome's place."""
    listener.sound.read_on()
    samples = listener.sound.samples
    seconds = f"{len(samples) / RATE:.1f} s"
    parts = [samples[at : at + RATE // 10] for at in range(0, len(samples), RATE // 10)]
    if not any(np.sqrt(np.mean(np.square(part))) >= FLOOR for part in parts):
        return "silence", f"answered, and silent for {seconds}"
    if any(piece.begun_at is not None for piece in missed.pieces):
        return "cut", f"the welcome was cut: {missed}"
    return "wrong_sound", f"answered, and in {seconds} of sound there is no welcome"

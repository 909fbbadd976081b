"""The stage of the demo: the turns of its one call as they are stored, and a telephone."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import redis

from call_handlers.arrival import call_from_json
from hotline.bootstrap import Services
from ivr.turn import Perform, Turn
from lab.callers.agi_driver import AgiLine, sound_files
from lab.callers.fake_asterisk import FakeAsterisk
from lab.callers.line import Line
from lab.callers.sip_line import sip_call, sound_pieces

_POLL_S = 0.02
_STATES = "hotline:call:*:state"


class StoredTurns:
    """The turns of the one call that this Redis knows, as the session store has them.

    They are stored before they are performed, so whoever looks here knows what is being said,
    whichever process leads the call.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self.call_id = ""

    def wait_turn(self, after: int, timeout_s: float, over: Callable[[], bool]) -> Turn | None:
        """The newest turn numbered above `after`; None when `over` says so, or the time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            ended = over()
            turn = self._newest()
            if turn is not None and turn.number > after and not isinstance(turn.action, Perform):
                return turn
            if ended or time.monotonic() > deadline:
                return None
            time.sleep(_POLL_S)

    def _newest(self) -> Turn | None:
        for key in self._client.scan_iter(match=_STATES):
            state = self._client.hget(key, "state")
            if state is not None:
                call = call_from_json(str(state, "utf-8") if isinstance(state, bytes) else state)
                self.call_id = call.call_id
                return call.turn
        return None


def call_by_sip(
    services: Services, turns: StoredTurns, folder: Path, number: str
) -> AbstractContextManager[Line]:
    """A real SIP call to the stage's Asterisk. Raises Differs when it is not answered."""
    sip = services.settings.sip
    pieces = sound_pieces(services.catalogue, services.settings.sounds)
    return sip_call(f"{sip.host}:{sip.port}", folder, number, turns, pieces)


@contextmanager
def call_by_agi(services: Services, turns: StoredTurns, number: str) -> Iterator[Line]:
    """A call by a fake Asterisk over real sockets to the stage's FastAGI servers."""
    agi = services.settings.agi
    asterisk = FakeAsterisk([(agi.host, port) for port in agi.ports])
    prefix = agi.sounds_prefix or str(services.settings.sounds.absolute())
    files = partial(sound_files, services.catalogue, prefix)
    line = AgiLine(turns, files, lambda caller: asterisk.call(caller, number=number, eager=True))
    try:
        line.start()
        yield line
    finally:
        line.close()

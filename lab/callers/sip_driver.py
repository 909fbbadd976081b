"""Real SIP calls through a real Asterisk: keys are RFC 4733 events, and every prompt that the
transcript needs must be heard in the sound that arrived at the caller's telephone.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agi_scripts.channel import AgiChannel
from agi_scripts.scripts import Script, make_scripts
from agi_scripts.server import FastAgiServer
from embedded.asterisk.instance import AsteriskInstance
from embedded.asterisk.layout import LAB_GLOBALS
from hotline.bootstrap import Services
from hotline.stack import asterisk_instance
from ivr.turn import OPERATORS
from lab.callers.line import CannotPlay, need_no_more_than_keys
from lab.callers.sip_attestation import AttestingNetwork
from lab.callers.sip_line import SipLine, sip_call, sound_pieces
from lab.callers.stores import Stores
from lab.own_stack import HOST, changed, own_folder, stack_settings
from lab.transcript import Transcript

SCRIPT_NAMES = ("call", "transferred", "ended")
OPERATOR_SECONDS = "1"
"""How long the operator who answers stays; then the call is over."""
AGENCY_RING = "2"
"""How long an agency is rung that does not answer."""
_LINES = {
    "busy": "Local/busy@hotline-lab",
    "no_answer": "Local/silent@hotline-lab",
    "unavailable": "Local/nobody@hotline-lab",
}
"""Where a call to an agency leads of which a transcript says what comes of it."""
_DIALABLE = re.compile(r"\+?[A-Za-z0-9._-]{1,64}")


class SwitchedScripts:
    """Scripts that serve whichever desk has the call now, so that one server serves all calls."""

    def __init__(self) -> None:
        self._now: Mapping[str, Script] = {}
        self.by_name: dict[str, Script] = {name: self._script(name) for name in SCRIPT_NAMES}

    def use(self, scripts: Mapping[str, Script]) -> None:
        """From now on these."""
        self._now = scripts

    def _script(self, name: str) -> Script:
        def script(channel: AgiChannel) -> str:
            return self._now[name](channel)

        return script


class SipDriver:
    """One Asterisk, for one call after another; see `open_sip_driver`."""

    def __init__(
        self,
        services: Services,
        asterisk: AsteriskInstance,
        scripts: SwitchedScripts,
        folder: Path,
        proof: Path,
    ) -> None:
        self._pieces = sound_pieces(services.catalogue, proof)
        self._sounds = services.sounds(asterisk.sounds_inside)
        self._asterisk = asterisk
        self._scripts = scripts
        self._folder = folder
        self._numbers = itertools.count(1)

    @contextmanager
    def dial(self, transcript: Transcript, stores: Stores) -> Iterator[SipLine]:
        """Place the call with a telephone of its own; it is over when this is."""
        number = _number(transcript)
        if OPERATORS in transcript.transfers:
            raise CannotPlay("operators always answer on this driver")
        recordings = self._asterisk.recordings_inside
        self._scripts.use(make_scripts(stores.desk, self._sounds, recordings=recordings))
        folder = self._folder / f"caller-{next(self._numbers)}"
        target = self._asterisk.sip_address
        with ExitStack() as stack:
            if transcript.attestation:
                network = AttestingNetwork(target, transcript.attestation)
                target = stack.enter_context(network).address
            stack.enter_context(self._agencies(transcript.transfers))
            call = sip_call(target, folder, number, stores.sessions, self._pieces)
            yield stack.enter_context(call)

    @contextmanager
    def _agencies(self, transfers: Mapping[str, str]) -> Iterator[None]:
        """Agencies that do as a transcript says, as long as its call lasts."""
        done = {f"AGENCY_{to}": _LINES[came] for to, came in transfers.items() if came in _LINES}
        chosen = {**done, "AGENCY_RING": AGENCY_RING} if done else {}
        try:
            self._set(chosen)
            yield
        finally:
            self._set({name: LAB_GLOBALS[name] for name in chosen})

    def _set(self, globals_: Mapping[str, str]) -> None:
        for name, value in globals_.items():
            self._asterisk.rx(f"dialplan set global {name} {value}")


@contextmanager
def open_sip_driver(services: Services, proof: Path | None = None) -> Iterator[SipDriver]:
    """A driver with an Asterisk of its own on free ports; the prompts' sound must be built.

    `proof` is the folder of the sounds that must be heard: those that are played, unless the ear
    itself is under test.

    Raises AsteriskUnavailable where none is installed, AsteriskFailed when it does not start.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(own_folder())
        scripts = SwitchedScripts()
        server = FastAgiServer(HOST, 0, scripts.by_name)
        server.start()
        stack.callback(server.stop)
        settings = stack_settings(services.settings, folder)
        asterisk = asterisk_instance(
            changed(settings, agi={"ports": (server.port,)}),
            globals={"LAB_SECONDS": OPERATOR_SECONDS},
            keep=False,
        )
        stack.enter_context(asterisk)
        yield SipDriver(services, asterisk, scripts, folder, proof or services.settings.sounds)


def _number(transcript: Transcript) -> str | None:
    """The number in the telephone's From. Raises CannotPlay for what it cannot do."""
    need_no_more_than_keys(transcript)
    if transcript.withheld or not transcript.caller:
        return None
    if not _DIALABLE.fullmatch(transcript.caller):
        raise CannotPlay("a SIP telephone cannot have this number")
    return transcript.caller

"""A fake Asterisk over a real socket to a FastAGI server of the call's own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import Empty, SimpleQueue

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from agi_scripts.sounds import LONGEST_S, Sounds
from call_handlers.arrival import Arrival
from ivr.prompts import Catalogue
from ivr.turn import Prompt, Record, Turn
from lab.callers.asterisk_model import (
    BRIEF_S,
    Act,
    HangUp,
    Listening,
    Press,
    Silent,
    Speak,
)
from lab.callers.fake_asterisk import FakeAsterisk, Lived
from lab.callers.line import Differs, Turns, need_no_more_than_keys
from lab.callers.player import ANSWERED, is_over, told
from lab.callers.stores import Stores
from lab.transcript import Transcript

HOST = "127.0.0.1"
SOUNDS = "/sounds"
RECORDINGS = "/recordings"
RESTRICTED = 32
"""Presentation bits of Q.931: the number is not to be shown."""
TURN_S = 10.0


class AgiDriver:
    """Calls without sound: what is proven is that the right files were played, in order.

    A transfer is answered at once, or fails at once where the transcript says so.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    @contextmanager
    def dial(self, transcript: Transcript, stores: Stores) -> Iterator["AgiLine"]:
        """Call a server that has nothing else to do; call and server are over when this is."""
        need_no_more_than_keys(transcript)
        sounds = Sounds(
            self._catalogue, lambda: lambda _stem: LONGEST_S, SOUNDS, self._catalogue.languages
        )
        server = FastAgiServer(HOST, 0, make_scripts(stores.desk, sounds, recordings=RECORDINGS))
        server.start()
        arrival = Arrival("asterisk", f"transcript-{stores.folder.name}")
        asterisk = FakeAsterisk([(HOST, server.port)])
        line = AgiLine(
            stores.sessions,
            partial(sound_files, self._catalogue, SOUNDS),
            lambda caller: asterisk.call(
                caller,
                number=transcript.caller or "unknown",
                presentation=RESTRICTED if transcript.withheld else 0,
                attestation=transcript.attestation,
                eager=True,
                transfers=lambda target: transcript.transfers.get(target, ANSWERED),
                extra={"agi_uniqueid": arrival.provider_id},
            ),
        )
        try:
            line.start()
            yield line
        finally:
            line.close()
            server.stop()


def sound_files(
    catalogue: Catalogue, prefix: str, language: str, prompts: Sequence[Prompt]
) -> list[str]:
    """What Asterisk is to play of these prompts, in order, from its folder `prefix`."""
    pieces = (piece for prompt in prompts for piece in catalogue.speak(language, prompt))
    return [
        f"{RECORDINGS}/{piece.recording}" if piece.recording else f"{prefix}/{piece.audio}"
        for piece in pieces
    ]


class AgiLine:
    """The caller's side of a call that a fake Asterisk lives in a thread of its own."""

    def __init__(
        self,
        turns: Turns,
        files: Callable[[str, Sequence[Prompt]], list[str]],
        live: Callable[[Callable[[Listening], Act]], Lived],
    ) -> None:
        self._turns = turns
        self._files = files
        self._live = live
        self._listenings: SimpleQueue[Listening | None] = SimpleQueue()
        self._acts: SimpleQueue[Act] = SimpleQueue()
        self._lived: Lived | BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="fake-asterisk", daemon=True)
        self._turn: Turn | None = None
        self._in_vain: list[str] = []

    @property
    def turn(self) -> Turn:
        """What the hotline says now."""
        assert self._turn is not None, "not begun"
        return self._turn

    def start(self) -> None:
        """Dial; returns at the first turn."""
        self._thread.start()
        self._go_on()

    def listen(self, index: int) -> None:
        """Everything is heard at once."""

    def enter(self, keys: str) -> None:
        """Press keys; the fake Asterisk ends a short entry by silence."""
        self._act(Press(keys))

    def press_in_vain(self, keys: str) -> None:
        """Nobody listens."""

    def wait(self) -> None:
        """Silence, to the next turn."""
        self._to_the_beep()
        self._act(Silent())

    def dictate(self, seconds: int, end: str) -> None:
        """Speak into the recording, after all that is said before it."""
        self._to_the_beep()
        if end == "hang_up":
            self._acts.put(Speak(seconds, hang_up=True))
            self._thread.join(TURN_S)
        else:
            self._act(Speak(seconds, key="" if end == "silence" else end))

    def unanswered(self, result: str) -> None:  # noqa: ARG002 - the port's signature
        """The fake Asterisk knows of it; what was said before is heard with the next turn."""
        self._in_vain += self._files(self.turn.language, self.turn.prompts)
        self._go_on()

    def hang_up(self) -> None:
        """Leave; while nobody listens that makes no difference any more."""
        if not is_over(self.turn):
            self._acts.put(HangUp())
        self._thread.join(TURN_S)

    def listen_out(self) -> None:
        """To the end; last words are proven as well."""
        self.hang_up()
        if is_over(self.turn):
            lived = self._ended()
            self._same(self.turn.prompts, lived.last_heard)

    def close(self) -> None:
        """End the call, whatever it is doing."""
        self._acts.put(HangUp())
        self._thread.join(TURN_S)

    def _to_the_beep(self) -> None:
        """Over what stands before a recording keys may be pressed: this caller presses none."""
        if self._skippable:
            self._acts.put(Silent())
            self._heard_now([prompt for prompt in self.turn.prompts if prompt.whole])

    @property
    def _skippable(self) -> list[Prompt]:
        """What stands before the recording of this turn and its notice."""
        prompts = self.turn.prompts if isinstance(self.turn.action, Record) else ()
        return [prompt for prompt in prompts if not prompt.whole]

    def _act(self, act: Act) -> None:
        self._acts.put(act)
        self._go_on()

    def _go_on(self) -> None:
        """To the next turn: the caller is listened to, or it is the last."""
        before = self._turn.number if self._turn is not None else 0
        turn = self._turns.wait_turn(before, TURN_S, lambda: not self._thread.is_alive())
        if turn is None:
            raise Differs("a next turn", self._why())
        self._turn = turn
        if is_over(turn):
            return
        self._heard_now(self._skippable or turn.prompts, skippable=bool(self._skippable))

    def _heard_now(self, prompts: Sequence[Prompt], *, skippable: bool = False) -> None:
        """The caller is listened to, having heard these; `skippable` ones go on without a key."""
        files: tuple[str, ...] = ()
        while True:
            try:
                listening = self._listenings.get(timeout=TURN_S)
            except Empty:
                listening = None
            if listening is None:
                raise Differs(told(self.turn), self._why())
            files += listening.files
            goes_on = listening.kind == "keys" and listening.wait_s < BRIEF_S
            if not goes_on or skippable:
                break
            self._acts.put(Silent())  # a turn too long for one command
        self._same(prompts, files)

    def _same(self, prompts: Sequence[Prompt], files: tuple[str, ...]) -> None:
        expected = [*self._in_vain, *self._files(self.turn.language, prompts)]
        self._in_vain = []
        if list(files) != expected:
            keys = ", ".join(prompt.key for prompt in prompts)
            raise Differs(f"{keys} as {' '.join(expected)}", " ".join(files) or "nothing")

    def _run(self) -> None:
        try:
            self._lived = self._live(self._answer)
        except BaseException as error:  # told as how the call ended
            self._lived = error
        self._listenings.put(None)

    def _answer(self, listening: Listening) -> Act:
        self._listenings.put(listening)
        return self._acts.get()

    def _ended(self) -> Lived:
        if isinstance(self._lived, Lived):
            return self._lived
        raise Differs("the end of the call", f"{self._lived or 'it goes on'}")

    def _why(self) -> str:
        lived = self._lived
        if isinstance(lived, Lived):
            return "no server led the call to its end" if lived.alone else "the end of the call"
        return f"{type(lived).__name__}: {lived}" if lived else "nothing more"

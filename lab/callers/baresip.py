"""A SIP caller that acts on cue and can be listened to: a baresip of its own.

It has its own folder, SIP port, media ports and control port, so several can call at once. Keys are
RFC 4733 telephone-events. What it hears grows in `heard` as 8 kHz 16-bit mono samples.
"""

import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lab.callers.baresip_control import Control, ControlLost, Event
from lab.callers.ports import CALLER_MEDIA, CALLER_SIP, free_port, media_range
from lab.callers.voice import caller_voice

KEYS = frozenset("0123456789*#")
# A key is held and released by two packets groups; a person needs longer between keys than this.
KEY_SPACING = 0.2

CONFIG = """\
poll_method epoll
sip_listen {host}:{sip_port}
call_local_timeout 120
call_max_calls 1
audio_source aufile,{voice}
audio_player aubridge,heard
audio_alert aubridge,alert
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {media_first}-{media_last}
jitter_buffer_delay 0-0
net_interface {host}
module_path {modules}
module g711.so
module sndfile.so
module aubridge.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control_port}
snd_path {folder}
ringback_disabled yes
"""


class CallerFailed(Exception):
    """The caller's program cannot be started or has ended; the message holds its last lines."""


@dataclass(frozen=True)
class Closed:
    """How a call ended: SIP's status code (None after an answer), the words, when (monotonic)."""

    status: int | None
    reason: str
    at: float


class SipCaller:
    """One telephone. A context manager: it is ready to dial inside, and gone after.

    `number` is the user part of From (what the network sends as caller ID); None withholds it.
    `display_name` goes into From as it is given. `voice` is a WAV that the caller sends all
    the time (8 kHz mono 16 bit); a soft babble when not given. `host` is its own address, and
    with `answers` it takes calls: `address` is then where it rings.
    """

    def __init__(
        self,
        folder: Path,
        target: str,
        *,
        number: str | None,
        display_name: str = "",
        voice: Path | None = None,
        host: str = "127.0.0.1",
        answers: bool = False,
    ) -> None:
        self.folder = folder
        self.address = ""
        self._host = host
        self._answers = answers
        self.target = target
        self.number = number
        self._display_name = display_name
        self._voice = voice
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Control | None = None
        self._last_key = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, timeout: float = 10) -> None:
        """Start the program and return when it takes commands. Raises CallerFailed."""
        if shutil.which("baresip") is None:
            raise CallerFailed("baresip is missing: apt-get install baresip")
        for attempt in (1, 2, 3):
            # A port that was free may be taken by the time it is bound: then others are tried.
            control_port = self._write_config()
            self._process = self._spawn()
            try:
                self._control = Control(control_port, timeout=timeout, alive=self._alive)
                return
            except ControlLost as lost:
                words = self._last_words()
                self.stop()
                if attempt == 3:
                    raise CallerFailed(f"{lost}\n{words}") from None

    def dial(self, extension: str = "940") -> None:
        """Begin a call to `extension` of the target; `wait_established` tells when it is answered.

        What was heard in a call before is dropped.
        """
        self._controlled.forget_events()
        for earlier in self.folder.glob("dump-*.wav"):
            earlier.unlink()
        self._controlled.command("dial", f"sip:{extension}@{self.target}")

    def wait_established(self, timeout: float = 10) -> float:
        """When the call was answered, as time.monotonic().

        Raises TimeoutError when it is not in `timeout` seconds; CallerFailed when it was refused
        (the message holds SIP's status) or the program ended.
        """
        at, event = self._wait(
            lambda e: e.get("type") in ("CALL_ESTABLISHED", "CALL_CLOSED"), timeout
        )
        if event["type"] == "CALL_CLOSED":
            raise CallerFailed(f"the call was refused: {event.get('param')}")
        return at

    def wait_called(self, timeout: float = 10) -> float:
        """When a call that came was answered here, as time.monotonic(). Raises TimeoutError."""
        return self._wait(lambda e: e.get("type") == "CALL_ESTABLISHED", timeout)[0]

    def wait_closed(self, timeout: float = 10) -> Closed:
        """How and when the call ended. Raises TimeoutError when it has not in `timeout` seconds."""
        return _closed(*self._wait(_is_closed, timeout))

    @property
    def closed(self) -> Closed | None:
        """How the call ended, or None while it lasts."""
        found = self._controlled.find_event(_is_closed)
        return _closed(*found) if found else None

    def press(self, keys: str) -> None:
        """Press one key after another: 0 to 9, * and #. Returns when the last is on its way."""
        for key in keys:
            if key not in KEYS:
                raise ValueError(f"no such key: {key!r}")
            wait = self._last_key + KEY_SPACING - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._controlled.command("sndcode", key)
            self._last_key = time.monotonic()

    def hang_up(self) -> None:
        """End the call from this side."""
        self._controlled.command("hangup")

    @property
    def heard(self) -> Path | None:
        """The WAV of what has been heard so far, which grows; None before the first sound."""
        return max(self.folder.glob("dump-*-dec.wav"), default=None)

    def stop(self) -> None:
        """End the program, and with it the call."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        control, self._control = self._control, None
        if control is not None:
            control.close()

    @property
    def _controlled(self) -> Control:
        if self._control is None:
            raise CallerFailed("the caller has not been started")
        return self._control

    def _wait(self, wanted: Callable[[Event], bool], timeout: float) -> tuple[float, Event]:
        try:
            return self._controlled.wait_event(wanted, timeout)
        except ControlLost as lost:
            raise CallerFailed(f"{lost}\n{self._last_words()}") from None

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _write_config(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        control_port = free_port(CALLER_SIP)
        first, last = media_range(CALLER_MEDIA, 10)
        sip_port = free_port(CALLER_SIP, count=2)  # it binds the next one too, for TLS
        self.address = f"{self._host}:{sip_port}"
        (self.folder / "config").write_text(
            CONFIG.format(
                host=self._host,
                sip_port=sip_port,
                control_port=control_port,
                media_first=first,
                media_last=last,
                voice=self._voice or caller_voice(self.folder.parent),
                modules=_modules(),
                folder=self.folder,
            )
        )
        who = f"{self.number}@{self._host}" if self.number else "anonymous@anonymous.invalid"
        name = self._display_name or ("" if self.number else "Anonymous")
        quoted = '"{}" '.format(name.replace("\\", "\\\\").replace('"', '\\"')) if name else ""
        (self.folder / "accounts").write_text(
            f"{quoted}<sip:{who}>;regint=0;audio_codecs=pcma,pcmu"
            f"{';answermode=auto' if self._answers else ''}\n"
        )
        for name in ("contacts", "uuid"):
            (self.folder / name).touch()
        return control_port

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.folder / "output.txt").open("wb") as output:
            return subprocess.Popen(
                ["baresip", "-4", "-f", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _last_words(self) -> str:
        path = self.folder / "output.txt"
        return (
            "\n".join(path.read_text(errors="replace").splitlines()[-8:]) if path.exists() else ""
        )


def _is_closed(event: Event) -> bool:
    return event.get("type") == "CALL_CLOSED"


def _closed(at: float, event: Event) -> Closed:
    reason = str(event.get("param") or "")
    status = reason[:3]
    known = len(status) == 3 and all(c in "0123456789" for c in status)
    return Closed(int(status) if known else None, reason, at)


def _modules() -> str:
    found = [Path("/usr/lib/baresip/modules"), *Path("/usr/lib").glob("*/baresip/modules")]
    return str(next((folder for folder in found if folder.is_dir()), found[0]))


def _end(process: subprocess.Popen[bytes]) -> None:
    # At SIGTERM it hangs up its call, and waits for the answer a little.
    process.terminate()
    try:
        process.wait(1.5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

"""A turn becomes AGI commands; what the caller did becomes an event.

How keys are collected, with reasons found on Asterisk 22:

- Prompts and keys are one `Read`: one command that plays all files, hears a key over any of them,
  and collects the entry. A menu has no terminator there, so that `#` is a key like any other. An
  entry's has one, and option `e`, by which a terminator pressed alone is the entry. (With two
  terminators `e` would return *both* when one was pressed.)
- `Read` has one time-out argument for silence and for the time between two keys. The dialplan sets
  both (TIMEOUT(response), TIMEOUT(digit)) to those of a usual entry; another entry sets its own.
- `Read` says result=0 whatever came; READSTATUS tells. It is ERROR, and nobody listened, when the
  last file is missing or not to be read.
- A guarded piece is a `Playback`, over which keys are not heard; PLAYBACKSTATUS is FAILED when one
  of its files was not played. A whole one is a `STREAM FILE` that only keys end that lead away.
- What Asterisk cannot play is said in another language. When it can play none, the call is not led
  on in silence: `PromptNotPlayed` takes it to the operators.
- A turn whose files do not fit into one line is played in several, each listening for that key.
"""

from collections.abc import Callable, Sequence
from itertools import groupby

import structlog

from agi_scripts import metrics
from agi_scripts.channel import AgiChannel
from agi_scripts.errors import (
    ApplicationFailed,
    CallerGone,
    ConnectionLost,
    LocalError,
    PromptNotPlayed,
)
from agi_scripts.play import NOTHING, SLOWNESS, Part, lasting, parts_of, play, playback
from agi_scripts.sounds import Sound, Sounds, is_path
from agi_scripts.wire import Reply
from ivr.event import Digits, Event, HungUp, NoInput, Recorded
from ivr.turn import Collect, HangUp, Record, Transfer, Turn

log = structlog.get_logger()

KEYS = frozenset("0123456789*#ABCD")
"""What a keypad can send (ITU-T Q.23)."""
BEEP_S = 1.0
_BETWEEN_FILES = Collect(1, timeout_ms=50)
"""How a `Read` listens after files that others follow: Asterisk's own pause between files."""
_SAMPLES_PER_MS = 8
_LEFT_OF_SILENCE_MS = 1100
"""What Asterisk keeps of a recording that silence ended, when there was nothing before it (ms)."""
_RECORD_FAILURES = frozenset({"writefile", "randomerror", "waitfor"})
_READ = "${READSTATUS}:${IVR_IN}"
_MEND = "see `hotline doctor --asterisk`"


Heard = Callable[[str], bool]
"""Whether anybody is heard in the recording of this reference; true where that cannot be told."""
Room = Callable[[], bool]
"""Whether the disk has room for a recording. Never raises."""


def perform(
    channel: AgiChannel,
    turn: Turn,
    sounds: Sounds,
    recording: str,
    heard: Heard = lambda _reference: True,
    room: Room = lambda: True,
) -> Event | None:
    """Play and act out one turn; what came of it, or None when the script is to end.

    `recording` is where Asterisk records, a path without extension whose last part is the
    recording's reference. A caller who hangs up over a recording in which they are `heard` has
    recorded; the next turn finds that they are gone. Without `room` nobody is recorded, nor told
    that they are: it is as when Asterisk cannot.

    Raises RemoteError when the call can no longer be led from here (the connection is lost,
    Asterisk is silent or answers nonsense; PromptNotPlayed when it can play the turn in no
    language) and LocalError for a turn that cannot be performed; a caller who hangs up is no error.
    """
    try:
        return _said(channel, turn, sounds, recording, heard, room)
    except ConnectionLost:
        raise  # whether the caller is gone is not known: another server may go on
    except CallerGone:
        return HungUp()


def to_operators(channel: AgiChannel) -> None:
    """Have the dialplan put the call through to an operator, now. Raises RemoteError."""
    _finish(channel, "transfer", "operators")


def _said(
    channel: AgiChannel, turn: Turn, sounds: Sounds, recording: str, heard: Heard, room: Room
) -> Event | None:
    """Perform the turn in its language, or in another that Asterisk can play."""
    for files in sounds.ways(turn, recording.rpartition("/")[0]):
        try:
            return _performed(channel, turn, files, recording, heard, room)
        except PromptNotPlayed as error:
            metrics.PROMPTS_NOT_PLAYED.inc()
            log.error("prompt_not_played", node=turn.node, file=str(error), mend=_MEND)
    if isinstance(turn.action, Transfer):  # unannounced, but to somebody
        return _performed(channel, turn, [], recording, heard, room)
    raise PromptNotPlayed(f"{turn.node}: Asterisk can play it in no language")


def _performed(
    channel: AgiChannel,
    turn: Turn,
    files: list[Sound],
    recording: str,
    heard: Heard,
    room: Room,
) -> Event | None:
    channel.test_hangup()
    match turn.action:
        case Collect() as collect:
            return _collect(channel, files, collect)
        case Record() if not room():
            return _not_recorded("no_room")
        case Record() as record:
            if any(prompt.whole for prompt in turn.prompts) and not any(f.whole for f in files):
                raise PromptNotPlayed("its notice")  # nobody is recorded without being told
            event = _announced(channel, files, record)
            return event or _record(channel, record, recording, heard)
        case Transfer(target=target, last=last):
            play(channel, files)
            if last:
                channel.command("SET VARIABLE", "IVR_PRIORITY", "last")
            _finish(channel, "transfer", target)
        case HangUp():
            play(channel, files)
            _finish(channel, "hangup")
        case other:
            raise LocalError(f"a channel cannot perform {type(other).__name__}")
    return None


def _announced(channel: AgiChannel, files: Sequence[Sound], record: Record) -> Event | None:
    """Say what stands before a recording; the key that led away from it or skipped what it may."""
    for whole, group in groupby(files, key=lambda sound: sound.whole):
        if not whole:
            if key := _play_until_key(channel, parts_of(list(group))):
                return Digits(key)
            continue
        for sound in group:
            channel.test_hangup()
            lasts = lasting([sound])
            reply = channel.command("STREAM FILE", sound.path, record.leads, lasts=lasts)
            if reply.result == "-1":
                raise CallerGone("hung up over a notice")
            if key := _key(reply):
                return Digits(key)
            if reply.endpos == 0:
                raise PromptNotPlayed(sound.path)
    return None


def _key(reply: Reply) -> str:
    """The key whose character code is the result, empty when it is none."""
    key = chr(int(reply.result)) if reply.result.isascii() and reply.result.isdigit() else ""
    return key if key in KEYS else ""


def _collect(channel: AgiChannel, files: list[Sound], collect: Collect) -> Event:
    parts = parts_of(files)
    *parts, last = parts if files and not files[-1].guarded else [*parts, NOTHING]
    if not KEYS.issuperset(collect.terminator) or len(collect.terminator) > 1:
        raise LocalError("a terminator is one key")
    most = min(collect.max_digits, 255)
    key = _play_until_key(channel, parts)
    if not key:
        keys = _read(channel, last[1], most, collect)
        return Digits(keys) if keys else NoInput()
    if most == 1 or key == collect.terminator:
        return Digits(key)
    return Digits(key + _read(channel, (), most - 1, collect).removesuffix(collect.terminator))


def _play_until_key(channel: AgiChannel, parts: Sequence[Part]) -> str:
    """Play parts one after another; the key that stopped them, or an empty text."""
    for guarded, files in parts:
        if guarded:
            playback(channel, files)
        elif key := _read(channel, files, 1, _BETWEEN_FILES):
            return key
    return ""


def _read(channel: AgiChannel, files: Sequence[Sound], most: int, collect: Collect) -> str:
    """Play and collect at most `most` keys, as `collect` says. Empty when no key came."""
    channel.test_hangup()
    paths = [sound.path for sound in files]
    if most > 1:
        _wait_as(channel, collect)
    reply = channel.command(
        "EXEC Read",
        f"IVR_IN,{'&'.join(paths)},{most},{_options(most, collect)}",
        lasts=lasting(files) + (collect.timeout_ms + most * collect.interdigit_ms) / 1000,
    )
    if reply.result not in ("0", "-1"):
        raise ApplicationFailed(f"Read: result={reply.result[:8]}")
    status, _, keys = (channel.command("GET FULL VARIABLE", _READ).data or "").partition(":")
    if status in ("OK", "TIMEOUT"):
        # Anything that is no key makes the whole entry a wrong one: a part of it may be valid.
        return keys[:most] if KEYS.issuperset(keys) else "?"
    if status == "HANGUP" or channel.hung_up:
        raise CallerGone("hung up while listening")
    if status == "ERROR" and paths:
        raise PromptNotPlayed(paths[-1])
    raise ApplicationFailed(f"Read: {status[:16]}")


def _options(most: int, collect: Collect) -> str:
    """`Read`'s options and tries, and the time-out (s) of one key."""
    if most == 1:
        return f"t(),1,{collect.timeout_ms / 1000:g}"
    flags = "e" if collect.terminator == "#" else f"et({collect.terminator})"
    return f"{flags},1"


def _wait_as(channel: AgiChannel, collect: Collect) -> None:
    """Have the channel wait as this entry says; where it does so already, nothing is sent."""
    wanted = (collect.timeout_ms, collect.interdigit_ms)
    if wanted == channel.entry_waits_ms:
        return
    for name, ms in zip(("response", "digit"), wanted, strict=True):
        channel.command("SET VARIABLE", f"TIMEOUT({name})", f"{ms / 1000:g}")
    channel.entry_waits_ms = wanted


def _record(channel: AgiChannel, record: Record, path: str, heard: Heard) -> Event:
    if not is_path(path):
        raise LocalError("a recording's path has characters that Asterisk would not take as one")
    reference = path.rpartition("/")[2]
    command = ("RECORD FILE", path, "wav", record.terminators, record.max_seconds * 1000)
    silence = f"s={record.silence_ms // 1000}"
    channel.test_hangup()
    reply = channel.command(*command, "BEEP", silence, lasts=SLOWNESS * record.max_seconds + BEEP_S)
    if reply.result == "-1" and reply.data == "randomerror" and not reply.endpos:
        # Asterisk has no beep of its own: the caller is heard without one.
        log.warning("beep_missing")
        channel.test_hangup()
        reply = channel.command(*command, silence, lasts=SLOWNESS * record.max_seconds)
    ms = (reply.endpos or 0) // _SAMPLES_PER_MS
    gone = reply.result == "-1" and (reply.data == "hangup" or channel.hung_up)
    if gone:
        channel.mark_hung_up()
    if reply.result == "-1" and not gone:
        return _not_recorded(reply.data if reply.data in _RECORD_FAILURES else "other")
    key = _key(reply) if reply.data == "dtmf" else ""
    leads = key if key in record.leads else ""
    if reply.data == "timeout" and ms <= _LEFT_OF_SILENCE_MS:
        spoken = False
    else:
        spoken = ms > 0 and heard(reference)
    log.info("recorded", recording=reference, ms=ms, spoken=spoken, hung_up=gone)
    if spoken:
        return Recorded(reference, ms, leads)
    return HungUp() if gone else Digits(leads) if leads else NoInput()


def _not_recorded(reason: str) -> Event:
    metrics.RECORDINGS_FAILED.labels(reason).inc()
    log.error("recording_failed", reason=reason)
    return Recorded("", 0)


def _finish(channel: AgiChannel, done: str, target: str = "") -> None:
    """Tell the dialplan what is next. IVR_DONE is last: once it is set, nobody takes over."""
    if target:
        if not (target.isascii() and target.isalnum()):
            raise LocalError("a transfer's target is letters and digits")
        channel.command("SET VARIABLE", "IVR_TARGET", target)
    channel.command("SET VARIABLE", "IVR_DONE", done)

"""Files to commands that play them: with keys heard over them or not, and short enough lines."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from agi_scripts.channel import AgiChannel
from agi_scripts.errors import ApplicationFailed, CallerGone, PromptNotPlayed
from agi_scripts.sounds import Sound

SLOWNESS = 1.25
"""How much longer than its files a busy Asterisk may take to play them."""
MAX_FILES_BYTES = 1900
"""Bytes of file names in one line; the rest of the 2 KiB is for the command around them."""
_PLAYBACK = "${PLAYBACKSTATUS}"

Part = tuple[bool, Sequence[Sound]]
NOTHING: Part = (False, ())


def parts_of(files: Sequence[Sound]) -> list[Part]:
    """Files that one command can play: guarded or not, and short enough for a line."""
    return [
        (guarded, part)
        for guarded, group in groupby(files, key=lambda sound: sound.guarded)
        for part in lines_of(group)
    ]


def lines_of(files: Iterable[Sound]) -> Iterator[list[Sound]]:
    """Files in as few lines as hold them."""
    line: list[Sound] = []
    length = 0
    for sound in files:
        size = len(sound.path) + 1
        if line and length + size > MAX_FILES_BYTES:
            yield line
            line, length = [], 0
        line.append(sound)
        length += size
    if line:
        yield line


def play(channel: AgiChannel, files: Sequence[Sound]) -> None:
    """Play files to their end, in as many commands as that takes."""
    for part in lines_of(files):
        playback(channel, part)


def lasting(files: Sequence[Sound]) -> float:
    """How long Asterisk may take to play these (s)."""
    return SLOWNESS * sum(sound.seconds for sound in files)


def playback(channel: AgiChannel, files: Sequence[Sound]) -> None:
    """Play these by one command. Raises PromptNotPlayed when one of them was not played."""
    channel.test_hangup()
    paths = [sound.path for sound in files]
    reply = channel.command("EXEC Playback", "&".join(paths), lasts=lasting(files))
    if reply.result == "-1":
        raise CallerGone("hung up over a prompt")
    if reply.result != "0":
        raise ApplicationFailed(f"Playback: result={reply.result[:8]}")
    status = channel.command("GET FULL VARIABLE", _PLAYBACK).data
    if status == "FAILED" and not channel.hung_up:
        raise PromptNotPlayed(" ".join(paths))

"""The call that every peer leads: the commands of 12 turns, as our own conversation comes to.

A turn is one command that plays and listens, and one that asks what came of it. A recording, and
the variables that tell the dialplan what is next, are among them.
"""

Command = tuple[str, ...]
"""A command's words, then its arguments without quotes."""

TURNS = 12
_FILES = "&".join(f"hotline/ar/prompts/question-{number}" for number in range(3))
_TURN: tuple[Command, ...] = (
    ("EXEC Read", f"IVR_IN,{_FILES},1,t(),1,5"),
    ("GET FULL VARIABLE", "${READSTATUS}:${IVR_IN}"),
)
COMMANDS: tuple[Command, ...] = (
    *_TURN * (TURNS - 2),
    ("RECORD FILE", "/var/spool/hotline/4f1c-9", "wav", "#", "120000", "BEEP", "s=5"),
    ("EXEC Playback", "hotline/ar/prompts/goodbye"),
    ("GET FULL VARIABLE", "${PLAYBACKSTATUS}"),
    ("SET VARIABLE", "IVR_TARGET", "operators"),
    ("SET VARIABLE", "IVR_DONE", "transfer"),
)


def quoted(command: Command) -> str:
    """The command as a line, for a server that leaves quoting to its user."""
    words, *arguments = command
    return " ".join([words, *(f'"{argument}"' for argument in arguments)])

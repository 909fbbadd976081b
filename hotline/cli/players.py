"""Programs that play a WAV file on this machine."""

import shutil
from collections.abc import Sequence

PLAYERS = (("aplay", "-q"), ("play", "-q"), ("paplay",))


def player_here() -> Sequence[str] | None:
    """The first of `PLAYERS` that is installed, to be followed by a file; None where none is."""
    return next((player for player in PLAYERS if shutil.which(player[0])), None)

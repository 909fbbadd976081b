"""The classic way: a script that Asterisk would start anew for every call.

It imports what our FastAGI process imports, builds the same house and leads the same conversation
by pyst2's `AGI()` over standard input and output; then its process is over. Run by the bench alone:
`python -m lab.bench.classic_script SOUNDS RECORDINGS`, with the settings in the environment.
"""

import sys

from asterisk.agi import AGI

from agi_scripts.channel import AgiChannel
from agi_scripts.environment import Environment
from agi_scripts.errors import CallerGone, ConnectionLost
from agi_scripts.scripts import make_scripts
from agi_scripts.wire import Reply, ReplyReader, encode
from hotline.bootstrap import Services
from hotline.logs import configure
from hotline.settings import load_settings


class PipeChannel(AgiChannel):
    """pyst2's own `AGI()` on the pipes that Asterisk gives a script, for our `perform`.

    Its constructor reads the environment, sets the signal handler and logs, as the classic way
    does; each command is written by it. Only replies are read by ours: pyst2's fail on `HANGUP`.
    """

    def __init__(self) -> None:
        self._agi = AGI()
        self.environment = Environment(dict(self._agi.env))
        self.waited = 0.0
        self._replies = ReplyReader()

    def command(self, command: str, *arguments: str | int, lasts: float = 0.0) -> Reply:
        """Send one command and wait for its reply, without a limit, as the classic way does."""
        del lasts
        self._agi.send_command(encode(command, *arguments).decode())
        try:
            while (reply := self._replies.reply()) is None:
                line = self._agi.stdin.readline()
                if not line:
                    raise ConnectionLost("standard input was closed")
                self._replies.feed(line.encode())
        except CallerGone:
            self._replies.hung_up = True
            raise
        return reply


def main() -> None:
    """Lead one call."""
    settings = load_settings()
    configure(settings.log.level, settings.log.format)
    services = Services(settings)
    sounds, recordings = sys.argv[1:3]
    scripts = make_scripts(services.desk, services.sounds(sounds), recordings=recordings)
    try:
        scripts["call"](PipeChannel())
    finally:
        services.close()


if __name__ == "__main__":
    main()

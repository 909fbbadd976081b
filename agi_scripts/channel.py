"""A channel: AGI commands over a FastAGI connection, safe to use one in each thread.

Its errors are pyst2's too; what pyst2's own `AGI` does wrong is right here, and each has a test: it
sets a signal handler, which only the main thread may; logs every line to stderr; escapes nothing;
writes text to a stream of bytes; waits for ever; takes a variable's value for a hang-up; and fails
on `HANGUP`, end of file, 511, a one-line 520 and Latin-1.
"""

import time

from agi_scripts.connection import Connection
from agi_scripts.environment import Environment, EnvironmentReader
from agi_scripts.errors import BadEnvironment, CallerGone, ConnectionLost
from agi_scripts.wire import Reply, ReplyReader, encode
from ivr.turn import ENTRY_NOINPUT_MS, INTERDIGIT_MS

MARGIN_S = 5.0
"""Time that Asterisk may take for a command beyond what the command itself lasts (s)."""


def read_environment(connection: Connection, seconds: float) -> Environment:
    """Read the block that opens a connection, within `seconds` altogether.

    Raises BadEnvironment, ConnectionLost, DeadlinePassed.
    """
    deadline = time.monotonic() + seconds
    reader = EnvironmentReader()
    while True:
        try:
            data = connection.receive(deadline)
        except ConnectionLost as error:
            raise BadEnvironment("the connection closed before its blank line") from error
        environment = reader.feed(data)
        if environment is not None:
            return environment


class AgiChannel:
    """One connection from Asterisk. Not shared between threads.

    `hung_up` is true once the caller is known to have gone. `waited` is the time (s) spent waiting
    for Asterisk. `environment` is what the connection opened with. `entry_waits_ms` is how long the
    channel waits for a first key of an entry and between two: at first as the dialplan sets it.
    """

    entry_waits_ms = (ENTRY_NOINPUT_MS, INTERDIGIT_MS)

    def __init__(
        self, connection: Connection, environment: Environment, margin_s: float = MARGIN_S
    ) -> None:
        self.environment = environment
        self.waited = 0.0
        self._connection = connection
        self._margin_s = margin_s
        self._replies = ReplyReader()
        self._replies.hung_up = environment.hung_up

    @property
    def hung_up(self) -> bool:
        """Whether Asterisk has said that the caller is gone."""
        return self._replies.hung_up

    def command(self, command: str, *arguments: str | int, lasts: float = 0.0) -> Reply:
        """Send one command and wait for its reply, at most `lasts` and a margin (s).

        A caller who hangs up while it runs does not lose the reply: keys pressed before count.
        Raises LocalError, and any RemoteError but those that only a result can tell.
        """
        line = encode(command, *arguments)
        started = time.monotonic()
        deadline = started + lasts + self._margin_s
        try:
            self._connection.send(line, deadline)
            while (reply := self._replies.reply()) is None:
                self._replies.feed(self._connection.receive(deadline))
        except CallerGone:
            self._replies.hung_up = True
            raise
        finally:
            self.waited += time.monotonic() - started
        return reply

    def mark_hung_up(self) -> None:
        """Know from a command's result that the caller is gone, before Asterisk says so itself."""
        self._replies.hung_up = True

    def test_hangup(self) -> None:
        """Raise CallerGone when the caller is known to have gone."""
        if self._replies.hung_up:
            raise CallerGone("the caller has hung up")

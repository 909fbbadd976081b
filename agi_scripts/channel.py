"""A channel: pyst2's AGI commands over a FastAGI connection, safe to use one in each thread.

pyst2's `AGI` knows Asterisk's commands; what is mended here is how it speaks (each has a test):
it set a signal handler, which only the main thread may; logged every line to stderr; escaped
nothing; wrote text to a stream of bytes; waited for ever; took a variable's value for a hang-up;
and failed on `HANGUP`, end of file, 511, a one-line 520 and Latin-1.
"""

import time
from typing import Any

from asterisk.agi import AGI, AGIDBError

from agi_scripts.connection import Connection
from agi_scripts.environment import Environment, EnvironmentReader
from agi_scripts.errors import (
    ApplicationFailed,
    BadEnvironment,
    CallerGone,
    ConnectionLost,
    ResultHangup,
)
from agi_scripts.wire import Reply, ReplyReader, encode

MARGIN_S = 5.0
"""Time that Asterisk may take for a command beyond what the command itself lasts (s)."""
PATIENCE_S = 120.0
"""Time that pyst2's own methods allow a command: they do not say how long it may last (s)."""
# Asterisk reads an empty last argument of these as a value, not as none.
_OPTIONAL_TAIL = frozenset({"HANGUP", "CHANNEL STATUS", "SAY DATETIME"})


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


class AgiChannel(AGI):  # type: ignore[misc]  # pyst2 has no types
    """One connection from Asterisk. Not shared between threads.

    `hung_up` is true once the caller is known to have gone. `waited` is the time (s) spent waiting
    for Asterisk. `environment` is what the connection opened with, and `env` the same for pyst2.
    """

    def __init__(
        self, connection: Connection, environment: Environment, margin_s: float = MARGIN_S
    ) -> None:
        # Deliberately without AGI.__init__: it sets a signal handler and reads standard input.
        self.environment = environment
        self.env = environment.values
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

    # What pyst2's command methods are written on.

    def execute(self, command: str, *args: Any) -> dict[str, tuple[str, str]]:
        """Send a command of pyst2's and give its result as pyst2 does.

        Raises as `command` does; also CallerGone before it is sent when the caller is known to have
        gone, ResultHangup on `(hangup)` and ApplicationFailed on `result=-1`.
        """
        self.test_hangup()
        arguments = list(args)
        if command.upper() in _OPTIONAL_TAIL:
            while arguments and arguments[-1] == "":
                arguments.pop()
        reply = self.command(command, *arguments, lasts=PATIENCE_S)
        if reply.result == "-1":
            if reply.data == "hangup" or self.hung_up:
                self.mark_hung_up()
                raise ResultHangup(f"{command}: the caller hung up")
            raise ApplicationFailed(f"{command}: result=-1")
        result = {"result": (reply.result, reply.data or "")}
        if reply.endpos is not None:
            result["endpos"] = (str(reply.endpos), "")
        return result

    def send_command(self, command: str, *args: Any) -> None:
        """Send a command without waiting for its reply, as pyst2 has it."""
        self._connection.send(encode(command, *args), time.monotonic() + self._margin_s)

    def _quote(self, string: Any) -> str:
        """Leave quoting to the wire, which also escapes."""
        return str(string)

    def database_get(self, family: str, key: str) -> str:
        """A value of Asterisk's database. Raises AGIDBError when there is none."""
        result, value = self.execute("DATABASE GET", family, key)["result"]
        if result != "1":
            raise AGIDBError("key not found in database")
        return value

    def get_data(self, filename: str, timeout: int = 2000, max_digits: int = 255) -> str | None:
        """Play a file and collect digits; `timeout` in ms.

        None when the time ran out without a key, empty when only `#` was pressed.
        """
        result, data = self.execute("GET DATA", filename, timeout, max_digits)["result"]
        return None if data == "timeout" and not result else result

    def exec_command(self, command: str, *args: Any) -> dict[str, tuple[str, str]]:
        """Run a dialplan application; its arguments are joined with commas."""
        return self.execute("EXEC", command, ",".join(map(str, args)))

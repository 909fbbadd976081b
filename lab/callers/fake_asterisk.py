"""A fake Asterisk: a whole call over real sockets to real FastAGI servers, in no time at all.

It lives the contract of `config/asterisk/extensions.conf`: the first server, the second, the first
again; then the operators; `transferred` after a transfer that failed; `ended` at the end, however
the call ended. What the channel does with a command is `asterisk_model`'s.
"""

import itertools
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lab.callers.asterisk_model import Act, Caller, ChannelModel, Listening, Recorder

Server = tuple[str, int]
Transfers = Callable[[str], str]
"""What becomes of a transfer to this target: answered, busy, no_answer or unavailable."""

OPERATORS = "operators"
_CONNECT_S = 2.0
_MOST_ROUNDS = 20
_ids = itertools.count(1)
"""A millisecond of 1 kHz at 8 kHz, 16 bit."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One AGI() of the dialplan. `status` is AGISTATUS."""

    server: Server
    script: str
    status: str


@dataclass(frozen=True, slots=True)
class Lived:
    """A call as it was lived. `turns` are what was heard, and what the caller then did.

    `last_heard` came after the caller's last act. `transferred_to` is who answered at last; `alone`
    says that no server led the call to its end. `variables` are the channel's.
    """

    turns: tuple[tuple[Listening, Act], ...]
    last_heard: tuple[str, ...]
    hung_up: bool
    done: str
    transferred_to: str
    alone: bool
    visits: tuple[Visit, ...]
    commands: int
    variables: Mapping[str, str]


@dataclass
class FakeAsterisk:
    """Places calls to `servers`, tried in this order.

    `seconds` is how long it waits for a server's next command before it gives the connection up (a
    real Asterisk waits for ever). `exists` and `recorder` are the channel's, see `ChannelModel`.
    `address` is where it calls from; `systemname` (asterisk.conf) stands before its unique ids.
    `silence` is told of each time (s) that the caller heard nothing: until the next command.
    """

    servers: Sequence[Server]
    seconds: float = 30.0
    exists: Callable[[str], bool] = lambda _path: True
    recorder: Recorder | None = None
    address: str = ""
    systemname: str = ""
    silence: Callable[[float], None] = lambda _seconds: None

    def call(
        self,
        caller: Caller,
        *,
        number: str = "unknown",
        presentation: int = 0,
        attestation: str = "",
        transfers: Transfers = lambda _target: "answered",
        eager: bool = False,
        extra: Mapping[str, str] | None = None,
    ) -> Lived:
        """Live one call from its answer to its end.

        `presentation` is Q.931's (0 shown, 32 restricted, 67 not available); `extra` are lines of
        the environment to add or to change. A `caller` may wait as long as it likes.
        """
        channel = ChannelModel(caller, eager, self.exists, self.recorder)
        environment = environment_lines(number, presentation) | dict(extra or {})
        if self.systemname:
            environment["agi_uniqueid"] = f"{self.systemname}-{environment['agi_uniqueid']}"
        call = _Call(self, channel, environment, transfers)
        call.live(attestation)
        return Lived(
            turns=tuple(channel.acts),
            last_heard=tuple(channel.heard),
            hung_up=channel.hung_up,
            done=channel.variables.get("IVR_DONE", ""),
            transferred_to=call.answered_by,
            alone=call.alone,
            visits=tuple(call.visits),
            commands=channel.commands,
            variables=channel.variables,
        )

    def agi(
        self,
        server: Server,
        script: str,
        arguments: Sequence[str],
        channel: ChannelModel,
        environment: Mapping[str, str],
    ) -> str:
        """Run one AGI() application; its AGISTATUS."""
        channel.nobody_listens()
        silent_since = time.monotonic()
        try:
            own = (self.address, 0) if self.address else None
            connection = socket.create_connection(server, _CONNECT_S, source_address=own)
        except OSError:
            return "FAILURE"
        with connection, connection.makefile("rb") as lines:
            connection.settimeout(self.seconds)
            try:
                connection.sendall(_block(server, script, arguments, environment))
                while (line := lines.readline()).endswith(b"\n"):
                    self.silence(time.monotonic() - silent_since)
                    replies = channel.obey(line[:-1].decode("utf-8", "replace"))
                    connection.sendall("".join(f"{reply}\n" for reply in replies).encode())
                    silent_since = time.monotonic()
            except TimeoutError:
                return "FAILURE"  # the server neither spoke nor closed
            except OSError:
                pass  # the server died: Asterisk says SUCCESS all the same
        return "HANGUP" if channel.hung_up else "SUCCESS"


@dataclass
class _Call:
    """The dialplan, as it goes through one call."""

    asterisk: FakeAsterisk
    channel: ChannelModel
    environment: Mapping[str, str]
    transfers: Transfers
    answered_by: str = ""
    alone: bool = False
    visits: list[Visit] = field(default_factory=list)

    def live(self, attestation: str) -> None:
        first, *others = self.asterisk.servers
        self._led([first, *others, first], "call", attestation)
        for _ in range(_MOST_ROUNDS):
            if self.channel.hung_up or self.alone or self._done != "transfer":
                break
            target = self.channel.variables.get("IVR_TARGET", OPERATORS)
            result = self.transfers(target)
            if result == "answered":
                self.answered_by = target
                break
            self._led(self.asterisk.servers, "transferred", result)
        if self.alone and not self.channel.hung_up:
            self.answered_by = OPERATORS
        self._ended()

    @property
    def _done(self) -> str:
        return self.channel.variables.get("IVR_DONE", "")

    def _led(self, servers: Sequence[Server], script: str, argument: str) -> None:
        """Ask servers in turn until one has led the call to a decision."""
        self.channel.variables["IVR_DONE"] = ""
        for server in servers:
            statuses = {visit.status for visit in self.visits}
            if len(self.visits) == len(self.asterisk.servers) and statuses == {"FAILURE"}:
                break  # neither could be reached: a third wait helps nobody
            self._visit(server, script, argument)
            if self.channel.hung_up or self._done:
                return
        self.alone = True

    def _ended(self) -> None:
        """The hang-up handler. Nobody is asked whose server has closed the record already."""
        if self.channel.variables.get("IVR_ENDED") == "1":
            self.channel.hung_up = True
            return
        transfer = "answered" if self.answered_by else ""
        self.channel.hung_up = True
        done = self._done
        for server in self.asterisk.servers:
            if self._visit(server, "ended", done, transfer) != "FAILURE":
                return

    def _visit(self, server: Server, script: str, *arguments: str) -> str:
        status = self.asterisk.agi(server, script, arguments, self.channel, self.environment)
        self.visits.append(Visit(server, script, status))
        return status


def environment_lines(number: str, presentation: int) -> dict[str, str]:
    """The environment of a new call, in Asterisk's order."""
    unique = f"1800000000.{next(_ids)}"
    return {
        "agi_channel": f"PJSIP/trunk-{unique.rpartition('.')[2].zfill(8)}",
        "agi_language": "en",
        "agi_type": "PJSIP",
        "agi_uniqueid": unique,
        "agi_version": "22.10.1",
        "agi_callerid": number,
        "agi_calleridname": "unknown",
        "agi_callingpres": str(presentation),
        "agi_callingani2": "0",
        "agi_callington": "0",
        "agi_callingtns": "0",
        "agi_dnid": "940",
        "agi_rdnis": "unknown",
        "agi_context": "from-trunk",
        "agi_extension": "940",
        "agi_priority": "1",
        "agi_enhanced": "0.0",
        "agi_accountcode": "",
        "agi_threadid": "139660252313280",
    }


def _block(
    server: Server, script: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> bytes:
    lines = [
        "agi_network: yes",
        f"agi_network_script: {script}",
        f"agi_request: agi://{server[0]}:{server[1]}/{script}",
        *(f"{name}: {value}" for name, value in environment.items()),
        *(f"agi_arg_{number}: {value}" for number, value in enumerate(arguments, 1)),
    ]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "surrogateescape")

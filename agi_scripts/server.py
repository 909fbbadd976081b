"""The FastAGI server: one thread a connection, and a limit on everything.

A connection that cannot be served is closed at once, without a word: the dialplan takes that as
"use the next server". FastAGI has no authentication, so only the networks of `allowed` are served.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import structlog
from structlog.contextvars import clear_contextvars

from agi_scripts import metrics
from agi_scripts.channel import AgiChannel, read_environment
from agi_scripts.connection import Connection
from agi_scripts.errors import BadEnvironment, RemoteError
from agi_scripts.hosts import MEND, UNNAMED, is_unnamed
from agi_scripts.scripts import Script

log = structlog.get_logger()

AdmitsUnnamed = Callable[[str], bool]
"""Whether the host at this address may call though its unique ids may be another's too."""
Network = str | IPv4Network | IPv6Network

LOOPBACK: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
ALWAYS_SERVED = frozenset({"transferred", "ended", "ping", "strike"})
"""Scripts that a full server still serves: they finish calls, or ask for nothing."""
RESERVE = 64
"""Connections beyond `max_calls` whose script is looked at before they are refused."""
_STACK_BYTES = 512 * 1024
_CUT_S = 2.0


class FastAgiServer:
    """Serves `scripts` by name on `host`:`port` (0: a free one) to peers in `allowed` networks.

    `max_calls` calls at once; `environment_s` is how long a connection may take to say what for.
    `admits_unnamed` is asked at the beginning and the end of a connection that comes from an
    Asterisk without a systemname.
    """

    def __init__(
        self,
        host: str,
        port: int,
        scripts: Mapping[str, Script],
        *,
        max_calls: int = 600,
        allowed: Iterable[Network] = LOOPBACK,
        environment_s: float = 2.0,
        admits_unnamed: AdmitsUnnamed = lambda _peer: True,
    ) -> None:
        self._address = (host, port)
        self._scripts = dict(scripts)
        self._max_calls = max_calls
        self._allowed = tuple(ip_network(network) for network in allowed)
        self._environment_s = environment_s
        self._admits_unnamed = admits_unnamed
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._connections: set[socket.socket] = set()
        self._calls = 0
        self._idle = threading.Condition()
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._address[1]
        return port

    @property
    def in_progress(self) -> int:
        """Connections being served."""
        with self._idle:
            return len(self._connections)

    def use(self, scripts: Mapping[str, Script]) -> None:
        """Serve these to connections that come from now on; the others go on with theirs."""
        self._scripts = dict(scripts)

    def start(self) -> None:
        """Listen, and accept in a thread. Raises OSError when the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        listener = socket.create_server(self._address, family=family, backlog=512)
        acceptor = threading.Thread(
            target=self._accept, args=(listener,), name="fastagi-accept", daemon=True
        )
        acceptor.start()
        self._listener, self._acceptor = listener, acceptor
        # The port is told last: whoever sees it may also stop us.
        self._address = (self._address[0], listener.getsockname()[1])

    def serve_forever(self) -> None:
        """Start, and return once `drain` or `stop` was called elsewhere."""
        self.start()
        self._stopping.wait()

    def drain(self, seconds: float) -> int:
        """Refuse new connections, let calls in progress finish, cut what is left after `seconds`.

        Returns how many were cut; the dialplan takes those to the next server.
        """
        self._close_listener()
        deadline = time.monotonic() + seconds
        with self._idle:
            self._idle.wait_for(lambda: not self._connections, seconds)
            left = list(self._connections)
            for connection in left:
                # Wakes its thread, which closes it. The peer reads the end of the connection.
                _shut(connection)
            self._idle.wait_for(
                lambda: not self._connections, max(_CUT_S, deadline - time.monotonic())
            )
        if left:
            log.warning("agi_calls_cut", calls=len(left))
        return len(left)

    def stop(self) -> None:
        """Close everything now."""
        self.drain(0.0)

    def _close_listener(self) -> None:
        self._stopping.set()
        if self._listener is not None:
            _shut(self._listener)  # wakes accept(), which close() alone does not
            self._listener.close()
        if self._acceptor is not None:
            self._acceptor.join(_CUT_S)

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, peer = listener.accept()
            except OSError as error:
                if not self._stopping.is_set():
                    log.error("agi_accept_failed", error=error.strerror)
                    self._stopping.wait(0.1)  # out of descriptors: calls that end give some back
                continue
            try:
                if not self._admitted(connection, str(peer[0])):
                    connection.close()
            except Exception:  # whatever one connection brings, the next one is accepted
                self._forget(connection)
                connection.close()
                log.exception("agi_accept_failed")

    def _admitted(self, connection: socket.socket, peer: str) -> bool:
        """Give the connection a thread, or say that it is refused."""
        address = ip_address(peer.partition("%")[0])
        if not any(address in network for network in self._allowed):
            return _refused("peer")
        with self._idle:
            if len(self._connections) >= self._max_calls + RESERVE:
                return _refused("busy")
            self._connections.add(connection)
        previous = threading.stack_size(_STACK_BYTES)
        try:
            threading.Thread(
                target=self._serve, args=(connection, str(address)), name="fastagi", daemon=True
            ).start()
        except RuntimeError:  # no more threads
            self._forget(connection)
            return _refused("threads")
        finally:
            threading.stack_size(previous)
        return True

    def _serve(self, connection: socket.socket, peer: str) -> None:
        """Serve one connection; whatever happens to it stays here."""
        try:
            metrics.IN_PROGRESS.inc()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            wire = Connection(connection)
            channel = AgiChannel(wire, read_environment(wire, self._environment_s))
            self._run(channel, peer)
        except BadEnvironment as error:
            _refused("environment", error=str(error))
        except (RemoteError, OSError) as error:
            _refused("environment", error=type(error).__name__)
        except Exception:  # one connection's fault never reaches the others
            log.exception("agi_connection_failed")
        finally:
            self._forget(connection)
            connection.close()
            clear_contextvars()
            metrics.IN_PROGRESS.dec()

    def _run(self, channel: AgiChannel, peer: str) -> None:
        if not is_unnamed(channel.environment):
            self._run_script(channel)
        elif self._admits_unnamed(peer):
            self._run_script(channel)
            self._admits_unnamed(peer)  # its calls are no longer ago than this
        else:
            _refused("host", peer=peer, why=UNNAMED, mend=MEND)

    def _run_script(self, channel: AgiChannel) -> None:
        name = channel.environment.script
        script = self._scripts.get(name)
        if script is None:
            _refused("script")
            return
        if name in ALWAYS_SERVED:
            _outcome(name, script, channel)
            return
        with self._idle:
            if self._calls >= self._max_calls or self._stopping.is_set():
                _refused("draining" if self._stopping.is_set() else "busy")
                return
            self._calls += 1
        try:
            _outcome(name, script, channel)
        finally:
            with self._idle:
                self._calls -= 1

    def _forget(self, connection: socket.socket) -> None:
        with self._idle:
            self._connections.discard(connection)
            self._idle.notify_all()


def _outcome(name: str, script: Script, channel: AgiChannel) -> None:
    """Run a script; log and count what came of it."""
    try:
        outcome = script(channel)
    except RemoteError as error:
        outcome = "lost"
        log.warning("agi_call_lost", script=name, error=type(error).__name__, why=str(error))
    except Exception:  # IVR_DONE stays unset: the dialplan brings the caller to the next server
        outcome = "failed"
        log.exception("agi_call_failed", script=name)
    else:
        log.debug("agi_script_done", script=name, outcome=outcome)
    metrics.CALLS.labels(name, outcome).inc()


def _refused(reason: str, **why: str) -> bool:
    metrics.REFUSED.labels(reason).inc()
    log.warning("agi_refused", reason=reason, **why)
    return False


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was quicker

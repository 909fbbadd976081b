"""A worker of gunicorn's whose threads never wait for a client: waitress stands in front of them.

waitress reads all connections in one thread and hands a request to the others when the whole of it
is there; it sends answers likewise. So a connection that is silent, or drips, costs its buffer and
nothing else. What it lacks is added here: a deadline for a whole request (its own is for silence,
and a byte now and then renews it), and a limit of connections beyond which the one that has waited
longest gives way to a new one.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from gunicorn.workers.base import Worker
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from host.signals import hangup_reopens_logs

RECEIVE_S = 10.0
"""For a whole request, from the connection's beginning or its last answer on. Twilio waits 15 s."""
SEND_S = 60.0
"""For a whole answer to be taken."""
MOST_CONNECTIONS = 500
"""At once in one process."""
MOST_HEADER_BYTES = 16 * 1024
MOST_BODY_BYTES = 17 * 1024 * 1024
"""A file of the blocklist, by the API. What is over 64 KiB waits on disk."""
_IN_MEMORY = 64 * 1024
_LINGER_S = 2.0
"""A stopping worker keeps idle connections so long, for a request that may be on its way."""
_LOOP_S = 1.0


class _Channel(HTTPChannel):
    """A connection, and since when it is waited for."""

    def __init__(self, *args: Any, **named: Any) -> None:
        self.since = time.monotonic()
        super().__init__(*args, **named)

    @property
    def at_work(self) -> bool:
        """Whether a request is being answered, or its answer sent."""
        return bool(self.requests or self.total_outbufs_len)

    def service(self) -> None:
        """Answer one request; what comes next is waited for anew."""
        super().service()
        self.since = time.monotonic()

    def is_overdue(self, now: float) -> bool:
        """Whether its client has had all the time there is."""
        if self.requests:
            return False
        return now - self.since > (SEND_S if self.total_outbufs_len else RECEIVE_S)


class _Listener(TcpWSGIServer):
    channel_class = _Channel

    def maintenance(self, now: float) -> None:
        """Close what is overdue; called about once a second."""
        del now  # of the wall clock, which may jump
        moment = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(moment):
                channel.will_close = True

    def handle_accept(self) -> None:
        """Take a connection; when there are too many, instead of the one that waited longest."""
        waiting = [one for one in self.active_channels.values() if not one.at_work]
        if len(self.active_channels) >= MOST_CONNECTIONS and waiting:
            min(waiting, key=lambda one: one.since).handle_close()
        super().handle_accept()


class BufferedWorker(Worker):
    """One process: a thread for the connections, and `threads` for the application."""

    def run(self) -> None:
        """Serve until told to stop, then finish what is under way."""
        settings = Adjustments(
            threads=self.cfg.threads,
            connection_limit=10 * MOST_CONNECTIONS,
            cleanup_interval=1,
            max_request_header_size=MOST_HEADER_BYTES,
            max_request_body_size=MOST_BODY_BYTES,
            inbuf_overflow=_IN_MEMORY,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
            ident=None,
        )
        self._map: dict[int, Any] = {}
        threads = ThreadedTaskDispatcher()
        threads.set_thread_count(settings.threads)
        self._listeners = [
            _Listener(
                self.wsgi,
                self._map,
                _sock=taken.sock,
                dispatcher=threads,
                adj=settings,
                bind_socket=False,
                sockinfo=(taken.sock.family, None, None, None),
            )
            for taken in self.sockets
        ]
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._drain()
        threads.shutdown(timeout=1)

    def init_signals(self) -> None:
        """Also SIGHUP ends nothing; whoever loads the application may do more at it."""
        super().init_signals()
        hangup_reopens_logs()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: stop, without waiting for the loop to turn."""
        super().handle_exit(sig, frame)
        for listener in getattr(self, "_listeners", ()):
            listener.pull_trigger()

    def _turn(self) -> None:
        self.notify()
        wasyncore.loop(timeout=_LOOP_S, use_poll=True, map=self._map, count=1)

    def _drain(self) -> None:
        for listener in self._listeners:
            listener.accepting = False
            wasyncore.dispatcher.close(listener)
        began = time.monotonic()
        until = began + self.cfg.graceful_timeout
        while time.monotonic() < until:
            lingering = time.monotonic() < began + _LINGER_S
            busy = self._channels(lambda one: one.at_work or one.request is not None)
            idle = self._channels(lambda one: not one.at_work and one.request is None)
            if not lingering:
                for channel in idle:
                    channel.handle_close()
            if not busy and not (lingering and idle):
                return
            self._turn()

    def _channels(self, which: Callable[[_Channel], bool]) -> list[_Channel]:
        return [one for one in self._map.values() if isinstance(one, _Channel) and which(one)]

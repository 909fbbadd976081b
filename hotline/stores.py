"""The stores of one process, each opened once, when it is first asked for.

They stay as they are while the files that people edit are exchanged under them.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from host.closed import close_to_others
from hotline.settings import Settings
from store.breaker import Breaker

if TYPE_CHECKING:
    import redis
    import sqlalchemy as sa

    from blacklist.snapshot import Snapshot
    from call_handlers.records import RecordWriter
    from call_handlers.sessions import RedisSessions
    from host.disk import Reserve
    from store.call_database import CallDatabase
    from store.journal import Journal
    from tickets.spare_file import SpareFile
    from voice.folder import SoundFolder


class Stores:
    """What a process opens, and closes at its end. Nothing connects before a method is called."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = ExitStack()
        close_to_others(settings.state_dir)  # also where another release has made it

    def close(self) -> None:
        """Write what is still to be written and close what was opened."""
        self._stack.close()

    @cached_property
    def engine(self) -> sa.Engine:
        """The SQL database."""
        from store.database import make_engine

        engine = make_engine(self._settings.database)
        self._stack.callback(engine.dispose)
        return engine

    @cached_property
    def call_engine(self) -> sa.Engine:
        """The SQL database beside calls: it answers in seconds, or fails."""
        from store.database import CALL_DEADLINE_S, make_engine

        engine = make_engine(
            self._settings.database,
            deadline_seconds=CALL_DEADLINE_S,
            make_room=self.reserve.give_back,
        )
        self._stack.callback(engine.dispose)
        return engine

    @cached_property
    def call_database(self) -> CallDatabase:
        """What bounds how long callers wait for SQL: a deadline, and the process' one breaker."""
        from store.call_database import CallDatabase

        return CallDatabase(Breaker())

    @cached_property
    def fast_redis(self) -> redis.Redis:
        """Redis for the path of a call: short time-outs, no retry."""
        from store.redis_clients import make_redis

        client = make_redis(self._settings.redis, fast=True)
        self._stack.callback(client.close)
        return client

    @cached_property
    def slow_redis(self) -> redis.Redis:
        """Redis for queues and for people."""
        from store.redis_clients import make_redis

        client = make_redis(self._settings.redis, fast=False)
        self._stack.callback(client.close)
        return client

    @cached_property
    def queue_redis(self) -> redis.Redis:
        """Redis for who waits for jobs, and for nothing else.

        RQ waits in one command, and has the pool wait longer for its sake: connections that were
        made before would give up meanwhile, and an idle worker meet error after error.
        """
        from store.redis_clients import make_redis

        client = make_redis(self._settings.redis, fast=False)
        self._stack.callback(client.close)
        return client

    def afresh(self) -> None:
        """Give up the connections that nobody uses just now: the next ones are new."""
        made = self.__dict__
        for name in ("engine", "call_engine"):
            if name in made:
                made[name].dispose()
        for name in ("fast_redis", "slow_redis", "queue_redis"):
            if name in made:
                made[name].connection_pool.disconnect(inuse_connections=False)

    @cached_property
    def breaker(self) -> Breaker:
        """One breaker for everything on the path of a call that asks this Redis."""
        return Breaker()

    @cached_property
    def snapshot(self) -> Snapshot:
        """What people decided, for screening while Redis is away; read again now and then."""
        from blacklist.snapshot import Snapshot
        from hotline.screening import recorded_holds

        snapshot = Snapshot(lambda: recorded_holds(self.engine))
        snapshot.start()
        self._stack.callback(snapshot.close)
        return snapshot

    @cached_property
    def journal(self) -> Journal:
        """Where call records wait while SQL is away."""
        from store.journal import Journal

        path = self._settings.state_dir / "journal" / "records.jsonl"
        return Journal(path, self.reserve.give_back)

    @cached_property
    def spare(self) -> SpareFile:
        """Reference numbers that this machine may tell while SQL is away."""
        from tickets.spare_file import SpareFile

        path = self._settings.state_dir / "spare-references"
        return SpareFile(path, self.reserve.give_back)

    @cached_property
    def reserve(self) -> Reserve:
        """Room on the disk that is kept for tickets."""
        from host.disk import MB, Reserve

        return Reserve(self._settings.state_dir / "reserve", self._settings.disk.reserve_mb * MB)

    @cached_property
    def sessions(self) -> RedisSessions:
        """Where calls stand between two turns."""
        from call_handlers.sessions import RedisSessions

        return RedisSessions(self.fast_redis, self.breaker)

    @cached_property
    def records(self) -> RecordWriter:
        """The writer of call records."""
        from call_handlers.records import RecordWriter

        writer = RecordWriter(self.call_engine, self.journal)
        self._stack.callback(writer.close)
        return writer

    @cached_property
    def sound_folder(self) -> SoundFolder:
        """The prompts' audio as it lies on the disk."""
        from voice.folder import SoundFolder

        return SoundFolder(self._settings.sounds)

"""The composition root: the only place that builds things and hands them in.

`Services` builds each collaborator once, when it is first asked for, on the stores of `stores.py`.
Nothing here connects to anything before a method is called. Rooms are imported where a thing of
theirs is built: so a command that lists something starts without the dialog, Redis or the desk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from host.closed import make_closed_folder
from hotline.files import HouseFiles
from hotline.settings import Settings
from hotline.stores import Stores

if TYPE_CHECKING:
    import redis
    import sqlalchemy as sa

    from agi_scripts.sounds import Sounds
    from blacklist.policy import Policy
    from blacklist.screening import RedisScreening
    from call_handlers.desk import CallDesk
    from call_handlers.effects.port import Effect
    from call_handlers.memory import RedisMemory
    from call_handlers.records import MakeKept, RecordWriter
    from call_handlers.sessions import RedisSessions
    from call_handlers.sweep import SweepReport
    from host.disk import Reserve
    from hotline.outbound import Outbound
    from ivr.flow import Flow
    from ivr.flows import Flows
    from ivr.prompts import Catalogue
    from ivr.spoken.language import Language
    from store.breaker import Breaker
    from store.call_database import CallDatabase
    from store.journal import Journal
    from tickets.catalogue import Service
    from tickets.destinations.file import DestinationsFile
    from tickets.model import NewTicket, Ticket
    from tickets.spare_file import SpareFile
    from voice.folder import SoundFolder
    from voice.texts import Texts


class Services:
    """Everything that the parts of the house are made of, by one reading of its files.

    All of a process share its stores. What is made by other files is another `Services`.
    """

    def __init__(
        self, settings: Settings, files: HouseFiles | None = None, stores: Stores | None = None
    ) -> None:
        """`files` are those of another house with the same configuration, which it has read."""
        self.settings = settings
        self.files = files or self._files_now()
        self._stores = stores or Stores(settings)

    def by(self, files: HouseFiles) -> Services:
        """The same house by these files, on the same stores."""
        return Services(self.settings, files, self._stores)

    def read_again(self, kept: tuple[Flow, ...] = (), flow_file: Path | None = None) -> Services:
        """The same house by its files as they are now.

        `kept` are flows that calls in progress began with, `flow_file` another flow to go by.
        """
        return self.by(self._files_now(kept, flow_file))

    def _files_now(self, kept: tuple[Flow, ...] = (), flow_file: Path | None = None) -> HouseFiles:
        settings = self.settings
        return HouseFiles(
            settings.config_dir, kept, settings.voice_commands, settings.state_dir, flow_file
        )

    def close(self) -> None:
        """Write what is still to be written and close what was opened, for all of the process."""
        self._stores.close()

    @cached_property
    def zone(self) -> ZoneInfo:
        """The hotline's time zone."""
        return ZoneInfo(self.settings.timezone)

    # --- data that people edit -----------------------------------------------------------------

    @property
    def flow(self) -> Flow:
        """The flow. Raises FlowFileError."""
        return self.files.flow

    @property
    def flows(self) -> Flows:
        """The flow, and those that calls in progress began with. Raises FlowFileError."""
        return self.files.flows

    @property
    def inside_flow(self) -> Flow:
        """The flow of the codes that inside telephones dial. Raises FlowFileError."""
        return self.files.inside_flow

    @property
    def languages(self) -> Mapping[str, Language]:
        """The languages that have a file. Raises FileWrong."""
        return self.files.languages

    @property
    def catalogue(self) -> Catalogue:
        """The prompts. Raises CatalogueError."""
        return self.files.catalogue

    @property
    def recorded_prompts(self) -> Path:
        """The folder of studio recordings."""
        return self.files.recorded_prompts

    @property
    def kept_voices(self) -> Path:
        """The folder of voices whose audio is kept with the prompts."""
        return self.files.kept_voices

    @property
    def services(self) -> Mapping[str, Service]:
        """The service catalogue. Raises FileWrong."""
        return self.files.services

    @property
    def destinations(self) -> DestinationsFile:
        """Where tickets go. Raises FileWrong."""
        return self.files.destinations

    @property
    def policy(self) -> Policy:
        """The policy of screening. Raises PolicyWrong."""
        return self.files.policy

    # --- stores ----------------------------------------------------------------------------------

    def engine(self) -> sa.Engine:
        """The SQL database."""
        return self._stores.engine

    def afresh(self) -> None:
        """Give up the stores' connections that nobody uses just now: the next ones are new."""
        self._stores.afresh()

    @property
    def call_engine(self) -> sa.Engine:
        """The SQL database beside calls: it answers in seconds, or fails."""
        return self._stores.call_engine

    @property
    def call_database(self) -> CallDatabase:
        """What bounds how long callers wait for SQL: a deadline, and the process' one breaker."""
        return self._stores.call_database

    @property
    def fast_redis(self) -> redis.Redis:
        """Redis for the path of a call: short time-outs, no retry."""
        return self._stores.fast_redis

    @property
    def slow_redis(self) -> redis.Redis:
        """Redis for queues and for people."""
        return self._stores.slow_redis

    @property
    def queue_redis(self) -> redis.Redis:
        """Redis for who waits for jobs."""
        return self._stores.queue_redis

    @property
    def breaker(self) -> Breaker:
        """One breaker for everything on the path of a call that asks this Redis."""
        return self._stores.breaker

    @property
    def journal(self) -> Journal:
        """Where call records wait while SQL is away."""
        return self._stores.journal

    @property
    def spare(self) -> SpareFile:
        """Reference numbers that this machine may tell while SQL is away."""
        return self._stores.spare

    @property
    def reserve(self) -> Reserve:
        """Room on the disk that is kept for tickets."""
        return self._stores.reserve

    @property
    def sessions(self) -> RedisSessions:
        """Where calls stand between two turns."""
        return self._stores.sessions

    @property
    def records(self) -> RecordWriter:
        """The writer of call records."""
        return self._stores.records

    @property
    def sound_folder(self) -> SoundFolder:
        """The prompts' audio as it lies on the disk."""
        return self._stores.sound_folder

    @cached_property
    def texts(self) -> Texts:
        """Makes the sounds of texts that no prompt file has. Raises CatalogueError."""
        from voice.texts import TextMaker, Texts

        return Texts(TextMaker(self.settings.sounds, self.catalogue.voices, self.kept_voices))

    # --- calls -----------------------------------------------------------------------------------

    @cached_property
    def screening(self) -> RedisScreening:
        """Screening, with the snapshot of the record that holds while Redis is away."""
        from hotline.screening import make_screening

        snapshot, settings = self._stores.snapshot, self.settings.screening
        return make_screening(self.fast_redis, self.policy, self.breaker, snapshot, settings)

    @cached_property
    def desk(self) -> CallDesk:
        """The one way to lead a call."""
        from call_handlers.desk import CallDesk
        from call_handlers.effects.every import LOOKS
        from tickets.open import withdraw_ticket, withdraw_unnamed

        bounded = self.call_database.bounded
        return CallDesk(
            flows=self.flows,
            screening=self.screening,
            sessions=self.sessions,
            records=self.records,
            memory=self.memory,
            effects=self.effects(),
            looks=LOOKS,
            kept_days=self.settings.retention.recordings_days,
            emergency_lines=frozenset(self.settings.emergency_lines),
            withdraw=bounded(partial(withdraw_ticket, self.call_engine)),
            withdraw_unnamed=bounded(partial(withdraw_unnamed, self.call_engine)),
        )

    def effects(self) -> Mapping[str, Effect]:
        """What the dialog can ask of the world. Raises FileWrong, PolicyWrong, CatalogueError."""
        from call_handlers.effects.every import make_effects
        from hotline.world import make_world

        return make_effects(make_world(self))

    @cached_property
    def memory(self) -> RedisMemory:
        """What numbers have left behind for their next call."""
        from call_handlers.memory import RedisMemory

        return RedisMemory(self.fast_redis, self.breaker)

    def open_ticket(self) -> Callable[[NewTicket, datetime], Ticket]:
        """Commits a ticket, its delivery to the back office, and its message to the caller."""
        from hotline.world import make_open_ticket

        return make_open_ticket(self)

    def sounds(self, prefix: str) -> Sounds:
        """The prompts as Asterisk plays them from its folder `prefix`."""
        from agi_scripts.sounds import Sounds

        languages = self.flow.languages
        texts = self.settings.agi.texts_prefix
        return Sounds(self.catalogue, self.sound_folder.now, prefix, languages, texts)

    def sweep(self) -> SweepReport:
        """Close calls that nobody ended, and write what the journal holds into SQL.

        Raises SQLAlchemyError when the database is away.
        """
        from call_handlers.sweep import sweep_once

        return sweep_once(self.desk, self.engine(), self.journal, make_kept=self._make_kept())

    def replay(self) -> int:
        """Write what the journal holds into SQL; the number of entries. Takes a call's time each.

        Raises SQLAlchemyError when the database is away, and OSError: then the journal is kept.
        """
        from call_handlers.records import replay_journal

        return replay_journal(self.call_engine, self.journal, self._make_kept())

    def _make_kept(self) -> MakeKept:
        from call_handlers.kept import make_kept
        from hotline.world import make_requests

        return make_kept(*make_requests(self))

    # --- what goes out ---------------------------------------------------------------------------

    @cached_property
    def outbound(self) -> Outbound:
        """What goes to others and comes from them: deliveries, messages, recordings."""
        from hotline.outbound import Outbound

        room = self.reserve.room_for_recordings
        return Outbound(self.settings, self.engine(), lambda: self.destinations, room)


def ensure_folders(settings: Settings) -> None:
    """Make the folders that every role may write to. What callers have said is for us alone."""
    for folder in (settings.state_dir, settings.recordings):
        make_closed_folder(folder)
    settings.sounds.mkdir(parents=True, exist_ok=True)

"""What goes to others and comes from them, put together for a worker and a relay."""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import sqlalchemy as sa

from files.yaml_model import FileWrong
from hotline.environment import SettingsWrong
from hotline.providers import (
    check_providers,
    house_of,
    recording_drafter,
    recording_fetcher,
    retry_policy,
    sms_destination,
)
from hotline.secret import office_secrets
from hotline.settings import Settings
from outbox.lanes import Lane
from outbox.relay import RelayPolicy
from outbox.retry import RetryPolicy
from recordings.drafting import AROUND_S, LANE, Drafter, draft_work
from recordings.drafts import draft_as_told, drafts_of
from recordings.fetch import RECORDINGS, RecordingFetcher
from tickets.delivery import Deliverer
from tickets.destination import Destination
from tickets.destinations.drafts import DraftDestination
from tickets.destinations.file import DestinationsFile, digest_times
from tickets.destinations.mail.destination import EmailDestination
from tickets.destinations.webhook import WebhookDestination
from tickets.destinations.webhook_entry import WebhookEntry
from tickets.digests import LANE as DIGEST_LANE
from tickets.digests import Digester
from tickets.jobs import job_table
from tickets.lanes import delivery_lanes
from tickets.mobile import SMS
from tickets.spoken import DRAFTS, names_draft
from tickets.working.replying import find_reply


class Outbound:
    """Deliveries, messages to callers, recordings from Twilio; for a process."""

    def __init__(
        self,
        settings: Settings,
        engine: sa.Engine,
        destinations: Callable[[], DestinationsFile],
        room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._room = room
        self._engine = engine
        self._file = destinations

    @cached_property
    def backoffice_secrets(self) -> Callable[[], Sequence[str]]:
        """What gives the secrets that sign deliveries, of this moment.

        One is made and kept under `state_dir` for the embedded stack. Raises SettingsWrong.
        """
        try:
            return office_secrets(self._settings.backoffice, self._settings.state_dir)
        except ValueError as error:
            raise SettingsWrong([f"the file of HOTLINE_BACKOFFICE__SECRETS {error}"]) from None

    @cached_property
    def offices(self) -> dict[str, Destination]:
        """Where tickets are delivered, by name. Raises SettingsWrong."""
        try:
            return self._file().build(house_of(self._settings, self.backoffice_secrets))
        except FileWrong as error:
            raise SettingsWrong(str(error).splitlines()) from None

    def unbuilt(self) -> list[str]:
        """Why a worker with the environment of this process could not deliver, a line a fault."""
        try:
            check_providers(self._settings, self.offices.values())
        except SettingsWrong as error:
            return list(error.problems)
        return []

    @cached_property
    def destinations(self) -> dict[str, Destination]:
        """Where tickets, messages to callers and drafts are delivered, by name. SettingsWrong."""
        told = sms_destination(self._settings, partial(find_reply, self._engine))
        office = self.offices[self.draft_office] if self.draft_office else None
        drafts = None
        if self.transcribes and isinstance(office, WebhookDestination):
            drafts = DraftDestination(office, self._draft_of)
        return {
            **self.offices,
            **({} if told is None else {SMS: told}),
            **({} if drafts is None else {DRAFTS: drafts}),
        }

    @cached_property
    def draft_office(self) -> str | None:
        """Where drafts go: the first webhook among the destinations. Raises FileWrong."""
        entries = self._file().entries.items()
        webhooks = (name for name, entry in entries if isinstance(entry, WebhookEntry))
        return next(webhooks, None)

    def _draft_of(self, ticket_id: str, name: str) -> Mapping[str, Any] | None:
        for draft in drafts_of(self._engine, ticket_id):
            if names_draft(name, draft.id, draft.turn) and draft.text is not None:
                told = draft_as_told(draft)
                return {
                    "id": draft.id,
                    "recording_ref": draft.recording_ref,
                    "machine_draft": told,
                }
        return None

    @property
    def transcribes(self) -> bool:
        """Whether machines' drafts of recordings are made."""
        return bool(self._settings.transcribe.command)

    @cached_property
    def retry_policy(self) -> RetryPolicy:
        """When what failed is tried again. Raises SettingsWrong."""
        return retry_policy(self._settings)

    @cached_property
    def relay_policy(self) -> RelayPolicy:
        """How the relay looks for work."""
        deliveries = self._settings.deliveries
        return RelayPolicy(interval_s=deliveries.relay_seconds, lease_s=deliveries.lease_seconds)

    @cached_property
    def lanes(self) -> tuple[Lane, ...]:
        """What the relay queues and workers work on, each by itself.

        The relay knows no secret of a destination, and needs none.
        """
        told = (SMS,) if self._settings.sms.gateway != "none" else ()
        drafted = (DRAFTS,) if self.transcribes and self.draft_office else ()
        lanes = list(delivery_lanes((*self._file().routes.names, *told, *drafted)))
        if digest_times(self._file()):
            lanes.append(DIGEST_LANE)
        if self._settings.twilio.account_sid:
            lanes.append(Lane("recordings", RECORDINGS))
        if self.transcribes:
            lanes.append(Lane(LANE, draft_work(self._settings.transcribe.timeout_seconds)))
        return tuple(lanes)

    @property
    def slow_lanes(self) -> Mapping[str, float]:
        """The lanes whose jobs may take longer than any attempt at a delivery: how long (s)."""
        leases = {lane.name: lane.work.lease_s for lane in self.lanes}
        return {name: lease_s + AROUND_S for name, lease_s in leases.items() if lease_s}

    def drafter(self, ending: threading.Event) -> Drafter | None:
        """What makes drafts, for a worker until `ending`; it reads no file that may change."""
        return recording_drafter(self._settings, self._engine, ending, self.draft_office)

    @cached_property
    def deliverer(self) -> Deliverer:
        """What a worker needs to deliver. Raises SettingsWrong."""
        check_providers(self._settings, self.offices.values())
        return Deliverer(self._engine, self.destinations, self.retry_policy)

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """What a worker runs, by the names on its queues. Raises SettingsWrong."""
        fetched = {} if self.fetcher is None else self.fetcher.jobs()
        return {**job_table(self.deliverer), **self.digester.jobs(), **fetched}

    @cached_property
    def digester(self) -> Digester:
        """What sends the lists of a day's tickets. Raises SettingsWrong."""
        offices = self.offices.items()
        mailed = {name: one for name, one in offices if isinstance(one, EmailDestination)}
        return Digester(self._engine, mailed, self.retry_policy)

    @cached_property
    def fetcher(self) -> RecordingFetcher | None:
        """What fetches recordings; None without an account. Raises SettingsWrong."""
        return recording_fetcher(self._settings, self._engine, self.retry_policy, self._room)

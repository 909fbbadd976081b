"""What goes to others and comes from them, put together for a worker and a relay."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from hotline.environment import SettingsWrong
from hotline.providers import check_providers, recording_fetcher, retry_policy, sms_destination
from hotline.secret import office_secrets
from hotline.settings import Settings
from outbox.lanes import Lane
from outbox.relay import RelayPolicy
from outbox.retry import RetryPolicy
from recordings.fetch import RECORDINGS, RecordingFetcher
from tickets.delivery import Deliverer
from tickets.destination import Destination
from tickets.destinations.acknowledgement import parse_acknowledgement
from tickets.destinations.webhook import WebhookDestination
from tickets.jobs import job_table
from tickets.lanes import delivery_lanes
from tickets.mobile import SMS
from tickets.open import BACKOFFICE


class Outbound:
    """Deliveries to the back office, messages to callers, recordings from Twilio; for a process."""

    def __init__(
        self, settings: Settings, engine: sa.Engine, room: Callable[[], bool] = lambda: True
    ) -> None:
        self._settings = settings
        self._room = room
        self._engine = engine

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
    def destinations(self) -> dict[str, Destination]:
        """Where tickets are delivered, by name. Raises SettingsWrong."""
        told = sms_destination(self._settings)
        return ({} if told is None else {SMS: told}) | {
            BACKOFFICE: WebhookDestination(
                BACKOFFICE,
                self._settings.backoffice.url,
                self.backoffice_secrets,
                self._settings.deliveries.timeout_seconds,
                parse_acknowledgement(self._settings.backoffice.acknowledgement),
            )
        }

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
        told = self._settings.sms.gateway != "none"
        deliveries = delivery_lanes((BACKOFFICE, SMS) if told else (BACKOFFICE,))
        recordings = Lane("recordings", RECORDINGS)
        return (*deliveries, recordings) if self._settings.twilio.account_sid else deliveries

    @cached_property
    def deliverer(self) -> Deliverer:
        """What a worker needs to deliver. Raises SettingsWrong."""
        check_providers(self._settings)
        return Deliverer(self._engine, self.destinations, self.retry_policy)

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """What a worker runs, by the names on its queues. Raises SettingsWrong."""
        fetched = {} if self.fetcher is None else self.fetcher.jobs()
        return {**job_table(self.deliverer), **fetched}

    @cached_property
    def fetcher(self) -> RecordingFetcher | None:
        """What fetches recordings; None without an account. Raises SettingsWrong."""
        return recording_fetcher(self._settings, self._engine, self.retry_policy, self._room)

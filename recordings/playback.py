"""A recording while its call goes on: kept here already, or still at the provider.

Played back to the caller who has just made it, before any job has fetched it.
"""

from dataclasses import dataclass
from pathlib import Path

import httpx
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from carriers.exchange import AddressRefused, ExchangeFailed, asked
from carriers.twilio_account import TwilioAccount
from recordings.kept import call_of, sound_of
from recordings.schema import recordings
from store.sql import reading

log = structlog.get_logger()

PLAYED_WITHIN_S = 5.0
"""Nobody waits longer for their own words; then they are told that they cannot hear them (s)."""
_MOST_BYTES = 5_000_000
"""More than a minute of 16-bit sound at 16 kHz, the longest recording there is."""


@dataclass(frozen=True, slots=True)
class Playback:
    """Where recordings are: in `folder`, or in `account` under what `engine` knows of them."""

    folder: Path
    engine: sa.Engine
    account: TwilioAccount | None = None

    def sound(self, reference: str) -> bytes | None:
        """The sound (WAVE) of a recording; None when it is nowhere, not yet, or not in time."""
        if call_of(reference) is None:
            return None
        try:
            kept = sound_of(self.folder, reference)
            return kept if kept is not None else self._there(reference)
        except (OSError, SQLAlchemyError, httpx.HTTPError, AddressRefused, ExchangeFailed) as error:
            log.warning("recording_not_played", recording=reference, why=type(error).__name__)
            return None

    def _there(self, reference: str) -> bytes | None:
        if self.account is None:
            return None
        sid = sa.select(recordings.c.provider_sid).where(recordings.c.name == f"{reference}.wav")
        with reading(self.engine) as connection:
            known: str | None = connection.scalar(sid)
        if known is None:
            return None
        request = self.account.request("GET", f"Recordings/{known}.wav")
        admits = self.account.admits
        with asked(request, PLAYED_WITHIN_S, most_bytes=_MOST_BYTES, admits=admits) as reply:
            return b"".join(reply.chunks()) if reply.status == 200 else None

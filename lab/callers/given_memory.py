"""What a transcript says that its caller's number has left behind, as long as the call lasts."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from call_handlers.memory import Remembered
from lab.transcript import Transcript
from places.fields import Announcement
from places.on_air import written

_HOUR = timedelta(hours=1)


class GivenMemory:
    """Remembers what the transcript gives; what this call leaves behind ends with it."""

    def __init__(self, transcript: Transcript) -> None:
        draft = ""
        if transcript.draft is not None:
            given = asdict(transcript.draft)
            draft = json.dumps({**given, "trail": ",".join(transcript.draft.trail)})
        self._kept = Remembered(transcript.language, draft, _on_air(transcript))

    def of(self, e164: str | None) -> Remembered:
        """What is given of the caller; of one who shows no number nothing is known."""
        return Remembered(on_air=self._kept.on_air) if e164 is None else self._kept

    def keep_language(self, e164: str, language: str) -> None:
        """There is no next call."""

    def keep_draft(self, e164: str, draft: str) -> None:
        """There is no next call."""

    def drop_draft(self, e164: str) -> None:
        """There is no next call."""


def _on_air(transcript: Transcript) -> str:
    """What is on the air, as the key of a call has it."""
    now = datetime.now(UTC)
    return written(
        Announcement(
            id=str(number),
            template="",
            starts_at=now - _HOUR,
            until=now + _HOUR,
            texts=texts,
            who="transcript",
            added_at=now,
            ended_at=None,
            ended_by=None,
        )
        for number, texts in enumerate(transcript.announcements)
    )

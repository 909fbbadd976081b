"""A machine's draft of what a caller has said, pushed to whoever has the ticket already.

It comes as an event of its own with a `webhook-id` of its own, so that a receiver which makes
tickets by that key makes none of it, and says in so many words what it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from outbox.retry import Retry
from tickets.destination import Message, PushResult
from tickets.destinations.entry import SecretMissing
from tickets.destinations.webhook import WebhookDestination, event_of, signed_message
from tickets.model import Ticket
from tickets.spoken import DRAFTED, DRAFTS

FindDraft = Callable[[str, str], Mapping[str, Any] | None]
"""The draft of a ticket by its name in the delivery: `id`, `recording_ref`, `machine_draft`; None
once it is destroyed. May raise SQLAlchemyError."""


@dataclass(frozen=True, slots=True)
class DraftDestination:
    """Drafts go where `office` has the tickets; its body is judged in the same way."""

    office: WebhookDestination
    find: FindDraft
    name: str = DRAFTS
    retry: Retry | None = None
    read_by_people: bool = False

    @property
    def timeout_s(self) -> float:
        """As long as a ticket's push takes."""
        return self.office.timeout_s

    def push(self, message: Message) -> PushResult:
        """Send the draft that `message.event` names once and judge the answer."""
        ticket = message.ticket
        kind, _, name = message.event.partition(":")
        found = self.find(ticket.idempotency_key, name) if kind == DRAFTED else None
        if found is None:
            return PushResult("refused", error="the draft was destroyed with its recording")
        try:
            secrets = self.office.secrets()
        except SecretMissing as error:
            return PushResult("retry", error=str(error))
        body, headers = signed_draft(ticket, found, secrets, datetime.now(UTC))
        drafted = str(found["machine_draft"].get("text", "")).splitlines()
        result = self.office.send(message, body, headers, drafted)
        if result.verdict == "accepted":  # what becomes of a draft is not asked
            return replace(result, verdict="acknowledged", token=None)
        return replace(result, verdict="refused") if result.verdict == "gone" else result


def signed_draft(
    ticket: Ticket, found: Mapping[str, Any], secrets: Sequence[str], now: datetime
) -> tuple[bytes, dict[str, str]]:
    """The body and headers of the webhook that tells a draft. `now` must be aware."""
    draft = found["machine_draft"]
    data = {
        "service_request_id": ticket.service_request_id,
        "idempotency_key": ticket.idempotency_key,
        "recording_ref": found["recording_ref"],
        "machine_draft": draft,
    }
    moment = datetime.fromisoformat(draft["made_at"])
    event = event_of(found["id"], DRAFTED, moment, ticket, data)
    return signed_message(event, secrets, now)

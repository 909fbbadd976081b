"""A secret's file that is away for a moment: no ticket is sent without it, and none is lost."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fixtures import contract
from tests.fixtures.pushing import loaded
from tests.fixtures.receivers import receiver, takes
from tests.fixtures.tickets import SECRET
from tickets.destination import Asked, CannotAsk, Message
from tickets.destinations.drafts import DraftDestination
from tickets.destinations.webhook import WebhookDestination
from tickets.model import OPENED
from tickets.spoken import DRAFTED


@pytest.mark.parametrize(
    ("event", "token"), [(OPENED, None), (OPENED, "URL/jobs/7"), (f"{DRAFTED}:7", None)]
)
def test_a_webhook_without_its_secret_waits(event: str, token: str | None, tmp_path: Path) -> None:
    """It is tried again, says which file it is, and goes out once that is there."""
    secret = tmp_path / "crm"
    secret.write_text(SECRET, encoding="utf-8")
    with receiver(takes) as there:
        url = there.url()
        entry = {"kind": "webhook", "url": url, "secrets": {"file": "crm"}, "listing": url}
        text = json.dumps({"destinations": {"crm": {**entry, "private_addresses": True}}})
        office = loaded(text, tmp_path)["crm"]
        assert isinstance(office, WebhookDestination)
        assert isinstance(office, Asked)
        draft = {"made_at": "2026-11-24T09:00:00+00:00"}
        found = {"id": "d-1", "recording_ref": "r-1", "machine_draft": draft}
        drafts = DraftDestination(office, lambda _ticket, _name: found)
        to = drafts if event != OPENED else office
        message = Message(contract.pothole(), event, token=token and token.replace("URL", url))
        for unfit in (None, "whsec_short"):
            secret.unlink()
            if unfit is not None:
                secret.write_text(unfit, encoding="utf-8")
            result = to.push(message)
            assert (result.verdict, result.unsure, there.bodies) == ("retry", False, [])
            assert "secret" in (result.error or "") or str(secret) in (result.error or "")
            with pytest.raises(CannotAsk):
                list(office.held(datetime.now(UTC), []))
            secret.write_text(SECRET, encoding="utf-8")
        assert to.push(message).verdict == "acknowledged"

"""Offices whose servers an authority of their own vouches for: `ca` in config/destinations.yaml."""

import json
from pathlib import Path
from typing import Any

import pytest

from files.yaml_model import FileWrong
from tests.fixtures import contract
from tests.fixtures.mail import Certificates, make_certificates
from tests.fixtures.pushing import loaded
from tests.fixtures.receivers import Receiver, receiver, takes
from tests.fixtures.tickets import SECRET
from tickets.destination import Message, PushResult

KINDS: dict[str, dict[str, Any]] = {
    "webhook": {"url": "URL", "secrets": {"env": "SECRET"}},
    "open311": {"endpoint": "URL", "api_key": {"env": "SECRET"}, "format": "json"},
    "http": {"url": "URL", "body": {"title": "{mark}"}, "id": "id", "updates": "leave"},
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of an authority that nobody else knows."""
    return make_certificates(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


def pushed(kind: str, there: Receiver, folder: Path, **keys: Any) -> PushResult:
    """What comes of one ticket."""
    entry = {"kind": kind, "private_addresses": True, **KINDS[kind], **keys}
    text = json.dumps({"destinations": {"desk": entry}}).replace("URL", there.url())
    return loaded(text, folder, SECRET=SECRET)["desk"].push(Message(contract.pothole()))


@pytest.mark.parametrize("kind", KINDS)
def test_an_office_vouches_for_its_own_server(
    kind: str, certificates: Certificates, tmp_path: Path
) -> None:
    """By a file beside the configuration; without it not a byte of a ticket leaves."""
    with receiver(takes) as there:
        there.tls = certificates.server
        refused = pushed(kind, there, tmp_path)
        assert (refused.verdict, refused.status, there.bodies) == ("retry", None, [])
        pushed(kind, there, tmp_path, ca=str(certificates.authority))
        assert len(there.bodies) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_file_that_vouches_for_nobody_is_told(
    kind: str, text: str | None, tmp_path: Path
) -> None:
    """Before any ticket, naming the file."""
    if text is not None:
        (tmp_path / "office.pem").write_text(text, encoding="utf-8")
    with pytest.raises(FileWrong, match=r"destinations\.desk: .*office\.pem: "):
        pushed(kind, Receiver(1), tmp_path, ca="office.pem")

"""The guide's example of e-mail is what works: its entry, and what reads a letter."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from hotline.settings import CONFIG_DIR
from tests.fixtures import contract
from tests.fixtures.examples import example
from tests.fixtures.mail import Mailbox, house
from tickets.catalogue import load_services
from tickets.destination import Message
from tickets.destinations.file import Known, digest_times, load_destinations
from tickets.destinations.mail.destination import EmailDestination
from tickets.model import UPDATED


def test_the_guide_s_example_sends_letters_and_reads_them(server: Mailbox, tmp_path: Path) -> None:
    """All but where the server is; a ticket of that group goes there."""
    path = tmp_path / "destinations.yaml"
    path.write_text(example("email"), encoding="utf-8")
    file = load_destinations(path, Known(load_services(CONFIG_DIR / "services.yaml"), ()))
    assert file.routes.of(contract.pothole()) == ("roads",)
    assert digest_times(file)["roads"].isoformat() == "07:00:00"
    made = file.build(house(tmp_path, ROADS_MAIL_PASSWORD="x"))["roads"]
    assert isinstance(made, EmailDestination)
    here = replace(made.server, host="127.0.0.1", port=server.port, security="none")
    there = replace(made, login=None, server=replace(here, admits=lambda _: True))
    ticket = replace(contract.pothole(), version=2)
    assert there.push(Message(ticket)).verdict == "acknowledged"
    assert there.push(Message(ticket, UPDATED, 2)).verdict == "acknowledged"
    read = [
        subprocess.run(
            [sys.executable, "-c", example("letter")], input=raw, capture_output=True, check=True
        ).stdout.decode()
        for raw in server.raw()
    ]
    assert read == ["989036781 1 new True\n", "989036781 2 changed True\n"]

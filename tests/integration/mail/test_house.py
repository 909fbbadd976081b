"""The house as it is put together: who writes the day's lists down, queues and sends them."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from hotline.bootstrap import Services
from hotline.delivering import relay_periodics
from hotline.main import cli
from tests.fixtures.mail import Mailbox
from tests.integration.mail.test_digest import told_on, yesterday
from tests.integration.tickets.test_destinations_command import house
from tickets.destinations.mail.destination import EmailDestination
from tickets.digests import SEND

ROADS = """
destinations:
  roads:
    kind: email
    host: mail.jeddah.example
    from: hotline@jeddah.example
    to: [roads@jeddah.example]
"""


@pytest.mark.parametrize(("more", "lane"), [('    digest: "07:00"\n', True), ("", False)])
def test_lists_have_a_lane_where_a_destination_wants_one(
    more: str, lane: bool, tmp_path: Path, database_url: str
) -> None:
    """The relay writes them down and queues them; the worker knows how to send one."""
    services = Services(house(tmp_path, database_url, ROADS + more))
    try:
        assert ("digests" in {one.name for one in services.outbound.lanes}) is lane
        assert SEND in services.outbound.functions
        roads = services.outbound.offices["roads"]
        assert isinstance(roads, EmailDestination)
        assert roads.names.service("RD_HOLE", "en") == "Pothole"
        assert roads.names.area("JAM", "ar") == "الجامعة"
        found = {one.name: one for one in relay_periodics(services, lambda: services)}
        assert len(found["digests"].run() or ()) <= 1  # type: ignore[arg-type]  # the ids
    finally:
        services.close()


def test_a_list_is_sent_by_hand(
    server: Mailbox, tmp_path: Path, database_url: str, engine: sa.Engine
) -> None:
    """Of yesterday, or another day that is over; whoever has none is told so."""
    ticket = told_on(engine, yesterday(), "a")
    there = f"    port: {server.port}\n    security: none\n"
    roads = ROADS.replace("mail.jeddah.example", "127.0.0.1") + there
    both = (
        roads
        + '    digest: "07:00"\n'
        + roads.split("destinations:\n")[1].replace("roads:", "parks:")
    )
    settings = house(tmp_path, database_url, both)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["destinations", "digest", *words], obj=settings)
        return result.exit_code, result.output

    assert run("roads")[0] == 0
    assert run("roads", "--day", "2026-11-01")[0] == 0
    first, second = server.messages()
    assert first["Message-ID"] == f"<digest-roads-{yesterday()}@jeddah.example>"
    assert second["Message-ID"] == "<digest-roads-2026-11-01@jeddah.example>"
    attached = [part.get_content() for part in first.iter_attachments()]
    assert ticket.service_request_id in attached[0]
    for words in (("parks",), ("water",), ("roads", "--day", "2999-01-01")):
        assert run(*words)[0] == 2, words
    server.to_data = "451 4.3.0 later"
    status, told = run("roads")
    assert (status, "SMTP 451 4.3.0" in told) == (1, True)
    assert len(server.letters) == 2

"""What the pages of tickets stand on, as the house's own files and settings have it."""

from pathlib import Path

import pytest

from console.ticket_room import NotBuilt, TicketRoom
from hotline.console.wiring import house_of as console_house_of
from hotline.settings import CONFIG_DIR, load_settings
from tests.fixtures.house import house_of
from tests.fixtures.tickets import NOW, new_ticket
from tickets.model import Ticket
from tickets.open import build_ticket

DESTINATIONS = """
destinations:
  crm:
    kind: webhook
    url: http://127.0.0.1:9/tickets
    secrets: {env: NO_SUCH_SECRET_OF_THE_TESTS}
    takes: [{agencies: [lighting]}]
  desk:
    kind: webhook
    url: http://127.0.0.1:9/desk
    secrets: {env: NO_SUCH_SECRET_OF_THE_TESTS}
    otherwise: true
"""


def room_of(tmp_path: Path, database_url: str, redis_url: str, **more: str) -> TicketRoom:
    """The room of a console with these settings."""
    given = {
        "HOTLINE_STATE_DIR": str(tmp_path),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
    }
    services = house_of(load_settings(given | more))
    try:
        return console_house_of(services).tickets
    finally:
        services.close()


def ticket(*departments: str) -> Ticket:
    """One of theirs."""
    return build_ticket(new_ticket(agency_responsible=departments), NOW, "572400002")


def test_a_house_as_it_is_shipped_has_one_office_and_sends_no_messages(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    """Whoever changes a ticket tells the back office of the settings."""
    room = room_of(tmp_path, database_url, redis_url)
    assert (dict(room.kinds), room.gateway) == ({"backoffice": "webhook"}, False)
    assert list(room.told(ticket("roads"), ())) == ["backoffice"]
    office = room.destination("backoffice")
    assert office is not None
    assert office.name == "backoffice"
    assert room.destination("nowhere") is None
    assert room.departments["roads"].name_en == "Roads"
    assert set(room.areas) >= {"THW", "MTR"}


def test_a_change_of_departments_goes_by_the_rules_of_the_file(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    """Who takes it now is told, and who has heard of it before; a secret that is away is said."""
    config = tmp_path / "config"
    config.mkdir()
    for path in CONFIG_DIR.iterdir():
        if path.name != "destinations.yaml":
            (config / path.name).symlink_to(path)
    (config / "destinations.yaml").write_text(DESTINATIONS, encoding="utf-8")
    sms = {"HOTLINE_SMS__GATEWAY": "http", "HOTLINE_SMS__URL": "http://127.0.0.1:9/"}
    given = {"HOTLINE_CONFIG_DIR": str(config), **sms}
    room = room_of(tmp_path, database_url, redis_url, **given)
    assert room.gateway
    assert dict(room.kinds) == {"crm": "webhook", "desk": "webhook"}
    assert list(room.told(ticket("lighting"), ("desk",))) == ["crm", "desk"]
    with pytest.raises(NotBuilt, match="NO_SUCH_SECRET_OF_THE_TESTS"):
        room.destination("crm")

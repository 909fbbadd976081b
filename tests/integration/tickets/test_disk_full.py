"""A full disk: tickets are written all the same, recordings refused before, somebody is told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from host.disk import MB, DiskWatch, Reserve, Usage
from host.life import Life
from hotline.bootstrap import Services, ensure_folders
from hotline.doctor.roles import all_checks
from hotline.settings import Settings, load_settings
from store.migrations import upgrade
from tests.fixtures.small_disk import can_mount, fill, small_disk
from tests.fixtures.tickets import new_ticket
from tickets.open import list_tickets, open_ticket

pytestmark = pytest.mark.skipif(not can_mount(), reason="only root can mount a small disk")

NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """16 MB."""
    with small_disk(tmp_path / "disk", 16) as folder:
        yield folder


@pytest.fixture
def services(disk: Path) -> Iterator[Services]:
    """A house whose state is on that disk, with its tables, and 2 MB in reserve."""
    house = Services(settings_on(disk))
    ensure_folders(house.settings)
    upgrade(house.engine())
    house.reserve.fill()
    assert house.reserve.whole
    yield house
    house.close()


def settings_on(disk: Path) -> Settings:
    """Everything but the Redis that nobody needs here."""
    return load_settings(
        {"HOTLINE_STATE_DIR": str(disk / "state"), "HOTLINE_DISK__RESERVE_MB": "2"}
    )


def watch(services: Services) -> DiskWatch:
    """What the relay does every five seconds."""
    return DiskWatch(services.reserve, [services.settings.state_dir], 80)


def test_a_ticket_is_opened_on_a_disk_that_is_full(services: Services, disk: Path) -> None:
    """At once, for the caller who is on the line; and so are those after it."""
    services.open_ticket()(new_ticket("call:0:1"), NOW)
    fill(disk)
    for number in range(1, 20):
        opened = services.open_ticket()(new_ticket(f"call:{number}:1"), NOW)
        assert opened.service_request_id
    assert not services.reserve.whole
    assert len(list_tickets(services.engine())) == 20


def test_without_a_reserve_it_would_not_be(services: Services, disk: Path) -> None:
    """So it is the reserve that these tickets are written with."""
    services.reserve.give_back()
    services.open_ticket()(new_ticket("call:0:1"), NOW)
    fill(disk)

    def many() -> None:
        for number in range(100):
            new = new_ticket(f"call:full{number}:1")
            open_ticket(services.engine(), new, destinations=[], now=NOW)

    with pytest.raises(OperationalError):
        many()


def test_the_journal_is_written_on_a_disk_that_is_full(services: Services, disk: Path) -> None:
    """What SQL does not take waits there: whole lines, each once."""
    fill(disk)
    for number in range(50):
        services.journal.append([{"number": number, "text": "x" * 2000}])
    read: list[int] = []
    services.journal.replay(lambda entries: read.extend(entry["number"] for entry in entries))
    assert sorted(set(read)) == list(range(50))
    assert not services.reserve.whole


def test_recordings_are_refused_while_tickets_have_room(services: Services, disk: Path) -> None:
    """And as long as the reserve may still be needed."""
    room = services.reserve.room_for_recordings
    assert room()
    filling = fill(disk)
    assert not room()
    assert services.reserve.whole
    with filling.open("r+b") as file:
        file.truncate(filling.stat().st_size - 1 * MB)
    assert not room()
    services.reserve.give_back()
    assert not room()
    filling.unlink()
    assert room()


def test_the_reserve_is_made_anew_when_there_is_room(services: Services, disk: Path) -> None:
    """Not as soon as there is just enough: it would be given back and made again and again."""
    filling = fill(disk)
    services.open_ticket()(new_ticket(), NOW)
    looks = watch(services)
    looks.look()
    assert not services.reserve.whole
    with filling.open("r+b") as file:
        file.truncate(filling.stat().st_size - 2 * MB)
    looks.look()
    assert not services.reserve.whole
    filling.unlink()
    looks.look()
    assert services.reserve.whole


def test_who_has_no_hand_on_the_reserve_gets_it_by_the_watch(
    services: Services, disk: Path
) -> None:
    """Redis, and deliveries under way."""
    looks = watch(services)
    with capture_logs() as logs:
        looks.look()  # it is so small that it is always filling
        fill(disk)
        looks.look()
        looks.look()
    assert not services.reserve.whole
    told = [entry["event"] for entry in logs]
    assert told == ["disk_filling", "disk_full"]


def test_the_doctor_tells_of_a_disk_that_fills_and_of_a_reserve_that_was_needed(
    services: Services, disk: Path
) -> None:
    """Where there is somebody to keep it."""
    life = Life("relay", services.settings.state_dir, {})
    fill(disk)
    services.reserve.give_back()
    passed = {check.name: check.passed for check in all_checks(services)}
    life.close()
    assert (passed["disk"], passed["disk reserve"]) == (False, False)


@pytest.mark.parametrize(
    ("free_mb", "total_mb", "filling"),
    [
        (400, 1000, True),
        (600, 1000, False),
        (600, 10_000, True),
        (2_500, 10_000, False),
        (1_900, 10_000, True),
        (11_000, 100_000, False),
    ],
)
def test_a_disk_fills_from_the_threshold_on_unless_there_is_plenty(
    free_mb: int, total_mb: int, filling: bool
) -> None:
    """80 %, or less than half a gigabyte; ten gigabytes are always enough."""
    assert Usage(free_mb * MB, total_mb * MB).filling(80) is filling


def test_a_reserve_of_nothing_is_always_whole(tmp_path: Path) -> None:
    """Who wants none has none, and nothing changes."""
    reserve = Reserve(tmp_path / "reserve", 0)
    reserve.fill()
    assert reserve.whole
    assert reserve.room_for_recordings()
    assert not (tmp_path / "reserve").exists()

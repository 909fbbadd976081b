"""What the house makes of places: the relay tells the calls, lint and doctor read the files."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from files.yaml_model import FileWrong
from hotline.announcing import announcing, make_sounds
from hotline.bootstrap import Services
from hotline.delivering import relay_periodics
from hotline.doctor.check import Check
from hotline.doctor.places_checks import announcements, offices
from hotline.menu import all_findings, callers_findings
from hotline.settings import load_settings
from people.person import Person
from places.announcing import announce, project
from places.on_air import ON_AIR_KEY, on_air
from tests.fixtures.databases import lay_migrated
from tests.fixtures.edited import edit, own_config
from tests.fixtures.tickets import wait_until

TEXTS = {"en": "Heavy rain."}


@pytest.fixture
def services(tmp_path: Path, redis_url: str) -> Iterator[Services]:
    """A house with a configuration and a folder of sounds of its own."""
    (tmp_path / "state").mkdir()
    given = {
        "HOTLINE_STATE_DIR": str(tmp_path / "state"),
        "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds"),
        "HOTLINE_CONFIG_DIR": str(own_config(tmp_path)),
        "DATABASE_URL": lay_migrated(tmp_path / "hotline.db"),
        "REDIS_URL": redis_url,
    }
    made = Services(load_settings(given))
    yield made
    made.close()


def test_the_relay_tells_the_calls_and_makes_what_is_not_there(services: Services) -> None:
    """An announcement made elsewhere, on a machine that has no sound of it yet."""
    now = datetime.now(UTC)
    by, hour = Person("salem", "supervisor"), timedelta(hours=1)
    announce(services.engine(), TEXTS, starts_at=now, until=now + hour, by=by, now=now)
    announcing(services, lambda: services).run()
    with redis.Redis.from_url(services.settings.redis) as client:
        stored = client.get(ON_AIR_KEY)
    assert isinstance(stored, bytes)
    assert on_air(stored, time.time()) == (TEXTS,)
    maker = services.texts.maker
    wait_until(lambda: maker.is_there(("en", TEXTS["en"])), "the sound")


def test_every_relay_looks_after_announcements(services: Services) -> None:
    """One of its loops."""
    assert "announcements" in {one.name for one in relay_periodics(services, lambda: services)}


def test_what_ships_has_nothing_to_mend(services: Services) -> None:
    """Hours, names and announcements that are ready."""
    assert [one for one in all_findings(services) if one.rule == "cannot be said"] == []


def test_a_name_or_announcement_that_cannot_be_said_is_advice_with_its_line(
    services: Services,
) -> None:
    """No call needs it, so no role is kept from its start."""
    config = services.settings.config_dir
    edit(config, "spoken_names.yaml", "شَارِعُ الصَّدَفْ", "شارع الصَّدَفْ")
    edit(config, "announcements.yaml", "There is heavy rain", "There are 100 mm of rain")
    found = [one for one in all_findings(services) if one.rule == "cannot be said"]
    assert [str(one).removeprefix(f"{config}/") for one in found] == [
        "announcements.yaml:6: cannot be said: rain.en: write numbers in words",
        "spoken_names.yaml:11: ar.شارع الصدف: cannot be said: vowel marks are missing: شارع",
    ]
    assert not any(one.loses_callers for one in found)
    assert callers_findings(services) == []


@pytest.mark.parametrize("read", [all_findings, callers_findings])
def test_a_mistake_in_the_hours_is_told_before_a_call_meets_it(
    services: Services, read: type
) -> None:
    """With file, line and mend."""
    edit(services.settings.config_dir, "hours.yaml", "friday: closed", "friday: never")
    with pytest.raises(FileWrong, match=r"hours\.yaml:13: week\.friday: .*write 07:30-14:30"):
        read(services)


def test_who_leads_calls_loads_nothing_that_makes_sound(services: Services) -> None:
    """Until a text is missing: numpy and its kin take a second and 60 MB."""
    program = (
        "import sys\n"
        "from hotline.bootstrap import Services\n"
        "from hotline.settings import load_settings\n"
        "assert Services(load_settings({})).texts.ready([]) is True\n"
        "print(sorted({'numpy', 'scipy', 'soundfile', 'holidays'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"


def checked(services: Services) -> Check:
    """What the doctor says of announcements."""
    (found,) = announcements(services)
    return found


def test_the_doctor_tells_of_an_announcement_that_calls_do_not_hear(services: Services) -> None:
    """Put on the air, and no relay runs; then without its sound; then well."""
    assert checked(services) == Check("announcements", True, "0 on the air, 0 to come")
    now = datetime.now(UTC)
    by, hour = Person("salem", "supervisor"), timedelta(hours=1)
    announce(services.engine(), TEXTS, starts_at=now, until=now + hour, by=by, now=now)
    untold = checked(services)
    assert (untold.passed, untold.found) == (
        *(False, "1 on the air, 0 to come, but the calls are told of 0"),
    )
    project(services.engine(), services.slow_redis, now)
    silent = checked(services)
    assert (silent.passed, silent.warns) == (True, True)
    assert silent.found == "1 on the air, 0 to come; 1 texts have no sound here"
    make_sounds(services, TEXTS)
    assert checked(services) == Check("announcements", True, "1 on the air, 0 to come")


def test_the_doctor_says_whether_the_offices_are_open(services: Services) -> None:
    """And until when; a mistake in the file is its failure."""
    (found,) = offices(services)
    assert found.passed
    assert found.found.startswith(("open until ", "closed until "))

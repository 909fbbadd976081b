"""A caller hears their own recording again before they send the report, from a real Asterisk."""

from pathlib import Path
from typing import Any

import pytest

from hotline.settings import Settings
from lab.callers.matching import RATE
from recordings.collect import collect_recordings
from tests.fixtures.house import house_of
from tests.fixtures.listening_caller import HEARD_S, report_up_to_the_postal_code, telephone
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import BUILDING, POSTAL
from tests.fixtures.whole_stack import lay_database, stack_settings, with_redis

pytestmark = [pytest.mark.asterisk, pytest.mark.alone("one call")]


def bytes_of(folder: Path) -> int:
    """How much is recorded there."""
    return sum(path.stat().st_size for path in folder.glob("*.wav"))


def test_who_presses_4_and_1_at_confirm_hears_what_they_have_said(
    redis_url: str, tmp_path: Path
) -> None:
    """It has been brought home by then, and Asterisk plays it all the same."""
    house = house_of(Settings())
    sounds = house.settings.sounds
    made = stack_settings(tmp_path / "state", sounds, **with_redis(redis_url))
    lay_database(made)
    with telephone(made, sounds, tmp_path) as (phone, parts, asterisk):
        report_up_to_the_postal_code(phone)
        phone.press(POSTAL)
        phone.hear("description")
        phone.press("5")  # any key: on to the notice and the beep
        spool = asterisk.recordings_outside
        wait_until(lambda: bytes_of(spool) > 4 * RATE, HEARD_S, "two seconds are recorded")
        phone.press("#")
        place: dict[str, Any] = {"building_number": BUILDING, "postal_code": POSTAL}
        phone.hear("confirm", service_code="RD_HOLE", contact="0501234567", **place)
        phone.press("4")
        phone.hear("recording_choices")
        kept = tmp_path / "kept"
        kept.mkdir()
        assert collect_recordings(spool, kept, settled_s=0) == 1
        phone.press("1")
        (recorded,) = kept.glob("*.wav")
        (heard,) = phone.listener.expect([recorded]).wait_whole(HEARD_S)
        assert heard.whole
        phone.hear("recording_choices")
        phone.caller.hang_up()
        assert parts.committed() == 0

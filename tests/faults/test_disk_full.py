"""The disk of the state folder is full: the menu as always, no recording, a ticket that arrives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.setting_groups import DiskSettings
from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.small_disk import can_mount, fill, small_disk
from tests.fixtures.whole_stack import parts_of, with_redis


@pytest.mark.nightly
@pytest.mark.skipif(not can_mount(), reason="only root can mount a small disk")
def test_reports_are_taken_and_delivered_on_a_full_disk(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, tmp_path: Path
) -> None:
    """Without a recording, of which the caller is told; later with one again."""
    (tmp_path / "state").mkdir()
    with small_disk(tmp_path / "state", 64):
        made = settings(**with_redis(redis_url), disk=DiskSettings(reserve_mb=8))
        reserve = made.state_dir / "reserve"
        with parts_of(made) as parts:
            parts.start()
            place(FakeAsterisk(parts.agi), Reporter(ear))
            parts.wait_delivered(1)
            wait_until(reserve.exists, 30, "the reserve is kept")
            filling = fill(made.state_dir)
            for _ in range(3):
                caller = Reporter(ear)
                call_id, _ = place(FakeAsterisk(parts.agi, seconds=30.0), caller)
                unheard = ("record_notice",)
                assert caller.questions == [one for one in QUESTIONS if one not in unheard]
                (ticket,) = parts.tickets(call_id)
                assert set(caller.references) == {ticket.service_request_id}
            parts.wait_delivered(4, seconds=30)
            assert not reserve.exists()
            filling.unlink()
            wait_until(reserve.exists, 30, "the reserve is made anew")
            caller = Reporter(ear)
            place(FakeAsterisk(parts.agi), caller)
            assert caller.questions == list(QUESTIONS)
            parts.wait_delivered(5)

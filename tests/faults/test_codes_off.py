"""What only inside telephones use is broken: citizens' calls do not notice."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.settings import CONFIG_DIR, Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import parts_of, with_redis


@pytest.mark.parametrize("wrong", ["", "flow: [", "flow: inside\n", None])
def test_a_flow_of_the_codes_that_cannot_be_read_keeps_no_server_from_starting(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, tmp_path: Path, wrong: str | None
) -> None:
    """Empty, no YAML, no flow, no file: the report goes through, and the log says what is off."""
    config = tmp_path / "config"
    shutil.copytree(CONFIG_DIR, config)
    inside = config / "flows" / "inside.yaml"
    if wrong is None:
        inside.unlink()
    else:
        inside.write_text(wrong)
    made = settings(config_dir=config, **with_redis(redis_url))
    with parts_of(made) as parts:
        parts.start("agi-1")
        caller = Reporter(ear)
        place(FakeAsterisk(parts.agi[:1]), caller)
        assert caller.questions == list(QUESTIONS)
        log = made.state_dir / "log" / "agi-1.log"
        wait_until(lambda: "codes_off" in log.read_text(), 10, "its log says so")

"""`hotline reload` on roles as processes, with a caller on the line."""

import json
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from host.word import Said, words
from hotline.bootstrap import Services
from hotline.live import Live
from hotline.main import cli
from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.beside import Beside
from tests.fixtures.edited import edit, next_flow, own_config
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import Parts, lay_sounds, parts_of, supervised, with_redis

ROLES = ("agi-1", "relay", "worker-1")


def reload(settings: Settings) -> Result:
    """The command, as its people type it."""
    return CliRunner().invoke(cli, ["reload", "--json"], obj=settings)


def told(result: Result) -> dict[str, list[Any]]:
    """What each role answered: its outcomes by its name."""
    answers: dict[str, list[Any]] = {}
    for line in result.stdout.splitlines():
        answer = json.loads(line)
        answers.setdefault(answer["role"], []).append(answer["outcome"])
    return answers


def begun(parts: Parts, *roles: str) -> None:
    """Start these, and wait until each can be told: a server answers calls before."""
    state = parts.settings.state_dir
    wanted = len(list(words(state))) + len(roles)
    parts.start(*roles)
    wait_until(lambda: len(list(words(state))) == wanted, 30, "all have said a word")


def word(parts: Parts, role: str) -> Said:
    """What a role says now."""
    return next(said for said in words(parts.settings.state_dir) if said.role == role)


def test_a_call_goes_on_in_its_flow_and_the_next_one_begins_in_the_new(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, tmp_path: Path
) -> None:
    """Every role takes up a new version in mid-call, and says so; then a broken one by none."""
    config = own_config(tmp_path)

    def new_flow() -> Result:
        next_flow(config)
        edit(config, "services.yaml", "target_hours: 24", "target_hours: 25")
        flows.append(Services(parts.settings).flow.version)
        return reload(parts.settings)

    def broken_flow() -> Result:
        edit(config, "flows/940/report.yaml", "effect: open_report", "efect: open_report")
        return reload(parts.settings)

    first_change = Beside("report_group", "ask_building", new_flow)
    second_change = Beside("ask_postal", "reference", broken_flow)

    def on_question(question: str) -> None:
        first_change(question)
        second_change(question)

    with parts_of(settings(config_dir=config, **with_redis(redis_url))) as parts:
        flows = [Services(parts.settings).flow.version]
        begun(parts, *ROLES)
        caller = Reporter(ear, on_question=on_question)
        first, _ = place(FakeAsterisk(parts.agi[:1], seconds=180.0), caller)
        assert caller.questions == list(QUESTIONS)
        (taken,), (refused,) = first_change.told, second_change.told
        assert taken.exit_code == 0, taken.output
        assert told(taken) == {"agi": ["taken"], "relay": ["taken"], "worker": ["taken"]}
        assert refused.exit_code == 1
        assert "flows/940/report.yaml:" in refused.stderr
        assert "nothing was changed" in refused.stderr
        assert word(parts, "agi").what["looks"] == 1
        second, _ = place(FakeAsterisk(parts.agi[:1], seconds=90.0), Reporter(ear))
        versions = [parts.wait_closed(call, 60).flow_version for call in (first, second)]
        assert versions == flows


def test_a_hangup_alone_never_breaks_a_role(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, tmp_path: Path
) -> None:
    """Nobody has checked before: each keeps what it has, says so, and leads its calls."""
    config = own_config(tmp_path)
    with parts_of(settings(config_dir=config, **with_redis(redis_url))) as parts:
        begun(parts, "agi-1")
        edit(config, "prompts/ar.yaml", "welcome:", "welcome: {")
        parts.signal("agi-1", signal.SIGHUP)
        wait_until(lambda: word(parts, "agi").what["looks"] == 1, 20, "it has looked")
        (fault,) = word(parts, "agi").what["faults"]
        assert "prompts/ar.yaml:" in fault
        caller = Reporter(ear)
        place(FakeAsterisk(parts.agi[:1]), caller)
        assert caller.questions == list(QUESTIONS)
        log = parts.settings.state_dir / "log" / "agi-1.log"
        wait_until(lambda: "files_refused" in log.read_text(), 10, "its log says so")


@pytest.mark.nightly
def test_the_supervisor_passes_it_on(
    settings: Callable[..., Settings], redis_url: str, tmp_path: Path
) -> None:
    """One signal to `hotline serve` reaches all its roles, as a unit's ExecReload sends it."""
    config = own_config(tmp_path)
    made = settings(config_dir=config, **with_redis(redis_url))
    with supervised(made) as (supervisor, _):
        edit(config, "services.yaml", "target_hours: 24", "target_hours: 25")
        supervisor.hang_up()

        def all_have() -> bool:
            said = [said.what["changed"] for said in words(made.state_dir)]
            return len(said) == 4 and all(said)

        wait_until(all_have, 30, "all have taken it up")


def test_a_prompt_that_nobody_has_rendered_is_refused(tmp_path: Path) -> None:
    """A caller would hear it in another language: the file that is missing is named."""
    config = own_config(tmp_path)
    made = Settings(config_dir=config, state_dir=tmp_path / "state", sounds_dir=tmp_path / "sounds")
    with closing(Services(made)) as services, Live("agi", services).told(lambda _new: None):
        lay_sounds(made.sounds)
        edit(config, "prompts/en.yaml", "Welcome to Jeddah Municipality", "Good day, Jeddah")
        result = reload(made)
    assert result.exit_code == 1
    assert "hotline prompts build" in result.stderr


SECRETLESS = """
destinations:
  lighting:
    kind: webhook
    url: https://lighting.example/hook
    secrets: {env: NOT_THERE}
"""


def test_a_secret_that_is_missing_is_found_as_destinations_check_finds_it(tmp_path: Path) -> None:
    """Nothing is said to be right; a role that sends no tickets needs none."""
    config = own_config(tmp_path)
    (config / "destinations.yaml").write_text(SECRETLESS, encoding="utf-8")
    made = Settings(config_dir=config, state_dir=tmp_path / "state")
    checked = CliRunner().invoke(cli, ["destinations", "check"], obj=made)
    (finding, *_) = checked.stdout.splitlines()
    assert finding.endswith("destinations.lighting: the environment has no NOT_THERE")
    result = reload(made)
    assert result.exit_code == 1
    assert finding in result.stderr.splitlines()
    assert "are right" not in result.stderr


def test_no_role_sends_tickets_where_a_worker_has_no_secret_for(
    settings: Callable[..., Settings], redis_url: str, tmp_path: Path
) -> None:
    """The worker refuses by its own environment, and says why; the others are not told then."""
    config = own_config(tmp_path)
    with parts_of(settings(config_dir=config, **with_redis(redis_url))) as parts:
        begun(parts, "relay")
        (config / "destinations.yaml").write_text(SECRETLESS, encoding="utf-8")
        result = reload(parts.settings)
        assert told(result) == {"relay": ["taken"]}, result.output
        assert "the environment has no NOT_THERE" in result.stderr
        (config / "destinations.yaml").unlink()
        begun(parts, "worker-1")
        (config / "destinations.yaml").write_text(SECRETLESS, encoding="utf-8")
        result = reload(parts.settings)
        assert told(result) == {"worker": ["refused"], "relay": ["untold"]}
        assert result.exit_code == 1
        (fault,) = word(parts, "worker").what["faults"]
        assert fault.endswith("destinations.lighting: the environment has no NOT_THERE")


def test_without_a_role_it_says_so(tmp_path: Path) -> None:
    """The state folder that it looked in is named: there may be another."""
    result = reload(Settings(state_dir=tmp_path))
    assert result.exit_code == 1
    assert str(tmp_path) in result.stderr

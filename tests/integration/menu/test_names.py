"""Names that are said, called or sent, and that no catalogue has: told, and no role starts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.bootstrap import Services
from hotline.cli.flow import flow_group
from hotline.doctor.roles import all_checks
from hotline.menu import WRONG_FILE, all_findings, refuse_unfit
from hotline.refusal import MenuUnfit
from hotline.settings import Settings
from tests.fixtures.edited import own_config

LOST = [
    ("flows/940/report.yaml", "opened: registered", "opend: registered", "unknown outcome"),
    ("flows/940/report.yaml", "      failed: open_failed\n", "", "missing outcome"),
    ("flows/940/report.yaml", "service_code: RD_HOLE}", "service_code: RD_HOLES}", "unknown code"),
    ("flows/940/operators.yaml", "target: operators", "target: operator", "unknown target"),
    ("flows/940/misuse.yaml", 'target: "911"', 'target: "9111"', "unknown target"),
    ("flows/940/misuse.yaml", 'target: "911"', 'target: "994"', "unknown target"),
    ("flows/940/agencies.yaml", 'agency: "997"', 'agency: "994"', "unknown target"),
    ("flows/940.yaml", "block: blocked_notice", "blok: blocked_notice", "unknown verdict"),
    ("prompts/en.yaml", "service.RD_HOLE:", "service.RD_HOLES:", "no spoken name"),
    ("services.yaml", "code: RD_HOLE", "code: RD_HOLES", "unknown code"),
    ("prompts/en.yaml", "status.FIXED:", "status.FIXT:", "no spoken name"),
    ("prompts/ar.yaml", "agency.996:", "agency.995:", "unknown code"),
    ("sub_municipalities.yaml", "code: UMS", "code: UMX", "no spoken name"),
    ("services.yaml", "code: OTHER", "code: ANOTHER", "missing service"),
    ("asterisk/extensions.conf", "exten => 911,1", "exten => 912,1", "unknown target"),
]
UNREADABLE = [
    ("services.yaml", "target_hours: 24", "target_hours: soon", "target_hours"),
    ("services.yaml", "groups:", "groups: [", "expected"),
    ("agencies.yaml", 'number: "997"', 'number: "911"', "agencies.1.number: 911 stands twice"),
    ("sub_municipalities.yaml", "code: UMS", "code: ABH", "ABH stands twice"),
    ("flows/940/report.yaml", "effect: open_report", "efect: open_report", "efect"),
    ("flows/940.yaml", "root: main", "rot: main", "rot"),
    ("prompts/ar.yaml", "welcome:", "welcome: {", "ar.yaml"),
    ("screening.yaml", "within: 60m", "within: 60 minutes", "within"),
    ("destinations.yaml", "kind: webhook", "kind: pigeon", "destinations.backoffice"),
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the configuration, to be broken."""
    return own_config(tmp_path)


@pytest.fixture
def house(config: Path, tmp_path: Path) -> Iterator[Services]:
    """The house by that configuration."""
    services = Services(Settings(config_dir=config, state_dir=tmp_path / "state"))
    yield services
    services.close()


def broken(config: Path, name: str, old: str, new: str) -> Path:
    """A file in which one thing is otherwise."""
    path = config / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_shipped_menu_has_every_name(house: Services) -> None:
    """Nothing to mend, and every role starts."""
    assert all_findings(house) == []
    refuse_unfit(house)


@pytest.mark.parametrize(("name", "old", "new", "rule"), LOST)
def test_a_name_that_no_catalogue_has(
    house: Services, config: Path, name: str, old: str, new: str, rule: str
) -> None:
    """Lint, doctor and the start of a role say where, and what is wrong."""
    broken(config, name, old, new)
    found = [one for one in all_findings(house) if one.rule == rule]
    assert found
    at = found[0].where.split(":")
    assert Path(at[0]).is_relative_to(config)
    assert int(at[1]) > 0
    with pytest.raises(MenuUnfit) as refused:
        refuse_unfit(house)
    assert str(found[0]) in str(refused.value)
    ran = CliRunner().invoke(flow_group, ["lint"], obj=house)
    assert ran.exit_code == 1
    assert str(found[0]) in ran.output
    check = next(check for check in all_checks(house) if check.name == "flow")
    assert not check.passed


@pytest.mark.parametrize(("name", "old", "new", "told"), UNREADABLE)
def test_a_file_that_cannot_be_read(
    house: Services, config: Path, name: str, old: str, new: str, told: str
) -> None:
    """File, line and key are told, by each of the three."""
    path = broken(config, name, old, new)
    with pytest.raises(WRONG_FILE):
        all_findings(house)
    with pytest.raises(MenuUnfit, match=str(path)) as refused:
        refuse_unfit(house)
    assert told in str(refused.value)
    ran = CliRunner().invoke(flow_group, ["lint"], obj=house)
    assert ran.exit_code == 2
    assert told in ran.output
    check = next(check for check in all_checks(house) if check.name == "flow")
    assert not check.passed
    assert str(path) in check.found


def test_what_loses_no_caller_stops_no_role(house: Services, config: Path) -> None:
    """A node that nobody reaches is told, and calls are led all the same."""
    lost = "nodes:\n  lost:\n    kind: end\n    say: [goodbye]\n"
    broken(config, "flows/940.yaml", "nodes:\n", lost)
    assert [one.rule for one in all_findings(house)] == ["unreachable"]
    refuse_unfit(house)


def test_text_messages_that_cannot_be_written_stop_no_call(house: Services, config: Path) -> None:
    """The worker alone sends them; lint and doctor tell."""
    path = broken(config, "sms.yaml", "reference {reference}, to", "reference {number}, to")
    with pytest.raises(WRONG_FILE, match=str(path)):
        all_findings(house)
    refuse_unfit(house)


def test_what_only_inside_telephones_meet_stops_no_role(house: Services, config: Path) -> None:
    """Citizens are led; the codes are off."""
    broken(config, "flows/inside.yaml", "added: code_blocked", "add: code_blocked")
    assert {one.rule for one in all_findings(house)} >= {"unknown outcome", "missing outcome"}
    refuse_unfit(house)


def test_without_a_dialplan_it_is_not_asked(house: Services, config: Path) -> None:
    """Who is reached through Twilio alone has no Asterisk."""
    shutil.rmtree(config / "asterisk")
    broken(config, "flows/940/misuse.yaml", 'target: "911"', 'target: "994"')
    assert all_findings(house) == []


@pytest.mark.parametrize("role", [("agi", "--port", "0"), ("web", "--port", "0"), ("serve",)])
def test_a_role_that_leads_calls_does_not_start(
    config: Path, tmp_path: Path, role: tuple[str, ...]
) -> None:
    """Exit status 2 and one sentence a mistake; nothing listens, and the caller meets operators."""
    path = broken(config, "flows/940/operators.yaml", "target: operators", "target: operator")
    given = {"HOTLINE_CONFIG_DIR": str(config), "HOTLINE_STATE_DIR": str(tmp_path / "state")}
    done = subprocess.run(
        [sys.executable, "-m", "hotline", *role],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    first, *mistakes = done.stderr.strip().splitlines()
    assert first == "the menu would lose callers by 2 mistakes; see `hotline flow lint`:"
    assert all(line.startswith(f"{path}:") for line in mistakes)

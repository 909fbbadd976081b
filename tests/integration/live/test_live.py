"""A role that runs takes up what people have edited as a whole, or goes on as it was."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from host.word import Said, words
from hotline.bootstrap import Services
from hotline.live import Live
from hotline.menu import refuse_unfit
from hotline.settings import Settings
from tests.fixtures.dialog import FLOW
from tests.fixtures.edited import NODE, RENAMED, edit, next_flow, own_config
from tests.fixtures.processes import wait_until
from tests.fixtures.tickets import new_ticket

TARGET = "target_hours: 24"
KEYS = '"1": {to: ask_building}'


@dataclass
class Role:
    """A role in this process, and what it used one after the other."""

    live: Live
    config: Path
    used: list[Services] = field(default_factory=list)

    @property
    def said(self) -> Said:
        """Its word."""
        (said,) = words(self.live.now.settings.state_dir)
        return said

    @property
    def faults(self) -> str:
        """Why it did not take up what it saw last."""
        return "\n".join(self.said.what["faults"])

    def look(self) -> Services:
        """Have it look; what it goes by then."""
        self.live.look()
        return self.live.now


@pytest.fixture
def role(tmp_path: Path) -> Iterator[Role]:
    """One that leads calls."""
    config = own_config(tmp_path)
    services = Services(Settings(config_dir=config, state_dir=tmp_path / "state"))
    made = Role(Live("agi", services), config)
    refuse_unfit(services)  # as a role does at its start: all is read
    with made.live.told(made.used.append):
        yield made
    services.close()


def test_all_that_changed_is_taken_up_at_once(role: Role) -> None:
    """Services, policy and prompts by one exchange; what is under way keeps what it has."""
    before = role.live.now
    edit(role.config, "services.yaml", TARGET, "target_hours: 25")
    edit(role.config, "screening.yaml", "{calls: 14, within: 60m}", "{calls: 15, within: 60m}")
    edit(role.config, "prompts/en.yaml", "Welcome to Jeddah Municipality", "Good day, Jeddah")
    after = role.look()
    assert role.used == [after]
    assert 25 in {service.target_hours for service in after.services.values()}
    assert 25 not in {service.target_hours for service in before.services.values()}
    assert after.policy != before.policy
    assert after.catalogue.sources != before.catalogue.sources
    assert role.said.what["changed"] == ["prompts/en.yaml", "screening.yaml", "services.yaml"]
    assert role.said.what["running"] == role.said.what["looked_at"]
    assert (after.call_engine, after.fast_redis) == (before.call_engine, before.fast_redis)


def test_one_mistake_refuses_all(role: Role) -> None:
    """The role goes on by what it has and says file, line and mend; mended, it takes up both."""
    before = role.live.now
    edit(role.config, "services.yaml", TARGET, "target_hours: 25")
    edit(role.config, "prompts/ar.yaml", "welcome:", "welcome: {")
    assert role.look() is before
    assert role.used == []
    assert "prompts/ar.yaml:" in role.faults
    assert role.said.what["running"] != role.said.what["looked_at"]
    edit(role.config, "prompts/ar.yaml", "welcome: {", "welcome:")
    assert role.look() is not before
    assert role.faults == ""


@pytest.mark.parametrize(
    ("name", "old", "new", "mend"),
    [
        ("flows/940/location.yaml", KEYS, '"1": {to: nowhere}', "nowhere"),
        ("flows/inside.yaml", "kind: ask", "kind: aks", "inside.yaml:"),
        ("sms.yaml", "ar:", "ar: [", "sms.yaml:"),
        ("screening.yaml", "within: 60m", "within: 60 minutes", "screening.yaml:"),
        ("agencies.yaml", 'number: "997"', 'number: "911"', "agencies.yaml:"),
    ],
)
def test_a_mistake_in_any_file_is_told_with_its_place(
    role: Role, name: str, old: str, new: str, mend: str
) -> None:
    """Callers' and inside telephones' flows, texts, policy and catalogues alike."""
    before = role.live.now
    edit(role.config, name, old, new)
    assert role.look() is before
    assert mend in role.faults


def test_a_file_that_is_gone_is_refused(role: Role) -> None:
    """As it is while somebody replaces it."""
    before = role.live.now
    (role.config / "services.yaml").unlink()
    assert role.look() is before
    assert "services.yaml" in role.faults


def test_flows_of_calls_in_progress_are_kept(role: Role) -> None:
    """Two changes on, a call that began with the first version has it still."""
    first = role.live.now.flow.version
    next_flow(role.config)
    second = role.look().flow.version
    next_flow(role.config, "confirm", "sure")
    flows = role.look().flows
    assert role.faults == ""
    assert len({first, second, flows.current.version}) == 3
    kept = [NODE in flows.of("940", version).nodes for version in (first, second)]
    assert (kept, NODE in flows.current.nodes) == ([True, False], False)
    assert RENAMED in flows.of("940", second).nodes
    assert "confirm" in flows.of("940", second).nodes


def test_a_comment_makes_no_other_version(role: Role) -> None:
    """Nothing that a call meets has changed."""
    before = role.live.now.flow.version
    edit(role.config, "flows/940.yaml", "# The 940 voice menu.", "# The voice menu.\n#")
    assert role.look().flow.version == before
    assert (role.faults, len(role.used)) == ("", 1)


def test_every_flow_that_has_led_calls_is_found_by_who_starts_anew(role: Role) -> None:
    """A process that has read no file but today's has the earlier ones from the archive."""
    first = role.live.now.flow.version
    next_flow(role.config)
    second = role.look().flow.version
    next_flow(role.config, "confirm", "sure")
    anew = Services(role.live.now.settings).flows
    assert NODE in anew.of("940", first).nodes
    assert RENAMED in anew.of("940", second).nodes
    assert anew.of("940", "000000000000") is anew.current


def test_what_a_flow_needs_that_led_calls_before_a_restart_must_stay(role: Role) -> None:
    """Its calls go on: a role that was started since refuses what would leave them silent."""
    first = role.live.now.flow.version
    edit(role.config, "flows/940/report.yaml", "say: [cancelled]", "say: [goodbye]")
    role.look()
    anew = Live("agi", Services(role.live.now.settings))
    with anew.told(lambda _new: None):
        for path in (role.config / "prompts").glob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("\ncancelled:", "\nnever_mind:"), encoding="utf-8")
        for name in ("940-1", "940-2"):
            edit(role.config, f"flows/earlier/{name}.yaml", "say: [cancelled]", "say: [goodbye]")
        before = anew.now
        anew.look()
        faults = role.faults
    assert anew.now is before
    assert f"(version {first}, in which calls go on)" in faults
    assert "cancelled" in faults


def test_what_a_kept_flow_needs_must_stay(role: Role) -> None:
    """A service goes from the menu first, and from its catalogue when no call can ask for it."""
    next_flow(role.config)
    for name in ("940/report.yaml", "earlier/940-1.yaml", "earlier/940-2.yaml"):
        edit(role.config, f"flows/{name}", "service_code: VS_WALL", "service_code: OTHER")
    text = (role.config / "services.yaml").read_text(encoding="utf-8")
    assert "code: VS_WALL" in text
    edit(role.config, "services.yaml", "code: VS_WALL", "code: VS_FENCE")
    for language in FLOW.languages:
        edit(role.config, f"prompts/{language}.yaml", "service.VS_WALL", "service.VS_FENCE")
    before = role.live.now
    assert role.look() is before
    assert f"(version {before.flow.version}, in which calls go on)" in role.faults


def test_what_cannot_be_made_of_the_files_refuses_them(tmp_path: Path) -> None:
    """Whatever it is: the calls go on."""
    config = own_config(tmp_path)
    services = Services(Settings(config_dir=config, state_dir=tmp_path / "state"))

    def use(_new: Services) -> None:
        raise RuntimeError("no")

    live = Live("relay", services)
    with live.told(use):
        edit(config, "services.yaml", TARGET, "target_hours: 25")
        live.look()
        (said,) = words(tmp_path / "state")
    assert live.now is services
    assert "RuntimeError" in said.what["faults"][0]


def test_what_was_changed_while_a_role_began_is_taken_up(tmp_path: Path) -> None:
    """It had read the files, and said no word yet: `hotline reload` knew nothing of it."""
    config = own_config(tmp_path)
    services = Services(Settings(config_dir=config, state_dir=tmp_path / "state"))
    live, used = Live("agi", services), list[Services]()
    refuse_unfit(services)
    edit(config, "services.yaml", TARGET, "target_hours: 25")
    with live.running(used.append):
        wait_until(lambda: used, 20, "it has looked by itself")
    services.close()


def test_what_needs_a_restart_is_told(role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asterisk's own files, and settings: their names, never what they are."""
    edit(role.config, "asterisk/queues.conf", "retry = 1", "retry = 2")
    monkeypatch.setenv("HOTLINE_WEB__PORT", "1234")
    role.look()
    told = role.said.what["restart"]
    assert "asterisk/queues.conf" in told
    assert "HOTLINE_WEB__PORT" in told


TWO = "\n  water: {kind: webhook, takes: [{services: [WT_LEAK]}], private_addresses: true}\n"


def test_tickets_go_where_the_changed_file_says(role: Role) -> None:
    """From the next call on; a file with a mistake changes nothing."""
    path = role.config / "destinations.yaml"
    shipped = path.read_text("utf-8")
    path.write_text(shipped + TWO, "utf-8")
    leak = new_ticket(service_code="WT_LEAK")
    assert role.look().destinations.routes.of(leak) == ("backoffice", "water")
    path.write_text(shipped + TWO.replace("WT_LEAK", "WT_LEAKS"), "utf-8")
    assert role.look().destinations.routes.of(leak) == ("backoffice", "water")
    assert "services.0: is not one of" in role.faults


def test_a_destination_that_came_has_a_lane_of_its_own_after_a_restart(tmp_path: Path) -> None:
    """Until then its tickets go by the first lane; who delivers says so."""
    config = own_config(tmp_path)
    services = Services(Settings(config_dir=config, state_dir=tmp_path / "state"))
    live = Live("worker", services)
    assert [lane.name for lane in services.outbound.lanes] == ["deliveries"]
    used: list[Services] = []
    with live.told(used.append):
        path = config / "destinations.yaml"
        path.write_text(path.read_text("utf-8") + TWO, "utf-8")
        live.look()
        (said,) = words(tmp_path / "state")
    assert "destinations.yaml: deliveries-water" in said.what["restart"]
    assert list(used[0].outbound.offices) == ["backoffice", "water"]
    services.close()


def test_a_process_that_ended_says_nothing(role: Role) -> None:
    """Its word goes with it."""
    assert [said.role for said in words(role.live.now.settings.state_dir)] == ["agi"]
    with role.live.told(role.used.append):
        pass
    assert not list(words(role.live.now.settings.state_dir))

"""`hotline flow publish`, `history` and `rollback`, under a role that leads calls."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from hotline.bootstrap import Services
from hotline.live import Live
from hotline.main import cli
from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.beside import Beside
from tests.fixtures.edited import NODE, RENAMED, edit, next_flow, own_config
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import parts_of, with_redis
from tests.integration.live.test_reload import begun

KEYS = '"1": {to: ask_building}'


class Office:
    """An installation whose menu somebody edits, and what its commands say."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.config = settings.config_dir

    def flow(self, *words: str, code: int = 0) -> Result:
        """`hotline flow …`."""
        done = CliRunner().invoke(cli, ["flow", *words], obj=self.settings)
        assert done.exit_code == code, done.output
        return done

    def told(self, *words: str, code: int = 0) -> Any:
        """What it prints as JSON."""
        return json.loads(self.flow(*words, "--json", code=code).stdout)

    def steps(self) -> list[tuple[str, str]]:
        """The history, the newest step first: what was done, and the version."""
        return [(step["action"], step["version"]) for step in self.told("history")]

    @property
    def edited(self) -> str:
        """The version of the files as they are."""
        return Services(self.settings).flow.version

    def texts(self) -> dict[str, str]:
        """The files of the flow."""
        flows = self.config / "flows"
        paths = [flows / "940.yaml", *sorted((flows / "940").iterdir())]
        return {path.name: path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """One where no role runs."""
    return Office(Settings(config_dir=own_config(tmp_path), state_dir=tmp_path / "state"))


def test_calls_in_progress_keep_their_version_through_publish_and_rollback(
    settings: Callable[..., Settings], redis_url: str, ear: Ear, tmp_path: Path
) -> None:
    """The menu is changed under one call, and changed back under the next; the third has the first
    one again.
    """
    config = own_config(tmp_path)

    def published() -> Any:
        next_flow(config)
        return menu.told("publish", "--who", "Amal", "--note", "as asked")

    def rolled_back() -> Any:
        return menu.told("rollback", "--who", "Badr")

    with parts_of(settings(config_dir=config, **with_redis(redis_url))) as parts:
        menu = Office(parts.settings)
        first = menu.edited
        begun(parts, "agi-1", "worker-1")
        publish = Beside("report_group", "confirm", published)
        back = Beside("report_group", "confirm", rolled_back)
        callers = [Reporter(ear, on_question=of) for of in (publish, back, lambda _key: None)]
        calls = [place(FakeAsterisk(parts.agi[:1], seconds=180.0), one)[0] for one in callers]
        assert [caller.questions for caller in callers] == [list(QUESTIONS)] * 3
        (new,), (old,) = publish.told, back.told
        assert [answer["outcome"] for answer in new["roles"]] == ["taken", "taken"]
        assert (new["added"], new["gone"]) == ([RENAMED], [NODE])
        assert (new["former"], old["former"]) == (first, new["version"])
        assert (old["version"], old["aside"]) == (first, "")
        versions = [parts.wait_closed(call, 60).flow_version for call in calls]
        assert versions == [first, new["version"], first]
        steps = menu.told("history")
    assert [(step["action"], step["by"], step["leads_calls"]) for step in steps] == [
        ("rolled back", "Badr", True),
        ("published", "Amal", False),
        ("taken up", "agi", True),
    ]
    assert steps[1]["note"] == "as asked"


def test_rolling_back_gives_the_files_as_they_were(office: Office) -> None:
    """To the last comment; a branch that came since is taken away."""
    before = office.texts()
    first = office.told("publish")["version"]
    branch = office.config / "flows" / "940" / "rain.yaml"
    branch.write_text("nodes:\n  rain: {kind: say, say: [goodbye], next: main}\n", encoding="utf-8")
    edit(office.config, "flows/940.yaml", "default: welcome", "default: rain")
    second = office.told("publish")
    assert (second["added"], second["head"]) == (["rain"], True)
    back = office.told("rollback")
    assert (back["version"], back["former"], back["gone"]) == (first, second["version"], ["rain"])
    assert office.texts() == before


def test_one_step_back_after_another_comes_to_the_first(office: Office) -> None:
    """And not to and fro; any version is to be had by the beginning of its name."""
    first = office.told("publish")["version"]
    next_flow(office.config)
    second = office.told("publish")["version"]
    next_flow(office.config, "confirm", "sure")
    third = office.told("publish")["version"]
    assert [office.told("rollback")["version"] for _ in range(2)] == [second, first]
    assert "before the one of now" in office.flow("rollback", code=2).stderr
    assert office.told("rollback", third[:5])["version"] == third
    assert office.steps()[0] == ("rolled back", third)


def test_changes_that_led_no_call_are_kept(office: Office) -> None:
    """A rollback takes nothing from who is writing; what cannot be read is kept as it is."""
    first = office.told("publish")["version"]
    next_flow(office.config)
    office.told("publish")
    edit(office.config, "flows/940.yaml", "menu_timeout_s: 7", "menu_timeout_s: 8")
    draft = office.edited
    assert office.told("rollback")["aside"] == draft
    assert ("put aside", draft) in office.steps()
    assert office.edited == first
    assert office.told("rollback", draft)["version"] == office.edited == draft
    edit(office.config, "flows/940.yaml", "languages:", "languages: [")
    broken = office.texts()["940.yaml"]
    aside = Path(office.told("rollback", first)["aside"])
    assert (aside / "940.yaml").read_text(encoding="utf-8") == broken
    assert office.edited == first


def test_a_menu_with_mistakes_is_not_published(office: Office) -> None:
    """File, line and mend are told, and nothing is written down."""
    office.told("publish")
    before = office.steps()
    edit(office.config, "flows/940/location.yaml", KEYS, '"1": {to: nowhere}')
    refused = office.flow("publish", code=1).stderr
    assert "location.yaml:" in refused
    assert "nothing was changed" in refused
    edit(office.config, "flows/940/location.yaml", "nodes:", "nodes: [")
    assert "location.yaml:" in office.flow("publish", code=2).stderr
    assert office.steps() == before


def test_a_menu_that_asks_too_much_is_published_and_told_of(office: Office) -> None:
    """Whoever publishes it decides; what it asks is measured."""
    edit(office.config, "flows/940.yaml", "prompts_s: 75, keys: 15", "prompts_s: 20, keys: 15")
    done = office.flow("publish")
    assert "prompts_s" in done.stderr or "20 s" in done.stderr
    assert office.steps()[0][0] == "published"


def test_a_version_that_the_other_files_have_outgrown_is_not_brought_back(office: Office) -> None:
    """Its prompt is gone: callers would hear nothing. The files stay as they are."""
    next_flow(office.config)
    old = office.told("publish")["version"]
    edit(office.config, "flows/940/report.yaml", "say: [cancelled]", "say: [goodbye]")
    office.told("publish")
    for path in (office.config / "prompts").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("\ncancelled:", "\nnever_mind:"), encoding="utf-8")
    before = office.texts()
    assert "cancelled" in office.flow("rollback", old, code=1).stderr
    assert office.texts() == before


@pytest.mark.parametrize(
    ("word", "why"), [("abc", "at least"), ("ffff0", "none is kept"), ("../..", "none is kept")]
)
def test_a_version_that_is_not_there_is_refused(office: Office, word: str, why: str) -> None:
    """With what to look at."""
    office.told("publish")
    assert why in office.flow("rollback", word, code=2).stderr


def test_nothing_is_written_down_for_what_leads_calls_already(office: Office) -> None:
    """Nor for a look at what would change."""
    office.told("publish")
    before = office.steps()
    edit(office.config, "flows/940.yaml", "# The 940 voice menu.", "# The voice menu.\n#")
    assert "leads calls already" in office.flow("publish").stdout
    next_flow(office.config)
    would = office.flow("publish", "--dry-run").stdout
    assert "would be published" in would
    assert RENAMED in would
    assert office.steps() == before
    assert "another" in office.flow("history").stderr


def test_a_line_of_the_history_that_cannot_be_read_is_passed_over(office: Office) -> None:
    """What a person or the power made of it; a role starts all the same, and calls are led."""
    office.told("publish")
    path = office.settings.state_dir / "flows" / "history.jsonl"
    whole = json.loads(path.read_text(encoding="utf-8"))
    spoilt = [whole | {"at": "noon"}, whole | {"at": "2026-11-29"}, whole | {"version": 7}, []]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in spoilt)
        file.write('{"at": "2026-1')
    next_flow(office.config)
    with closing(Services(office.settings)) as services, Live("agi", services).told(lambda _: None):
        assert office.steps()[0] == ("taken up", office.edited)
    assert [action for action, _ in office.steps()] == ["taken up", "published"]

"""The page of metrics, the alerts and the dashboard know the numbers that there are."""

import importlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from ruamel.yaml import YAML

from hotline.settings import Settings

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "metrics.md"
FOLDER = PAGE.with_suffix("")
_ROW = re.compile(r"^\| `(hotline_\w+)` \|(.*?)\| (.+) \|$", re.MULTILINE)
_LABEL = re.compile(r"`([a-z_]+)`(?:: ([^;]*))?(?:; | $)")
_OF_PROMETHEUS = frozenset({"job", "instance", "role", "le"})
_ROLES = frozenset({"agi", "worker", "relay", "web"})
promtool = Settings().cache_dir / "promtool"
needs_promtool = pytest.mark.skipif(
    not promtool.exists(), reason="no promtool here: `make setup` as root on Debian fetches it"
)


def told() -> dict[str, dict[str, set[str]]]:
    """The metrics of the page, their labels, and the values that it names."""
    return {
        name: {
            label: set(re.findall(r"`([^`]+)`", values)) for label, values in _LABEL.findall(labels)
        }
        for name, labels, _ in _ROW.findall(PAGE.read_text("utf-8"))
    }


def counted() -> dict[str, set[str]]:
    """The metrics of every module that has some, and their labels."""
    rooms = {path.parent for path in ROOT.glob("*/__init__.py")} - {ROOT / "tests", ROOT / "lab"}
    for path in [path for room in sorted(rooms) for path in room.glob("**/*.py")]:
        if re.search(r'\b(?:Counter|Gauge|Histogram)\(\s*"hotline_', path.read_text("utf-8")):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    found = {}
    for collector in list(REGISTRY._collector_to_names):
        name, kind = getattr(collector, "_name", ""), getattr(collector, "_type", "")
        if name.startswith("hotline_"):
            labels = getattr(collector, "_labelnames", ())
            found[f"{name}_total" if kind == "counter" else name] = set(labels)
    return found


def test_the_page_has_every_metric_with_its_labels_and_no_other() -> None:
    """Whoever adds one says there what it tells."""
    assert {name: set(labels) for name, labels in told().items()} == counted()


def alerts() -> list[dict[str, Any]]:
    """The rules of the alerts."""
    groups = YAML(typ="safe").load(FOLDER / "alerts.yml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """The dashboard's panels that show something."""
    board = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[tuple[str, str]]:
    """Everything that Prometheus is asked, by who asks."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_expressions_name_metrics_labels_and_values_that_there_are() -> None:
    """Prometheus would say nothing of a wrong one: it finds no data, and no alert comes."""
    known = told()
    for who, expression in expressions():
        labels: dict[str, set[str]] = {"role": set(_ROLES), "job": {"hotline"}}
        names = set(re.findall(r"\b(?:hotline_\w+|up\b)", re.sub(r'"[^"]*"', '""', expression)))
        assert names, who
        for name in names - {"up"}:
            metric = re.sub(r"_(?:bucket|count|sum)$", "", name)
            assert metric in known, f"{who}: {metric}"
            for label, values in known[metric].items():
                labels.setdefault(label, set()).update(values)
        for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
            assert set(re.split(r",\s*", grouped)) <= labels.keys() | _OF_PROMETHEUS, who
        for label, operator, value in re.findall(r'(\w+)(=~|!=|=)"([^"]*)"', expression):
            for one in value.split("|") if operator == "=~" else [value]:
                assert any(re.fullmatch(one, there) for there in labels[label]), f"{who}: {one}"


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_leads_to_what_is_to_be_done(rule: dict[str, Any]) -> None:
    """A heading of the page, as a link finds it."""
    assert rule["labels"]["severity"] in ("critical", "warning")
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    text = (ROOT / page).read_text("utf-8")
    assert anchor in [line[4:].lower() for line in text.splitlines() if line.startswith("### ")]
    assert rule["alert"] in text


def test_what_prometheus_asks_are_the_ports_of_the_package() -> None:
    """As systemd's units start the roles."""
    config = YAML(typ="safe").load(FOLDER / "prometheus.yml")
    asked = {
        group["labels"]["role"]: [target.rpartition(":")[2] for target in group["targets"]]
        for group in config["scrape_configs"][0]["static_configs"]
    }
    units = {
        role: re.findall(
            r"--metrics-port (\S+)",
            (ROOT / "packaging" / "systemd" / f"hotline-{unit}.service").read_text("utf-8"),
        )
        for role, unit in (("agi", "agi@"), ("worker", "worker"), ("relay", "relay"))
    }
    assert units["agi"] == ["1%i"]
    assert asked == {
        **units,
        "agi": [f"1{port}" for port in Settings().agi.ports],
        "web": [str(Settings().web.port)],
    }


def checked(*words: str | Path) -> None:
    """promtool has nothing to say against it."""
    done = subprocess.run([promtool, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout + done.stderr


@needs_promtool
def test_promtool_takes_the_alerts_and_the_configuration() -> None:
    """Also as what they are: no rule stands twice."""
    checked("check", "rules", FOLDER / "alerts.yml")
    checked("check", "config", FOLDER / "prometheus.yml")


@needs_promtool
def test_promtool_takes_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    """As a rule, for it reads no dashboards."""
    rules = [
        {"record": f"panel:{number}", "expr": target["expr"]}
        for number, target in enumerate(t for panel in panels() for t in panel["targets"])
    ]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    checked("check", "rules", file)


@needs_promtool
def test_alerts_come_when_they_should_and_not_before() -> None:
    """Played against figures: a healthy house, and what can go wrong."""
    checked("test", "rules", Path(__file__).with_name("alerts.test.yml"))


def test_every_panel_has_a_place_of_its_own_and_asks_the_chosen_prometheus() -> None:
    """None lies over another, and none is tied to somebody's server."""
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
        assert {one["datasource"]["uid"] for one in (panel, *panel["targets"])} == {"${datasource}"}

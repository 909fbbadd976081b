"""`hotline flow report`: what people and programs see, and the exit status."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotline.cli.flow import flow_group
from hotline.settings import load_settings
from ivr.event import HungUp
from tests.fixtures.calls import START, House, arrival
from tests.fixtures.dialog import FLOW
from tests.fixtures.flow_calls import called
from tests.fixtures.house import house_of

Run = Callable[..., Result]


@pytest.fixture
def run(house: House, tmp_path: Path) -> Iterator[Run]:
    """Run `hotline flow report ...` on the house's database."""
    url = house.engine.url.render_as_string(hide_password=False)
    services = house_of(load_settings({"DATABASE_URL": url, "HOTLINE_STATE_DIR": str(tmp_path)}))

    def command(*arguments: str) -> Result:
        return CliRunner().invoke(flow_group, ["report", *arguments], obj=services)

    yield command
    services.close()


def test_the_table_is_in_the_order_of_the_files(house: House, run: Run) -> None:
    """A line for every node, also where nobody came."""
    called(house, "1", "1", HungUp())
    ran = run("--since", "2099-11-01")
    assert (ran.exit_code, ran.stderr) == (0, "")
    head, *lines = ran.stdout.splitlines()
    assert head.split()[:4] == ["file", "node", "calls", "answered"]
    rows = [line.split() for line in lines[:-2]]
    assert [row[1] for row in rows] == list(FLOW.nodes)
    main = next(row for row in rows if row[1] == "main")
    assert main == ["940", "main", "1", "1", "0", "0", "0", "0", "2.0"]
    group = next(row for row in rows if row[1] == "report_group")
    assert group == ["report", "report_group", "1", "0", "0", "0", "0", "1"]
    assert lines[-1] == "flow 940, since 2099-11-01 00:00: 1 calls"


def test_only_calls_of_that_time_are_counted(house: House, run: Run) -> None:
    """`--since` counts from then on, `--until` up to before it."""
    called(house, "1", HungUp())
    house.clock.now += 3600
    called(house, "2", HungUp())
    first = datetime.fromtimestamp(START, UTC)
    between = (first + timedelta(minutes=30)).isoformat()

    def calls(*options: str) -> int:
        return int(json.loads(run("--json", *options).stdout)["calls"])

    assert calls("--since", "2099-11-01") == 2
    assert calls("--since", between) == 1
    assert calls("--since", "2099-11-01", "--until", between) == 1
    assert calls("--since", "2099-11-01", "--until", first.isoformat()) == 0


def test_a_call_that_still_goes_on_is_told_apart(house: House, run: Run) -> None:
    """Its path and events are written at its end."""
    house.desk().begin(arrival("goes on"))
    house.flush()
    told = json.loads(run("--since", "2099-11-01", "--json").stdout)
    assert (told["calls"], told["untold"]) == (1, 1)
    assert all(node["calls"] == 0 for node in told["nodes"])
    assert run("--since", "2099-11-01").stdout.endswith("1 calls, 1 of them without a path\n")


def test_the_diagram_has_the_figures_at_each_node(house: House, run: Run) -> None:
    """And is otherwise the one of `hotline flow diagram`."""
    called(house, "1", "7", HungUp(), seconds=3)
    drawn = run("--since", "2099-11-01", "--diagram").stdout
    assert '  n_main{{"main<br/>1 calls, 1 nomatch, 1 hung up"}}\n' in drawn
    assert '  n_language{{"language<br/>1 calls, 1 answered, 3.0 s"}}\n' in drawn
    assert '  n_report_group{{"report_group"}}\n' in drawn
    plain = CliRunner().invoke(flow_group, ["diagram"], obj=house_of(load_settings({})))
    bare = [line.split("<br/>")[0].split('"')[0] for line in drawn.splitlines()]
    assert bare == [line.split('"')[0] for line in plain.stdout.splitlines()]


@pytest.mark.parametrize("options", [["--json", "--diagram"], ["--since", "yesterday"]])
def test_wrong_usage_is_two(run: Run, options: list[str]) -> None:
    """And the message says what to write."""
    ran = run(*options)
    assert ran.exit_code == 2
    assert ("2026-11-24" in ran.stderr) or ("not both" in ran.stderr)


def test_a_database_that_is_away_is_one(tmp_path: Path) -> None:
    """Nothing was counted."""
    away = house_of(
        load_settings(
            {
                "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
                "HOTLINE_STATE_DIR": str(tmp_path),
            }
        )
    )
    ran = CliRunner().invoke(flow_group, ["report"], obj=away)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "database" in ran.stderr

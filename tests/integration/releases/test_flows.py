"""The menu is changed at noon: who is in a call goes on in the flow that the call began with."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from call_handlers.arrival import call_from_json, call_to_json, facts_from_stored
from hotline.files import HouseFiles
from hotline.flow_archive import FlowArchive
from ivr.event import Digits
from ivr.flow import Flow, Menu, SayNode
from ivr.flows import Flows
from tests.fixtures.calls import House, arrival, open_house
from tests.fixtures.dialog import FLOW, FLOW_FILE


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A Redis, a database, and desks on them."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened


def changed() -> Flow:
    """The next version: its menu has another name, and a key less."""
    nodes = dict(FLOW.nodes)
    menu = nodes.pop("language")
    assert isinstance(menu, Menu)
    less = {key: option for key, option in menu.options.items() if key != "2"}
    nodes["tongue"] = replace(menu, name="tongue", options=less)
    for name, node in nodes.items():
        if isinstance(node, SayNode) and node.next == "language":
            nodes[name] = replace(node, next="tongue")
    starts = {name: "tongue" if at == "language" else at for name, at in FLOW.starts.items()}
    return replace(FLOW, version="another", nodes=nodes, starts=starts)


def test_a_call_goes_on_in_the_version_that_it_began_with(house: House) -> None:
    """Another process, with the new menu, takes the next key as the caller was told to press it."""
    before = house.desk().begin(arrival())
    assert before.turn.node == "language"
    after = house.desk(flows=Flows(changed(), (FLOW,)))
    went_on = after.advance(before, Digits("2"))
    assert (went_on.session.language, went_on.session.flow_version) == ("en", FLOW.version)
    assert went_on.turn.node == house.desk().advance(before, Digits("2")).turn.node


def test_a_call_that_begins_now_begins_with_the_current_version(house: House) -> None:
    """And its record says so."""
    call = house.desk(flows=Flows(changed(), (FLOW,))).begin(arrival())
    assert (call.turn.node, call.facts.flow_version) == ("tongue", "another")


def test_a_call_whose_version_is_not_kept_comes_to_a_human(house: House) -> None:
    """Its question is none of the new menu's: nobody guesses what a key meant."""
    before = house.desk().begin(arrival())
    went_on = house.desk(flows=Flows(changed())).advance(before, Digits("2"))
    assert type(went_on.turn.action).__name__ == "Transfer"


def test_a_call_that_began_before_versions_were_sums_goes_on_in_its_flow(tmp_path: Path) -> None:
    """It has a number for a version; the flow of that number lies beside the one of now."""
    flows = tmp_path / "flows"
    for copied in ("earlier/940-7", "940"):
        shutil.copytree(FLOW_FILE.with_suffix(""), flows / copied)
    text = FLOW_FILE.read_text(encoding="utf-8")
    (flows / "940.yaml").write_text(text, encoding="utf-8")
    numbered = text.replace("languages: [ar", "version: 7\nlanguages: [ar", 1)
    (flows / "earlier" / "940-7.yaml").write_text(numbered, encoding="utf-8")
    found = HouseFiles(tmp_path).flows
    assert found.of("940", "7").path.endswith("940-7.yaml")
    assert found.of("940", FLOW.version) is found.current
    assert found.of("940", "8") is found.current


def test_the_numbers_of_calls_before_are_read_as_text(house: House) -> None:
    """A release before this stored numbers, in sessions and in what waits for the database."""
    call = house.desk().begin(arrival())
    stored = json.loads(call_to_json(call))
    stored["facts"]["flow_version"] = stored["session"]["flow_version"] = 2
    read = call_from_json(json.dumps(stored))
    assert (read.facts.flow_version, read.session.flow_version) == ("2", "2")
    assert facts_from_stored(stored["facts"]).flow_version == "2"


def test_a_process_that_is_started_anew_finds_the_flow_of_a_call(
    house: House, tmp_path: Path
) -> None:
    """Whoever led calls by it has kept it; the files have another by now."""
    before = house.desk().begin(arrival())
    FlowArchive(tmp_path / "flows").keep(FLOW)
    anew = house.desk(flows=Flows(changed(), archive=FlowArchive(tmp_path / "flows").find))
    went_on = anew.advance(before, Digits("2"))
    assert (went_on.session.language, went_on.session.flow_version) == ("en", FLOW.version)
    assert went_on.turn == house.desk().advance(before, Digits("2")).turn

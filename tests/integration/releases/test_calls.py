"""A release is brought in under live calls: what the one before stored is read, and the other way.

Every form is tried as it was stored, with a field more, and with each of its fields missing.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from call_handlers.arrival import Call, call_from_json, call_to_json
from call_handlers.history import find_call
from call_handlers.kept import make_kept
from call_handlers.records import replay_journal
from call_handlers.sessions import MemorySessions
from ivr.event import Digits, Event, HungUp, Recorded, Transferred
from ivr.turn import Collect, HangUp, Perform, Record, Transfer
from recordings.register import recordings_of
from tests.fixtures.calls import House, arrival, open_house
from tests.fixtures.golden import FOLDER, RELEASES, lines
from tests.fixtures.world import updater
from tests.golden.write import TOLD, write_requests
from tickets.open import find_ticket
from tickets.reference import is_spare

ALL = [pytest.param(release, id=release) for release in RELEASES]


@pytest.fixture
def house(tmp_path: Path, redis_url: str) -> Iterator[House]:
    """A Redis, a database, and desks on them."""
    with open_house(tmp_path, redis_url) as opened:
        yield opened


def calls_of(release: str) -> list[tuple[str, list[str]]]:
    """Each call of a release between two turns: its state, its events."""
    return [(line["state"], line["events"]) for line in lines(release, "calls.jsonl")]


def with_less(data: Any) -> Iterator[Any]:
    """`data` without one field, for every field that any mapping in it has."""
    if isinstance(data, dict):
        for name, value in data.items():
            yield {key: kept for key, kept in data.items() if key != name}
            for less in with_less(value):
                yield data | {name: less}


def with_more(data: Any) -> Any:
    """`data` with one field more in every mapping and every row of it."""
    if isinstance(data, dict):
        return {name: with_more(value) for name, value in data.items()} | {"newer": [1]}
    if isinstance(data, list) and data and isinstance(data[0], list):
        return [[*row, "newer"] for row in data]
    return data


def answer(call: Call) -> Event:
    """What a caller may do in this turn."""
    match call.turn.action:
        case Collect():
            return Digits("1")
        case Record():
            return Recorded("c-1", 3000)
        case Transfer():
            return Transferred("answered")
        case _:
            return HungUp()


@pytest.mark.parametrize("release", ALL)
def test_a_call_of_an_earlier_release_is_read_as_it_was_stored(release: str) -> None:
    """Every turn of it, and whatever a turn may ask for is among them."""
    read = [call_from_json(state, events) for state, events in calls_of(release)]
    for call, (state, events) in zip(read, calls_of(release), strict=True):
        assert call.events == tuple(events)
        told, kept = json.loads(call_to_json(call)), json.loads(state)
        for part in ("session", "facts"):  # the version of its flow was a number
            kept[part]["flow_version"] = str(kept[part]["flow_version"])
        assert told["session"].items() >= kept["session"].items()
        assert told["facts"] == told["facts"] | kept["facts"]
        said, before = told["turn"].pop("prompts"), kept["turn"].pop("prompts")
        assert [row[: len(old)] for row, old in zip(said, before, strict=True)] == before
        action, asked = told["turn"].pop("action"), kept["turn"].pop("action")
        assert action == action | {name: asked[name] for name in action.keys() & asked.keys()}
        assert told["turn"] == told["turn"] | kept["turn"]
    kinds = {type(call.turn.action) for call in read}
    assert kinds == {Collect, Record, Transfer, Perform, HangUp}


@pytest.mark.parametrize("release", ALL)
def test_a_call_goes_on_from_where_an_earlier_release_left_it(house: House, release: str) -> None:
    """Taken over by a process of this release, at every turn."""
    for number, (state, events) in enumerate(calls_of(release)):
        call = call_from_json(state, events)
        if isinstance(call.turn.action, HangUp):
            continue
        came = arrival(f"9{number}")
        own = state.replace(call.call_id, came.call_id)
        house.sessions().save(came.call_id, call.turn.number, own, events)
        desk = house.desk()
        taken = desk.begin(came)
        if not isinstance(call.turn.action, Perform):  # its effect is run, and clears what it sent
            assert taken.session.answers.keys() >= call.session.answers.keys()
        assert desk.advance(taken, answer(taken)).turn.number > call.turn.number


@pytest.mark.parametrize("release", ALL)
def test_a_field_more_changes_nothing(release: str) -> None:
    """As when the newer of two releases stored the call."""
    for state, events in calls_of(release):
        # Answers are names and values of their own: a name more there is an answer more.
        data = json.loads(state)
        more = with_more(data)
        more["session"]["answers"] = data["session"]["answers"]
        rows = json.loads(call_to_json(call_from_json(state)))["turn"]["prompts"]
        more["turn"]["prompts"] = [[*row, "newer"] for row in rows]
        assert call_from_json(json.dumps(more), events) == call_from_json(state, events)


@pytest.mark.parametrize("release", ALL)
def test_a_field_less_leaves_no_caller_alone(house: House, release: str) -> None:
    """Whichever it is: the call goes on, at worst with an operator."""
    desk, number = house.desk(MemorySessions()), 0
    for state, events in calls_of(release):
        for less in with_less(json.loads(state)):
            number += 1
            text = json.dumps(less).replace(call_from_json(state).call_id, f"{number:032x}")
            call = call_from_json(text, events)
            if isinstance(call.turn.action, Collect | Record):
                assert desk.advance(call, answer(call)).unsaved == 0


def test_a_node_that_the_flow_no_longer_has_leads_to_an_operator(house: House) -> None:
    """At once, with what this server has: not after the same question from another one."""
    state, events = calls_of(RELEASES[-1])[2]
    data = json.loads(state)
    data["session"]["node"] = data["turn"]["node"] = "gone"
    call = house.desk().advance(call_from_json(json.dumps(data), events), Digits("1"))
    assert call.turn.action == Transfer("operators")
    assert call.session.transferred_to == "operators"


BEFORE_NUMBERS = (
    '{"ticket":{"origin":"call:golden:2","service_code":"RD_HOLE","kind":"report","channel":"phone",'
    '"language":"ar","jurisdiction_id":"jeddah.gov.sa","call_id":"c1","phone":"+966501234567",'
    '"address":{"building_number":"7421","postal_code":"23218"},"agency_responsible":["roads"],'
    '"target_hours":72,"attributes":{"unconfirmed":true}},"at":"2026-11-28T09:00:00+00:00"}'
)
"""A ticket that waits, as it was stored before any was given a number."""


def requests_of(release: str, folder: Path) -> list[str]:
    """The requests that a release left in the journal; those of this one are written now."""
    if release == "before numbers":
        return [BEFORE_NUMBERS]
    if release == "this":
        write_requests(folder)
        return (folder / "requests.jsonl").read_text().splitlines()
    return (FOLDER / release / "requests.jsonl").read_text().splitlines()


WITH_REQUESTS = [one for one in RELEASES if (FOLDER / one / "requests.jsonl").exists()]


@pytest.mark.parametrize("release", ["before numbers", *WITH_REQUESTS, "this"])
@pytest.mark.parametrize("more", [False, True], ids=["as it was", "with more"])
def test_requests_of_another_release_are_made(
    house: House, tmp_path: Path, release: str, more: bool
) -> None:
    """A ticket whose number was told has it; one without has one of its own; a note is added."""
    kept = [json.loads(line) for line in requests_of(release, tmp_path)]
    for entry in kept if more else ():
        entry["newer"] = 1
        entry.get("ticket", entry.get("note"))["newer"] = 1
    house.journal.append(kept)
    made = make_kept(house.open_ticket, house.request_review, updater(house.engine))
    assert replay_journal(house.engine, house.journal, made) == len(kept)
    assert not (tmp_path / "journal" / "records.refused").exists()
    (unsent,) = [one for one in house.tickets() if one.origin == "call:golden:2"]
    assert unsent.attributes["unconfirmed"] is True
    assert not is_spare(unsent.service_request_id)
    told = find_ticket(house.engine, TOLD)
    if release == "before numbers":
        assert told is None
        return
    assert told is not None
    assert (told.service_request_id, told.origin) == (TOLD, "call:golden:1")
    assert [note["recording_ref"] for note in told.attributes["notes"]] == ["note-1"]


@pytest.mark.parametrize("release", ALL)
@pytest.mark.parametrize("change", ["none", "more", "less"])
def test_the_journal_of_an_earlier_release_is_replayed(
    house: House, tmp_path: Path, release: str, change: str
) -> None:
    """Records and notes of recordings; an event of a record may be as strange as the rest."""
    kept = lines(release, "journal.jsonl")
    for entry in kept:
        events = [json.loads(event) for event in entry.get("events", [])]
        if change == "more":
            entry["newer"] = 1
            entry.get("facts", {})["newer"] = 1
            entry["events"] = [json.dumps(event | {"newer": 1}) for event in events]
        if change == "less":
            entry.get("facts", {}).pop("attestation", None)
            entry.pop("path", None)
            entry.pop("at", None)
            less = [{k: v for k, v in event.items() if k != "prompts"} for event in events]
            entry["events"] = [json.dumps(event) for event in less]
    house.journal.append(kept)
    assert replay_journal(house.engine, house.journal) == len(kept)
    assert not (tmp_path / "journal" / "records.refused").exists()
    ended = next(entry for entry in kept if entry.get("ended_ms"))
    found = find_call(house.engine, ended["facts"]["call_id"])
    assert found is not None
    record, events_of = found
    assert record.disposition == ended["disposition"]
    assert len(events_of) == len(ended["events"])
    note = next(entry for entry in kept if "recording_sid" in entry)
    assert [r.turn for r in recordings_of(house.engine, note["call_id"])] == [note["turn"]]

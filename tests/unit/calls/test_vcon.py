"""A call as a vCon keeps the rules of the draft, and says no more than the record."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest

from call_handlers.fields import CallEvent
from call_handlers.vcon import vcon, vcon_uuid
from tests.fixtures.vcon_rules import check_vcon
from tests.unit.calls.test_export import START, record


def event(turn: int, kind: str, text: str = "", node: str = "main") -> CallEvent:
    """What came of a turn, ten seconds after the one before."""
    at = START + timedelta(seconds=10 * turn)
    return CallEvent(turn, node, "ar", ("main",), kind, text, at, 4000)


EVENTS = (
    event(1, "digits", "1"),
    event(2, "digits", "4 keys"),
    event(3, "recording", "3000 ms"),
    event(4, "recording", "unavailable"),
    event(5, "effect", "opened"),
    event(6, "digits", "#"),
    event(7, "end", "hangup"),
)
CALLS = {
    "abandoned": (record(), EVENTS),
    "in progress": (record(ended_at=None, disposition=""), EVENTS[:2]),
    "completed": (record(disposition="completed", tickets=("572400002",)), EVENTS),
    "transferred": (
        record(disposition="transferred", transferred_to="operators"),
        (event(1, "digits", "0"), event(2, "transfer", "busy"), event(3, "end", "transferred")),
    ),
    "emergency": (
        record(disposition="transferred", transferred_to="911", verdict="block"),
        (event(1, "digits", "9"), event(2, "end", "transferred")),
    ),
    "no operator": (
        record(disposition="abandoned"),
        (event(1, "digits", "0"), event(2, "transfer", "no_answer"), event(3, "end", "hangup")),
    ),
    "hung up at once": (record(), (event(1, "hangup"), event(1, "end", "hangup"))),
    "lost": (record(disposition="failed"), ()),
    "withheld": (record(e164=None, withheld=True, caller="anonymous", attestation=""), EVENTS),
    "a joker": (record(e164=None, caller='"><script>', attestation=""), EVENTS),
    "the clock went back": (record(ended_at=START - timedelta(seconds=9)), EVENTS),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_kind_of_call_keeps_the_rules(name: str) -> None:
    """Through JSON, as it is exported."""
    found, events = CALLS[name]
    check_vcon(json.loads(json.dumps(vcon(found, events, organisation="Jeddah Municipality"))))


def whole(name: str) -> dict[str, Any]:
    """The vCon of one of the calls above."""
    found, events = CALLS[name]
    return vcon(found, events, organisation="Jeddah Municipality")


def test_it_is_the_same_at_every_export() -> None:
    """Also its id: a call has one vCon."""
    assert whole("abandoned") == whole("abandoned")
    assert vcon_uuid("a" * 32, START) != vcon_uuid("b" * 32, START)


def test_its_id_is_a_version_8_uuid_with_the_time_in_front() -> None:
    """Sorted by id, vCons are sorted by time."""
    first = uuid.UUID(vcon_uuid("b" * 32, START))
    second = uuid.UUID(vcon_uuid("a" * 32, START + timedelta(milliseconds=1)))
    assert (first.version, second.version) == (8, 8)
    assert first < second
    assert first.int >> 80 == int(START.timestamp() * 1000)


def test_choices_are_keys_and_entries_are_not() -> None:
    """What was entered is not in the record, so it is not here."""
    (call, *_) = whole("abandoned")["dialog"]
    pressed = [one.get("button") for one in call["party_history"] if one["event"] == "keydown"]
    assert pressed == ["1", "#"]


def test_a_recording_is_named_and_not_included() -> None:
    """Only one that was kept; from its beginning, not from its end."""
    _, *others = whole("abandoned")["dialog"]
    assert others == [
        {
            "type": "recording",
            "start": "2026-11-24T09:00:27.000+00:00",
            "duration": 3.0,
            "parties": 0,
            "mediatype": "audio/x-wav",
            "filename": f"{'a' * 32}-3.wav",
            "recording_set": 0,
        }
    ]


def test_a_call_without_a_word_is_incomplete() -> None:
    """Hung up, or lost."""
    for name, disposition in (("hung up at once", "hung-up"), ("lost", "failed")):
        (call,) = whole(name)["dialog"]
        assert (call["type"], call["disposition"]) == ("incomplete", disposition)


def test_a_transfer_that_failed_has_a_target_that_was_busy() -> None:
    """And the one that came about has none that we know of."""
    _, busy, first, second = whole("transferred")["dialog"]
    assert (busy["type"], busy["disposition"]) == ("incomplete", "busy")
    assert first["target_dialog"] == 1
    assert "target_dialog" not in second


def test_an_agency_is_a_party_with_its_number() -> None:
    """A short number means something in its country only."""
    assert whole("emergency")["parties"][2]["tel"] == "tel:911;phone-context=+966"


@pytest.mark.parametrize("name", ["withheld", "a joker"])
def test_only_a_real_number_is_a_tel_url(name: str) -> None:
    """Anything else the network sent is no address of anybody."""
    assert whole(name)["parties"][0] == {"type": "caller"}

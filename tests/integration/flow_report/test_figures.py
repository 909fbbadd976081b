"""What callers did at each node, told from the records of real calls."""

import json
import random
from collections import Counter
from dataclasses import replace

import pytest

from call_handlers.arrival import Call
from call_handlers.fields import CallRecord
from call_handlers.flow_figures import FlowFigures, NodeFigures
from call_handlers.history import Wanted, stream_calls
from call_handlers.sessions import MemorySessions
from ivr.engine import step
from ivr.event import Digits, Event, HungUp, NoInput, Recorded, Speech, Transferred
from ivr.flow import WRONG, Ask, Flow, RecordNode, Waiting
from tests.fixtures.calls import House, arrival, to_confirm
from tests.fixtures.dialog import FLOW
from tests.fixtures.flow_calls import called
from tests.fixtures.seed import NAME, fault_seed


def counted(house: House, flow: Flow = FLOW) -> FlowFigures:
    """The figures of all calls in the record."""

    def flow_of(record: CallRecord) -> Flow:
        return flow if record.flow_version == flow.version else FLOW

    figures = FlowFigures(flow, flow_of)
    for record, events in stream_calls(house.engine, Wanted(), batch=2):
        figures.take(record, events)
    return figures


def test_a_choice_and_its_seconds_are_counted(house: House) -> None:
    """The median is that of answers, not of silence."""
    called(house, "1", HungUp(), seconds=4)
    called(house, "2", HungUp(), seconds=6)
    called(house, NoInput(), "1", HungUp(), seconds=8)
    figures = counted(house)
    assert figures.of("language") == NodeFigures(
        "language", calls=3, answered=3, noinput=1, median_s=6.0
    )
    assert figures.of("main") == NodeFigures("main", calls=3, hung_up=3)
    assert figures.of("welcome") == NodeFigures("welcome", calls=3)


def test_the_third_wrong_key_is_no_choice_of_an_operator(house: House) -> None:
    """It leads where `0` leads; the third error gives up, and `0` is an answer."""
    called(house, "1", "7", "7", "7", HungUp())
    called(house, "1", "7", "7", "0", HungUp())
    figures = counted(house)
    assert figures.of("main") == NodeFigures("main", calls=2, answered=1, nomatch=5, median_s=2.0)
    assert figures.of("operator").hung_up == 2


def test_hearing_it_again_is_neither_an_answer_nor_an_error(house: House) -> None:
    """As `#` asks for; `*` leads back, and is an answer where there is something before."""
    called(house, "1", "#", "#", "1", "*", HungUp())
    figures = counted(house)
    main = figures.of("main")
    assert (main.calls, main.again, main.answered, main.nomatch, main.hung_up) == (1, 2, 1, 0, 1)
    assert figures.of("report_group").answered == 1


def test_silence_in_an_entry_and_an_entry_of_a_wrong_length(house: House) -> None:
    """A terminator alone is no input. Of an entry the record has no more than its length."""
    to_the_plate = ("1", "1", "2", "1", "1")
    called(house, *to_the_plate, NoInput(), "74", "12345", "7421", HungUp())
    building = counted(house).of("ask_building")
    assert (building.noinput, building.nomatch, building.answered) == (1, 2, 1)
    called(house, *to_the_plate, "74", "75", "76", HungUp())
    building = counted(house).of("ask_building")
    assert (building.nomatch, building.answered, building.calls) == (5, 1, 2)


def test_a_reference_that_is_wrong_is_a_nomatch_though_it_has_nine_digits(house: House) -> None:
    """What the check said of it is an event of its own."""
    called(house, "1", "4", "123456789", "123456788", HungUp())
    asked = counted(house).of("enter_reference")
    assert (asked.calls, asked.nomatch, asked.answered, asked.hung_up) == (1, 2, 0, 1)


def test_words_count_as_answers_by_what_followed(house: House) -> None:
    """Of what was said no more is kept than how long it was."""
    called(house, Speech("1"), Speech("lost"), HungUp())
    figures = counted(house)
    assert figures.of("language").answered == 1
    assert (figures.of("main").nomatch, figures.of("main").hung_up) == (1, 1)


def test_a_recording_is_an_answer_and_one_that_cannot_be_made_is_nothing(house: House) -> None:
    """A call in which nothing is recorded goes on all the same."""
    called(house, "1", "1", "2", "1", "1", "7421", "23218", Recorded("", 0), HungUp())
    desk = house.desk()
    desk.end(to_confirm(desk, desk.begin(arrival("recorded"))), "hangup")
    house.flush()
    told = counted(house).of("description")
    assert (told.calls, told.answered, told.noinput, told.nomatch) == (2, 1, 0, 0)


def test_who_was_put_through_has_not_hung_up(house: House) -> None:
    """Their unsent report is sent by what stands in the record as a hang-up while they waited."""
    desk = house.desk()
    call = desk.begin(arrival("put through"))
    call = to_confirm(desk, call)
    desk.end(desk.advance(call, Digits("0")), "transferred", talked_ms=30_000)
    house.flush()
    operator = counted(house).of("operator")
    assert (operator.calls, operator.answered, operator.hung_up) == (1, 1, 0)


def test_a_transfer_that_failed_leads_on(house: House) -> None:
    """And who hangs up at the question after it has left there."""
    called(house, "1", "0", Transferred("busy"), HungUp())
    figures = counted(house)
    assert (figures.of("operator").answered, figures.of("operator").hung_up) == (0, 0)
    assert figures.of("call_back_or_message").hung_up == 1


def test_a_call_is_read_by_the_flow_that_it_began_with(house: House) -> None:
    """What its nodes were called stands behind those of today's flow."""
    called(house, "1", HungUp())
    nodes = {("menu" if name == "main" else name): node for name, node in FLOW.nodes.items()}
    nodes["menu"] = replace(nodes["menu"], name="menu")
    figures = counted(house, replace(FLOW, nodes=nodes, version="another"))
    assert figures.of("main") == NodeFigures("main", calls=1, hung_up=1)
    assert [one.node for one in figures.all()] == [*nodes, "main"]


_ERRORS = ("noinput", "nomatch")
_KEYS = ("1", "1", "1", "2", "3", "5", "7", "0", "*", "#", "", "12", "7421", "23218", "572400002")


def _random_event(moves: random.Random) -> Event:
    kind = moves.random()
    if kind < 0.1:
        return NoInput()
    if kind < 0.2:
        return Recorded("made", 3000)
    return Speech("lost") if kind < 0.25 else Digits(moves.choice(_KEYS))


def _truth(before: Call, event: Event) -> str:
    """What the engine makes of `event` where it counts no error yet; "" where it is no error."""
    if isinstance(event, NoInput) or event == Digits(""):
        return "noinput"
    after, _ = step(FLOW, replace(before.session, nomatch=0), event)
    return "nomatch" if after.path == before.session.path and after.nomatch else ""


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_errors_are_those_that_the_engine_has_counted(house: House) -> None:
    """In calls at random: what is told from the record is what the engine itself has decided."""
    seed = fault_seed()
    moves = random.Random(seed)
    expected: Counter[tuple[str, str]] = Counter()
    for number in range(60):
        desk = house.desk(MemorySessions())
        call = desk.begin(arrival(f"random {number}", caller="", withheld=True))
        for _ in range(40):
            node, event = FLOW.nodes[call.session.node], _random_event(moves)
            if not isinstance(node, Waiting):
                break
            if isinstance(event, Recorded) and not isinstance(node, RecordNode):
                continue
            checked = isinstance(node, Ask) and bool(node.check)
            error, known = _truth(call, event), len(call.events)
            call = desk.advance(call, event)
            rows = [json.loads(row) for row in call.events[known:]]
            if checked and any((row["node"], row["input"]) == (node.name, WRONG) for row in rows):
                error = "nomatch"
            if error:
                expected[node.name, error] += 1
        desk.end(call, "hangup")
        house.flush()
    figures = counted(house)
    found = {(one.node, what): getattr(one, what) for one in figures.all() for what in _ERRORS}
    assert {key: count for key, count in found.items() if count} == dict(expected), f"{NAME}={seed}"
    assert sum(expected.values()) > 100

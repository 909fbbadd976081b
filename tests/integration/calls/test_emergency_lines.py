"""A call by a line kept for emergencies is not screened, whoever calls."""

import pytest

from tests.fixtures.calls import CALLER, House, arrival

LINES = frozenset({"9401", "+966126140911", "997"})


def begun(house: House, **by: str) -> tuple[str, str, str]:
    """The node, verdict and screening of a call by a blocked caller."""
    house.restrict(CALLER, days=7)
    desk = house.desk(emergency_lines=LINES)
    call = desk.begin(arrival(**by))
    desk.end(call, "hangup")
    record, _ = house.written(call.call_id)
    return call.turn.node, record.verdict, record.screening


@pytest.mark.parametrize(
    "dialled", ["9401", "+966126140911", "966126140911", "0126140911", "00966126140911"]
)
def test_a_blocked_caller_on_an_emergency_line_is_served(house: House, dialled: str) -> None:
    """However the network writes the line; the record says why nobody asked."""
    assert begun(house, dialled=dialled) == ("language", "allow", "emergency")


@pytest.mark.parametrize("agency", ["997", "+966126140911"])
def test_who_is_sent_on_by_an_agency_is_served(house: House, agency: str) -> None:
    """The agency heard them before us."""
    assert begun(house, redirected=agency) == ("language", "allow", "emergency")


@pytest.mark.parametrize(
    "by",
    [
        {},
        {"dialled": "9402"},
        {"dialled": "94011"},
        {"dialled": ""},
        {"redirected": "anonymous"},
        {"redirected": "998"},
        {"redirected": "997;9401"},
        {"redirected": "9" * 1000},
    ],
    ids=range(8),
)
def test_any_other_line_is_screened(house: House, by: dict[str, str]) -> None:
    """Not what looks alike, nor an agency that was not named."""
    assert begun(house, **by) == ("blocked_notice", "block", "ok")


def test_a_caller_who_says_to_call_from_an_emergency_line_is_screened(house: House) -> None:
    """What is believed is where a call arrives, never who it claims to be from."""
    house.restrict("+966126140911", days=7)
    desk = house.desk(emergency_lines=LINES)
    call = desk.begin(arrival(caller="+966126140911"))
    assert call.turn.node == "blocked_notice"


def test_calls_by_an_emergency_line_fill_no_bucket(house: House) -> None:
    """Ten calls by it, and the caller's first on the hotline's own number is not put last."""
    desk = house.desk(emergency_lines=LINES)
    for number in range(10):
        desk.begin(arrival(f"e{number}", dialled="9401"))
    assert desk.begin(arrival("own")).facts.verdict == "allow"

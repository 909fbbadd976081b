"""What was chosen in the main menu is told by where the call went from there."""

import pytest

from ivr.chosen import chosen
from tests.fixtures.dialog import FLOW


@pytest.mark.parametrize(
    ("path", "choice"),
    [
        ((), ""),
        (("welcome", "language"), ""),
        (("welcome", "main"), ""),
        (("welcome", "main", "leave_report", "report_group"), "leave_report"),
        (("welcome", "main", "report_group", "report_service_1"), "leave_report"),
        (("welcome", "main", "inquiry"), "inquiry"),
        (("welcome", "main", "operator"), "operator"),
        (("welcome", "main", "inquiry", "main", "agencies", "agency"), "agencies"),
        (("welcome", "main", "inquiry", "main"), "inquiry"),
        (("welcome", "main", "inquiry", "main", "open_unconfirmed"), "inquiry"),
    ],
)
def test_the_last_choice_counts(path: tuple[str, ...], choice: str) -> None:
    """Also where what was chosen was passed over; a hang-up in the menu is no choice."""
    assert chosen(FLOW, path) == choice


def test_a_path_of_another_flow_has_no_choice() -> None:
    """A record outlives the menu that led the call."""
    assert chosen(FLOW, ("hello", "tree", "branch")) == ""

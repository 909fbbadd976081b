"""A report in the engine: changes at confirm, the recording, and how calls end."""

from collections.abc import Mapping

import pytest

from ivr.catalogue import NO_RECORDING
from ivr.event import Done
from ivr.turn import HangUp, Record, Transfer, turn_from_dict, turn_to_dict
from tests.fixtures.dialog import KNOWN, REPORT, Caller, at_confirm

# --- changes at confirm -------------------------------------------------------------------------


READ_BACK = ["confirm_service", "place_plate", "confirm"]


def said(caller: Caller) -> dict[str, Mapping[str, str]]:
    """The prompts of this turn, with their values."""
    return {prompt.key: prompt.values for prompt in caller.turn.prompts}


def test_a_change_of_place_asks_for_the_place_and_nothing_else() -> None:
    """The recording is kept, and the way leads straight back to confirm."""
    caller = at_confirm().press("2", "1", "5555", "11111")
    assert caller.node == "confirm"
    assert said(caller)["place_plate"]["plate_building"] == "5555"
    assert caller.session.answers["recording"] == "c1-9"


def test_a_change_of_kind_asks_for_the_kind_and_nothing_else() -> None:
    """Place and recording are kept."""
    caller = at_confirm().press("3", "5", "2")
    assert caller.node == "confirm"
    assert said(caller)["confirm_service"]["service_code"] == "PK_TREE"
    assert said(caller)["place_plate"]["plate_building"] == "7421"


def test_confirm_tells_what_can_be_changed_to_who_asks_and_is_short_ever_after() -> None:
    """A hint at first; `#` has the choices said; who comes back or errs hears the report alone."""
    caller = at_confirm()
    assert caller.keys == [*READ_BACK, "confirm_hint"]
    assert caller.silent().keys == ["noinput_1", *READ_BACK]
    assert caller.press("#").keys == [*READ_BACK, "confirm_choices"]
    assert caller.press("3", "5", "2").keys == READ_BACK


def test_the_place_is_read_back_once_at_confirm() -> None:
    """The description follows the postal code at once."""
    assert Caller().press(*REPORT).keys == ["description", "record_notice"]


def test_another_number_for_contact_is_asked_for_until_it_is_one() -> None:
    """What is no whole number is asked again, and silence leads to an operator as everywhere."""
    caller = at_confirm()
    caller.done = Done("wrong")
    assert caller.press("5").keys == ["ask_contact"]
    assert caller.press("5551234").keys == ["nomatch_contact", "ask_contact"]
    assert caller.press("0").keys == ["nomatch_contact", "ask_contact"]  # a pause after a first 0
    caller.done = Done("known", {"contact": "0559876543", "contact_e164": "+966559876543"})
    assert caller.press("0559876543").keys == READ_BACK
    assert said(caller)["confirm"]["contact"] == "0559876543"


def test_nine_is_emergency_in_every_menu_of_a_report_and_cancels_at_confirm() -> None:
    """From the first sentence on, which says so."""
    for before in ((), ("1",), *(REPORT[:count] for count in (2, 3, 4))):
        assert Caller().press(*before, "9").turn.action == Transfer("911")
    assert at_confirm().press("9").keys == ["cancelled", "main"]


def test_confirm_reads_back_what_will_be_sent() -> None:
    """Service, place and the number for contact."""
    assert said(at_confirm()) == {
        "confirm_service": {"service_code": "RD_HOLE"},
        "place_plate": {"plate_building": "7421", "plate_postal": "23218"},
        "confirm": {"contact": "0501234567"},
        "confirm_hint": {},
    }


def test_cancel_opens_nothing_and_returns_to_main() -> None:
    """What was given is not sent."""
    caller = at_confirm().press("9")
    assert caller.keys == ["cancelled", "main"]
    assert "reference" not in caller.session.answers
    assert caller.session.disposition == ""


def test_a_second_report_in_a_call_starts_clean() -> None:
    """Nothing of the first report is taken over, least of all its place."""
    caller = at_confirm().press("1", "1")
    assert caller.node == "main"
    caller.press("1", "1", "1")
    assert caller.node == "location"
    assert caller.press("1", "1234", "54321").node == "description"


def test_a_second_report_after_a_cancelled_one_starts_clean() -> None:
    """A cancelled report leaves no answers behind."""
    assert at_confirm().press("9", "1", "2", "1").node == "location"


# --- the recording ------------------------------------------------------------------------------


def test_a_recording_is_asked_for_with_its_notice() -> None:
    """The caller is told before anything is recorded."""
    caller = Caller().press(*REPORT)
    assert caller.keys == ["description", "record_notice"]
    assert caller.turn.action == Record(60, leads="0*")
    assert [prompt.whole for prompt in caller.turn.prompts] == [False, True]
    assert caller.turn.prompts[1].values == {"kept_days": "90"}


def test_a_recording_that_cannot_be_kept_is_no_end() -> None:
    """The report goes on without it."""
    caller = Caller().press(*REPORT).record(reference="")
    assert caller.keys == ["recording_unavailable", *READ_BACK, "confirm_hint"]
    assert caller.session.answers["recording"] == NO_RECORDING


def test_again_drops_the_first_recording() -> None:
    """The second one counts, and is the one that is heard."""
    caller = at_confirm().press("4", "2")
    assert caller.node == "description"
    assert caller.record(reference="c1-11").session.answers["recording"] == "c1-11"
    assert caller.press("4", "1").keys == ["recording_played", "recording_choices"]
    assert caller.turn.prompts[0].values == {"recording": "c1-11"}


def test_without_a_recording_is_an_answer_too() -> None:
    """It is not asked for again after a change of place."""
    caller = at_confirm().press("4", "3")
    assert caller.node == "confirm"
    assert caller.press("2", "1", "5555", "11111").node == "confirm"


# --- operators and ends -------------------------------------------------------------------------


def test_an_answered_transfer_ends_the_dialog() -> None:
    """The disposition says who has the caller."""
    caller = Caller().press("0").transferred("answered")
    assert caller.turn.action == HangUp()
    assert (caller.session.disposition, caller.session.transferred_to) == (
        "transferred",
        "operators",
    )


@pytest.mark.parametrize("result", ["busy", "no_answer", "unavailable"])
def test_without_an_operator_a_call_back_or_a_message_is_offered(result: str) -> None:
    """Nobody there is not the end of the call, and it was no transfer."""
    caller = Caller().press("1", "0").transferred(result)
    assert caller.keys == ["operators_unavailable", "call_back_or_message"]
    assert (caller.session.disposition, caller.session.transferred_to) == ("", "")
    assert caller.press("2").keys == ["callback_noted"]


def test_a_failed_transfer_does_not_undo_a_report() -> None:
    """Who has a reference number has completed the call, whoever is busy afterwards."""
    caller = at_confirm().press("1", "0").transferred("busy").hang_up()
    assert caller.session.disposition == "completed"


def test_emergency_is_reachable_for_a_blocked_caller() -> None:
    """A blocked caller is told for how long, and 9 leads to help."""
    caller = Caller(verdict="block")
    assert (caller.node, caller.keys) == ("blocked_notice", ["blocked_notice"] * 3)
    assert [prompt.language for prompt in caller.turn.prompts] == ["ar", "en", "ur"]
    assert caller.turn.prompts[0].values == {"days": "7"}
    assert caller.press("9").turn.action == Transfer("911")
    assert caller.transferred("busy").keys == ["emergency_unavailable"] * 3


def test_a_blocked_caller_reaches_nothing_else() -> None:
    """Neither keys nor silence lead into the menu or to an operator."""
    for key in "012345678*#":
        caller = Caller(verdict="block").press(key)
        assert caller.node == ("review_request" if key == "1" else "blocked_notice")
    caller = Caller(verdict="block").silent(3)
    assert (caller.turn.action, caller.session.disposition) == (HangUp(), "blocked")


def test_who_screening_puts_last_waits_last_for_operators_alone() -> None:
    """The transfer says so, and carries it through JSON; an agency is told nothing of it."""
    last = {**KNOWN, "queue": "last"}
    turn = Caller(verdict="low_priority", answers=last).press("1", "0").turn
    assert turn.action == Transfer("operators", last=True)
    assert turn_from_dict(turn_to_dict(turn)) == turn
    assert Caller().press("1", "0").turn.action == Transfer("operators")
    held = Caller(verdict="block", answers=last).press("9").turn
    assert held.action == Transfer("911")


@pytest.mark.parametrize("verdict", ["challenge", "voicemail", "block"])
def test_whoever_is_held_reaches_emergency_by_one_key(verdict: str) -> None:
    """9, at once and after a mistake."""
    for before in ("", "8", "88"):
        caller = Caller(verdict=verdict, done=Done("wrong")).press(*before)
        assert caller.turn.action != Transfer("911")
        assert caller.press("9").turn.action == Transfer("911")
    assert Caller(verdict=verdict).silent(1).press("9").turn.action == Transfer("911")


def test_an_unknown_verdict_is_served_as_usual() -> None:
    """A verdict that the flow does not name begins where every call does."""
    assert Caller(verdict="warn").node == "language"


@pytest.mark.parametrize(
    ("keys", "disposition"),
    [((), "abandoned"), (("1",), "abandoned"), (REPORT, "abandoned"), (("1", "0"), "abandoned")],
)
def test_hanging_up_before_the_reference_is_abandoning(
    keys: tuple[str, ...], disposition: str
) -> None:
    """Only what was reached counts."""
    caller = Caller().press(*keys).hang_up()
    assert caller.turn.action == HangUp()
    assert caller.session.disposition == disposition


def test_hanging_up_over_the_reference_is_completing() -> None:
    """The ticket is there; whoever leaves then has what they called for."""
    assert at_confirm().press("1").hang_up().session.disposition == "completed"


def test_a_blocked_caller_who_hangs_up_was_blocked() -> None:
    """Not abandoned: the call never was more."""
    assert Caller(verdict="block").hang_up().session.disposition == "blocked"


def test_silence_after_the_reference_is_goodbye() -> None:
    """There silence is no error."""
    caller = at_confirm().press("1").silent()
    assert (caller.keys, caller.turn.action) == (["goodbye"], HangUp())
    assert caller.session.disposition == "completed"


def test_a_report_that_could_not_be_opened_is_a_human() -> None:
    """No number is read out, and an operator takes over."""
    caller = at_confirm()
    caller.done = Done("failed")
    assert caller.press("1").keys == ["open_failed", "operator"]
    assert caller.turn.action == Transfer("operators")

"""The engine on the real flow: what every caller may count on."""

from dataclasses import replace

import pytest

from ivr.engine import NO_RECORDING, FlowError, begin, step
from ivr.event import Digits, Done, Recorded, Speech
from ivr.turn import Collect, HangUp, Perform, Record, Transfer
from tests.fixtures.dialog import FLOW, KNOWN, OPENED, REPORT, Caller, at_confirm


def test_the_first_turn_welcomes_and_warns_before_it_asks() -> None:
    """What needs no answer is said in one turn with the first question."""
    caller = Caller()
    assert caller.keys == ["welcome", "danger", "language"]
    assert caller.turn.action == Collect(max_digits=1)
    assert (caller.turn.number, caller.turn.language) == (1, "ar")


def test_english_is_spoken_after_it_was_chosen() -> None:
    """The language of a turn is the caller's from the next turn on."""
    assert Caller().press("2").turn.language == "en"


def test_a_report_by_someone_who_knows_the_way_takes_nine_entries_and_a_recording() -> None:
    """The shortest way from the answer to a reference number."""
    caller = at_confirm().press("1")
    assert caller.keys == ["reference"]
    assert caller.turn.prompts[0].values == {"reference": "572400002", "target_hours": "72"}
    assert caller.session.disposition == "completed"
    assert caller.session.answers["service_code"] == "RD_HOLE"


# --- silence and wrong keys ---------------------------------------------------------------------


def test_silence_has_its_own_first_and_second_message() -> None:
    """After each message the question is put again, without what is said on entry only."""
    caller = Caller().press("1", "1")
    assert caller.keys == ["danger", "report_group"]
    assert caller.silent().keys == ["noinput_1", "report_group"]
    assert caller.silent().keys == ["noinput_2", "report_group"]


def test_a_wrong_key_has_its_own_first_and_second_message() -> None:
    """Wrong keys are not told that nothing was heard."""
    caller = Caller().press("1")
    assert caller.press("8").keys == ["nomatch_1", "main"]
    assert caller.press("8").keys == ["nomatch_2", "main"]


@pytest.mark.parametrize("third", ["silence", "key"])
def test_the_third_time_is_a_human(third: str) -> None:
    """Whoever does not come to terms with the menu is put through."""
    caller = Caller().press("1")
    if third == "silence":
        caller.silent(3)
    else:
        caller.press("8", "8", "8")
    assert caller.turn.action == Transfer("operators")


def test_silence_and_wrong_keys_are_counted_apart() -> None:
    """Two of each are no third time of either."""
    caller = Caller().press("1").silent(2).press("8", "8")
    assert (caller.session.noinput, caller.session.nomatch) == (2, 2)
    assert caller.node == "main"
    assert caller.silent().node == "operator"


def test_the_next_question_starts_counting_anew() -> None:
    """Errors at one question are not held against the caller at another."""
    caller = Caller().press("1").silent(2).press("1")
    assert (caller.node, caller.session.noinput) == ("report_group", 0)


def test_only_error_messages_are_guarded() -> None:
    """Keys pressed over the first second of an error message were meant for what came before."""
    caller = Caller().press("1", "8")
    assert [prompt.guarded for prompt in caller.turn.prompts] == [True, False]


def test_an_entry_has_one_message_for_both_wrong_entries() -> None:
    """Where a node has a single message the second time says it again."""
    caller = Caller().press(*REPORT[:5])
    assert caller.press("74").keys == ["nomatch_building", "ask_building"]
    assert caller.press("742").keys == ["nomatch_building", "ask_building"]
    assert caller.press("7").node == "operator"


# --- 0 * # --------------------------------------------------------------------------------------

PLACES = {
    "language": (),
    "main": ("1",),
    "report_group": ("1", "1"),
    "report_service_2": REPORT[:3],
    "location": REPORT[:4],
    "ask_building": REPORT[:5],
    "ask_postal": REPORT[:6],
    "location_readback": REPORT[:7],
}


@pytest.mark.parametrize("place", PLACES)
def test_zero_is_an_operator_everywhere(place: str) -> None:
    """Also alone in an entry of digits: it cannot be one."""
    caller = Caller().press(*PLACES[place])
    assert caller.node == place
    assert caller.press("0").turn.action == Transfer("operators")


@pytest.mark.parametrize("place", PLACES)
def test_hash_says_it_again_and_is_no_error(place: str) -> None:
    """The question alone, and no try is counted."""
    caller = Caller().press(*PLACES[place]).press("#", "#", "#", "#")
    assert caller.node == place
    assert (caller.session.noinput, caller.session.nomatch) == (0, 0)
    assert "danger" not in caller.keys


@pytest.mark.parametrize(
    ("place", "before"),
    [
        ("language", "language"),
        ("main", "language"),
        ("report_group", "main"),
        ("report_service_2", "report_group"),
        ("location", "report_service_2"),
        ("ask_building", "location"),
        ("ask_postal", "location"),
        ("location_readback", "location"),
    ],
)
def test_star_goes_back_to_the_menu_before(place: str, before: str) -> None:
    """The menu that the caller came from; at the first one it is said again."""
    assert Caller().press(*PLACES[place]).press("*").node == before


def test_star_goes_back_step_by_step_to_the_first_menu() -> None:
    """Going back never goes in circles."""
    caller = Caller().press(*REPORT[:5])
    seen = [caller.press("*").node for _ in range(6)]
    way = ["location", "report_service_2", "report_group", "main", "language", "language"]
    assert seen == way


def test_back_passes_over_a_readback_whose_answers_were_cleared() -> None:
    """There is nothing to read back any more, so the question before it is put."""
    caller = Caller().press(*REPORT[:7], "2")
    assert caller.node == "ask_building"
    assert caller.session.trail[-1] == "location_readback"
    assert caller.press("*").node == "location"


def test_back_asks_a_question_that_was_already_answered() -> None:
    """Going back ignores skip_if: the caller asked for the question."""
    assert Caller().press(*REPORT).record().press("*").node == "location_readback"
    assert at_confirm().press("*", "*", "*").node == "location"


# --- changes at confirm -------------------------------------------------------------------------


def test_a_change_of_place_asks_for_the_place_and_nothing_else() -> None:
    """The recording is kept, and the way leads straight back to confirm."""
    caller = at_confirm().press("2", "1", "5555", "11111", "1")
    assert caller.node == "confirm"
    assert caller.turn.prompts[0].values["building_number"] == "5555"
    assert caller.session.answers["recording"] == "c1-9"


def test_a_change_of_kind_asks_for_the_kind_and_nothing_else() -> None:
    """Place and recording are kept."""
    caller = at_confirm().press("3", "5", "2")
    assert caller.node == "confirm"
    assert caller.turn.prompts[0].values["service_code"] == "PK_TREE"
    assert caller.turn.prompts[0].values["building_number"] == "7421"


def test_confirm_reads_back_what_will_be_sent() -> None:
    """Service, place and the number for contact."""
    assert at_confirm().turn.prompts[0].values == {
        "service_code": "RD_HOLE",
        "building_number": "7421",
        "postal_code": "23218",
        "contact": "0501234567",
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
    assert caller.press("1", "1234", "54321", "1").node == "description"


def test_a_second_report_after_a_cancelled_one_starts_clean() -> None:
    """A cancelled report leaves no answers behind."""
    assert at_confirm().press("9", "1", "2", "1").node == "location"


# --- the recording ------------------------------------------------------------------------------


def test_a_recording_is_asked_for_with_its_notice() -> None:
    """The caller is told before anything is recorded."""
    caller = Caller().press(*REPORT)
    assert caller.keys == ["description", "record_notice"]
    assert caller.turn.action == Record(60)


def test_a_recording_that_cannot_be_kept_is_no_end() -> None:
    """The report goes on without it."""
    caller = Caller().press(*REPORT).record(reference="")
    assert caller.keys == ["recording_unavailable", "confirm"]
    assert caller.session.answers["recording"] == NO_RECORDING


def test_again_drops_the_first_recording() -> None:
    """The second one counts."""
    caller = Caller().press(*REPORT).record().press("2")
    assert caller.node == "description"
    assert caller.record(reference="c1-11").press("1").session.answers["recording"] == "c1-11"


def test_without_a_recording_is_an_answer_too() -> None:
    """It is not asked for again after a change of place."""
    caller = Caller().press(*REPORT).record().press("3")
    assert caller.node == "confirm"
    assert caller.press("2", "1", "5555", "11111", "1").node == "confirm"


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
    caller = Caller().press("0").transferred(result)
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
    assert (caller.node, caller.keys) == ("blocked_notice", ["blocked_notice"])
    assert caller.turn.prompts[0].values == {"days": "7"}
    assert caller.press("9").turn.action == Transfer("911")
    assert caller.transferred("busy").keys == ["emergency_unavailable"]


def test_a_blocked_caller_reaches_nothing_else() -> None:
    """Neither keys nor silence lead into the menu or to an operator."""
    for key in "012345678*#":
        caller = Caller(verdict="block").press(key)
        assert caller.node in ("blocked_notice", "blocked_goodbye")
    caller = Caller(verdict="block").silent(3)
    assert (caller.turn.action, caller.session.disposition) == (HangUp(), "blocked")


def test_an_unknown_verdict_is_served_as_usual() -> None:
    """A verdict that the flow does not name begins where every call does."""
    assert Caller(verdict="warn").node == "language"


@pytest.mark.parametrize(
    ("keys", "disposition"),
    [((), "abandoned"), (("1",), "abandoned"), (REPORT, "abandoned"), (("1", "0"), "transferred")],
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


# --- what cannot be -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys",
    ["*#ABCD", "1" * 1000, "-1", "٥", "²", "12", "1\n", " 1", "a", "\x00", "１", "0x1", "*#", "##"],
)
def test_keys_that_no_telephone_sends_are_a_wrong_key(keys: str) -> None:
    """At a menu and at an entry alike, and only ASCII digits are digits."""
    assert Caller().press("1", keys).keys == ["nomatch_1", "main"]
    assert Caller().press(*REPORT[:5], keys).keys == ["nomatch_building", "ask_building"]


@pytest.mark.parametrize("digits", ["٧٤٢١", "²²²²", "74 1", "+742", "742\n", "７４２１"])
def test_other_digits_of_the_right_number_are_no_entry(digits: str) -> None:
    """Arabic-Indic, superscript and full-width digits are not what a keypad sends."""
    assert Caller().press(*REPORT[:5], digits).node == "ask_building"


def test_no_keys_at_all_are_silence() -> None:
    """A driver that reports an empty entry reports silence."""
    assert Caller().press("1", "").keys == ["noinput_1", "main"]


def test_speech_is_a_key_where_it_is_one() -> None:
    """A recogniser may return what a key means; anything else is a nomatch."""
    assert Caller().meet(Speech("1")).node == "main"
    assert Caller().meet(Speech("حفرة")).keys == ["nomatch_1", "language"]


def test_an_outcome_that_the_flow_does_not_name_is_an_error() -> None:
    """The node must name every outcome of its effect."""
    caller = at_confirm()
    session, turn = step(FLOW, caller.session, Digits("1"))
    assert turn.action == Perform("open_report")
    with pytest.raises(FlowError, match="'shrug'"):
        step(FLOW, session, Done("shrug"))
    assert step(FLOW, session, OPENED)[1].prompts[0].key == "reference"


def test_an_event_that_cannot_happen_at_a_node_is_an_error() -> None:
    """A driver that makes one up is wrong."""
    session, _ = step(FLOW, Caller().press("1").session, Digits("0"))
    with pytest.raises(FlowError, match="Digits"):
        step(FLOW, session, Digits("1"))


def test_a_session_at_a_node_that_was_removed_is_an_error() -> None:
    """The flow was changed under a live call: the caller gets a human, not a guess."""
    session, _ = begin(FLOW, "c1", answers=KNOWN)
    with pytest.raises(FlowError, match="gone"):
        step(FLOW, replace(session, node="gone"), Digits("1"))


def test_a_recorded_event_at_a_menu_is_a_wrong_key() -> None:
    """No driver sends it; if one does the caller is asked again."""
    assert Caller().meet(Recorded("x", 1)).keys == ["nomatch_1", "language"]


def test_the_engine_changes_nothing_that_it_is_given() -> None:
    """Pure: the same step from the same session gives the same."""
    session = at_confirm().session
    first = step(FLOW, session, Digits("2"))
    assert step(FLOW, session, Digits("2")) == first
    assert session.answers["building_number"] == "7421"

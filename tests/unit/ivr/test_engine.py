"""The engine on the real flow: what every caller may count on."""

from dataclasses import replace

import pytest

from ivr.catalogue import text_value
from ivr.engine import FlowError, begin, step
from ivr.event import Digits, Done, Recorded, Speech
from ivr.turn import Collect, Perform, Transfer
from tests.fixtures.dialog import FLOW, KNOWN, OPENED, REPORT, Caller, at_confirm


def test_the_first_turn_welcomes_and_warns_before_it_asks() -> None:
    """What needs no answer is said in one turn with the first question."""
    caller = Caller()
    assert caller.keys == ["welcome", "danger", "danger", "danger", "language"]
    assert caller.turn.action == Collect(max_digits=1)
    assert (caller.turn.number, caller.turn.language) == (1, "ar")


def test_until_a_language_is_chosen_everything_is_said_in_each() -> None:
    """Danger, silence and wrong keys too; keys are heard again after the first guarded second."""
    said = [(one.key, one.language, one.guarded) for one in Caller().silent().turn.prompts]
    assert said == [
        ("noinput_1", "ar", True),
        ("noinput_1", "en", False),
        ("noinput_1", "ur", False),
        ("language", "", False),
    ]
    assert Caller().press("0").keys == ["operator"] * 3
    assert {one.language for one in Caller().press("1", "8").turn.prompts} == {""}


def test_what_is_on_the_air_in_one_language_alone_is_heard_once() -> None:
    """Before a language is chosen: in each that there are words in, and in no other's stead."""
    both, arabic = text_value({"ar": "أَمْطَارْ.", "en": "Rain."}), text_value({"ar": "إِجَازَةْ."})
    caller = Caller(answers={**KNOWN, "announcement": both, "announcement_2": arabic})
    said = [(one.key, one.language) for one in caller.turn.prompts if one.values]
    assert said == [("announcement", "ar"), ("announcement", "en"), ("announcement_2", "ar")]
    foreign = Caller(answers={**KNOWN, "announcement": text_value({"fr": "Pluie."})})
    assert foreign.keys.count("announcement") == 1


def test_who_is_slow_at_a_plate_is_told_to_take_their_time() -> None:
    """After the first silence of twenty seconds; then the keys and an operator, as everywhere."""
    caller = Caller().press("1", "1", "2", "1", "1")
    assert caller.silent().keys == ["noinput_plate", "ask_building"]
    assert caller.silent().keys == ["noinput_2", "ask_building"]


def test_a_caller_whose_language_is_known_is_not_asked_for_it() -> None:
    """All is in theirs from the first word; `*` in the main menu changes it all the same."""
    caller = Caller(answers={**KNOWN, "language": "en"})
    assert caller.keys == ["welcome", "danger", "main"]
    assert (caller.node, caller.turn.language) == ("main", "en")
    assert caller.press("*").node == "change_language"
    assert caller.press("1").turn.language == "ar"
    assert caller.session.answers["language"] == "ar"


def test_a_language_that_the_flow_does_not_speak_is_asked_for() -> None:
    """What a number chose once may have been taken away since."""
    caller = Caller(answers={**KNOWN, "language": "xx"})
    assert (caller.node, caller.turn.language) == ("language", "ar")


def test_a_plate_is_read_in_twenty_seconds_and_a_menu_answered_in_seven() -> None:
    """And three seconds between two digits end an entry."""
    assert Caller().turn.action == Collect(1, timeout_ms=7000, interdigit_ms=3000)
    entry = Caller().press(*REPORT[:5]).turn.action
    assert entry == Collect(4, timeout_ms=20_000, interdigit_ms=3000)


def test_english_is_spoken_after_it_was_chosen() -> None:
    """The language of a turn is the caller's from the next turn on."""
    assert Caller().press("2").turn.language == "en"


def test_a_report_by_someone_who_knows_the_way_takes_nine_entries_and_a_recording() -> None:
    """The shortest way from the answer to a reference number."""
    caller = at_confirm().press("1")
    assert caller.keys == ["registered", "reference"]
    assert caller.turn.prompts[1].values == {"reference": "572400002", "target_hours": "72"}
    assert caller.session.disposition == "completed"
    assert "service_code" not in caller.session.answers  # sent: nothing of it is left to be kept


# --- silence and wrong keys ---------------------------------------------------------------------


def test_silence_has_its_own_first_and_second_message() -> None:
    """After each message the question is put again, without what is said on entry only."""
    caller = Caller().press("1", "1")
    assert caller.keys == ["report_group"]
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
        ("main", "change_language"),
        ("report_group", "main"),
        ("report_service_2", "report_group"),
        ("location", "report_service_2"),
        ("ask_building", "location"),
        ("ask_postal", "location"),
    ],
)
def test_star_goes_back_to_the_menu_before(place: str, before: str) -> None:
    """The menu that the caller came from; at the first one it is said again."""
    assert Caller().press(*PLACES[place]).press("*").node == before


def test_star_goes_back_step_by_step_to_the_first_menu() -> None:
    """The main menu's star is the language; one more, and the call goes on where it was."""
    caller = Caller().press(*REPORT[:5])
    seen = [caller.press("*").node for _ in range(6)]
    way = ["location", "report_service_2", "report_group", "main", "change_language", "main"]
    assert seen == way


def test_back_from_another_place_leads_to_the_report_with_the_one_before() -> None:
    """Who thinks better of it has lost nothing."""
    caller = at_confirm().press("2", "1")
    assert caller.node == "ask_building"
    assert caller.press("*").node == "change_place"
    assert caller.press("*").node == "confirm"
    assert caller.session.answers["building_number"] == "7421"


def test_back_asks_a_question_that_was_already_answered() -> None:
    """Going back ignores skip_if: the caller asked for the question."""
    assert at_confirm().press("*").node == "location"


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
    assert Caller().meet(Speech("حفرة")).keys == [*["nomatch_1"] * 3, "language"]


def test_an_outcome_that_the_flow_does_not_name_is_an_error() -> None:
    """The node must name every outcome of its effect."""
    caller = at_confirm()
    session, turn = step(FLOW, caller.session, Digits("1"))
    assert turn.action == Perform("open_report")
    with pytest.raises(FlowError, match="'shrug'"):
        step(FLOW, session, Done("shrug"))
    assert [p.key for p in step(FLOW, session, OPENED)[1].prompts] == ["registered", "reference"]


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
    assert Caller().press("1").meet(Recorded("x", 1)).keys == ["nomatch_1", "main"]


def test_the_engine_changes_nothing_that_it_is_given() -> None:
    """Pure: the same step from the same session gives the same."""
    session = at_confirm().session
    first = step(FLOW, session, Digits("2"))
    assert step(FLOW, session, Digits("2")) == first
    assert session.answers["building_number"] == "7421"

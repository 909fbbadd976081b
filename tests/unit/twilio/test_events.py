"""What came of a turn."""

import pytest

from call_handlers.twilio.events import event_of
from call_handlers.twilio.hearing import plain
from call_handlers.twilio.speech import Phrases, menu_phrases
from ivr.event import Digits, Event, HungUp, NoInput, Recorded, Speech, Transferred
from ivr.turn import Action, Collect, HangUp, Record, Transfer, Turn
from tests.fixtures.dialog import FLOW
from tests.fixtures.twilio import CATALOGUE, RECORDING

PHRASES = menu_phrases(FLOW, CATALOGUE)


RECORDED = {"RecordingSid": RECORDING, "RecordingDuration": "3"}


@pytest.mark.parametrize(
    ("action", "form", "event"),
    [
        (Collect(1), {"Digits": "1"}, Digits("1")),
        (Collect(1), {"Digits": "#"}, Digits("#")),
        (Collect(1), {"Digits": "*"}, Digits("*")),
        (Collect(1), {"Digits": ""}, NoInput()),
        (Collect(1), {}, NoInput()),
        (Collect(1), {"Digits": "", "FinishedOnKey": "#"}, NoInput()),
        (Collect(4), {"Digits": "7421", "FinishedOnKey": ""}, Digits("7421")),
        (Collect(4), {"Digits": "74", "FinishedOnKey": "#"}, Digits("74")),
        (Collect(4), {"Digits": "", "FinishedOnKey": "#"}, Digits("#")),
        (Collect(4), {"Digits": "", "FinishedOnKey": "timeout"}, NoInput()),
        (Collect(4), {"Digits": "*"}, Digits("*")),
        (Collect(4), {"Digits": "٧٤٢١"}, Digits("?")),
        (Collect(4), {"Digits": "-1"}, Digits("?")),
        (Record(60), {"RecordingSid": RECORDING, "RecordingDuration": "3"}, Recorded("r", 3000)),
        (Record(60), {**RECORDED, "Digits": "hangup"}, Recorded("r", 3000)),
        (Record(60, "0*"), {**RECORDED, "Digits": "0"}, Recorded("r", 3000, "0")),
        (Record(60, "0*"), {**RECORDED, "Digits": "#"}, Recorded("r", 3000)),
        (Record(60, "*"), {**RECORDED, "Digits": "0"}, Recorded("r", 3000)),
        (Record(60), {"RecordingSid": RECORDING, "RecordingDuration": "0"}, NoInput()),
        (Record(60), {"RecordingSid": RECORDING}, NoInput()),
        (Record(60), {"RecordingSid": RECORDING, "RecordingDuration": "-1"}, NoInput()),
        (Record(60, "0"), {**RECORDED, "RecordingDuration": "0", "Digits": "0"}, Digits("0")),
        (Record(60), {"Digits": "5"}, Digits("5")),
        (Record(60), {"Digits": "hangup"}, HungUp()),
        (Record(60), {}, NoInput()),
        (Transfer("911"), {"DialCallStatus": "completed"}, Transferred("answered")),
        (Transfer("911"), {"DialCallStatus": "busy"}, Transferred("busy")),
        (Transfer("911"), {"DialCallStatus": "no-answer"}, Transferred("no_answer")),
        (Transfer("911"), {"DialCallStatus": "canceled"}, Transferred("unavailable")),
        (Transfer("911"), {"DialCallStatus": "new"}, Transferred("unavailable")),
        (Transfer("911"), {"QueueResult": "bridged"}, Transferred("answered")),
        (Transfer("911"), {"QueueResult": "leave"}, Transferred("no_answer")),
        (Transfer("911"), {"QueueResult": "error"}, Transferred("unavailable")),
        (Transfer("911"), {"QueueResult": "hangup"}, HungUp()),
        (Transfer("911"), {}, None),
        (HangUp(), {"Digits": "1"}, None),
    ],
)
def test_a_form_is_an_event(action: Action, form: dict[str, str], event: Event | None) -> None:
    """In the words of the dialog."""
    assert event_of(Turn(1, "n", "ar", (), action), form, "r", Phrases()) == event


@pytest.mark.parametrize(
    ("language", "heard", "key"),
    [
        ("ar", "حفرة في الطريق من فضلك", "1"),
        ("ar", "حفره في الطريق", "1"),
        ("ar", "واحد", "1"),
        ("ar", "٢", "2"),
        ("ar", "إنارة معطلة", "3"),
        ("en", "A pothole, please.", "1"),
        ("en", "One", "1"),
        ("en", "no one is there", "?"),
        ("en", "one two", "?"),
        ("en", "a pothole and a damaged sign", "?"),
        ("en", "what?", "?"),
    ],
)
def test_what_is_said_is_a_choice_only_when_it_is_plain(
    language: str, heard: str, key: str
) -> None:
    """A guess would lead the caller astray."""
    turn = Turn(1, "report_service_2", language, (), Collect(1))
    assert event_of(turn, {"SpeechResult": heard}, "r", PHRASES) == Speech(key)


def test_keys_go_before_what_is_heard() -> None:
    """Background noise does not override a key."""
    turn = Turn(1, "report_service_2", "en", (), Collect(1))
    form = {"Digits": "2", "SpeechResult": "pothole"}
    assert event_of(turn, form, "r", PHRASES) == Digits("2")


def test_every_hint_is_understood() -> None:
    """What the recogniser is told to expect means one key."""
    for (node, language), phrases in PHRASES.known.items():
        for phrase, meant in phrases.items():
            assert PHRASES.key(node, language, phrase) == meant.key, (node, phrase)


def test_plain_words_have_one_spelling() -> None:
    """Vowel marks, case, other digits."""
    assert plain("إِنَارَةٌ، مُعَطَّلَةْ!") == "اناره معطله"
    assert plain("  Street LIGHT-out ") == "street light out"

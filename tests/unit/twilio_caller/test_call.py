"""What Twilio does with each verb, and what it tells the webhooks, on hand-written TwiML."""

from operator import methodcaller

import pytest

from lab.callers.twilio_forms import Party
from lab.callers.twilio_moment import CallBroken
from lab.callers.twiml_verbs import Play, Say
from tests.fixtures.twilio_web import Pages

ASK = '<Gather action="/next" numDigits="4" timeout="3" actionOnEmptyResult="true"/>'
BYE = "<Say>bye</Say><Hangup/>"


def test_what_every_request_carries() -> None:
    """A call rings at its first request, is in progress at the others, completed at the last."""
    pages = Pages({"/voice": ASK, "/next": BYE})
    call = pages.call(Party(sid="CA1", caller="+966501234567", attestation="B"))
    call.begin()
    call.press("1234")
    assert [(path, form["CallStatus"]) for path, form in pages.asked] == [
        ("/voice", "ringing"),
        ("/next", "in-progress"),
        ("/status", "completed"),
    ]
    for _, form in pages.asked:
        assert form["CallSid"] == "CA1"
        assert form["From"] == "+966501234567"
        assert form["StirVerstat"] == "TN-Validation-Passed-B"
        assert form["AccountSid"].startswith("AC")
        assert form["Direction"] == "inbound"


def test_a_withheld_number_is_as_twilio_spells_it() -> None:
    """No attestation then, either."""
    pages = Pages({"/voice": BYE})
    pages.call().begin()
    form = pages.last("/voice")
    assert form["From"] == "+266696687"
    assert "StirVerstat" not in form


@pytest.mark.parametrize(
    ("pressed", "digits", "finished", "waits"),
    [
        ("1234", "1234", "", 0.0),
        ("12345", "1234", "", 0.0),
        ("12#", "12", "#", 0.0),
        ("#", "", "#", 0.0),
        ("12", "12", "", 3.0),
        ("*", "*", "", 3.0),
    ],
)
def test_how_an_entry_ends(pressed: str, digits: str, finished: str, waits: float) -> None:
    """By enough keys, by the finishing key (which is no part of it), or by silence."""
    pages = Pages({"/voice": ASK, "/next": BYE})
    call = pages.call()
    call.begin()
    before = call.seconds
    call.press(pressed)
    form = pages.last("/next")
    assert (form["Digits"], form["FinishedOnKey"]) == (digits, finished)
    keys = len(digits) + len(finished)
    assert call.seconds - before - keys * 0.3 - len("bye") * 0.06 == pytest.approx(waits)


def test_without_a_finishing_key_every_key_is_an_entry() -> None:
    """`finishOnKey=""`."""
    pages = Pages({"/voice": ASK.replace("/>", ' finishOnKey=""/>'), "/next": BYE})
    call = pages.call()
    call.begin()
    call.press("1#*2")
    assert pages.last("/next")["Digits"] == "1#*2"


def test_silence_asks_the_action_only_where_empty_results_are_wanted() -> None:
    """Otherwise the document goes on, as it does after a bare finishing key."""
    pages = Pages({"/voice": ASK, "/next": BYE})
    call = pages.call()
    call.begin()
    call.keep_silent()
    assert pages.last("/next")["Digits"] == ""
    for act in (methodcaller("keep_silent"), methodcaller("press", "#")):
        pages = Pages({"/voice": '<Gather action="/next"/><Redirect>/empty</Redirect>'})
        pages.pages = {**pages.pages, "/empty": BYE}
        call = pages.call()
        call.begin()
        act(call)
        assert [path for path, _ in pages.asked] == ["/voice", "/empty", "/status"]


def test_what_is_heard_is_what_came_since_the_last_act() -> None:
    """Over documents that ask nothing as well; every sound is fetched, once."""
    pages = Pages(
        {
            "/voice": "<Play>/a.wav</Play><Redirect>/more</Redirect>",
            "/more": f"<Say>b</Say>{ASK.replace('/>', '><Play>/c.wav</Play></Gather>')}",
            "/next": "<Play>/c.wav</Play><Pause length='2'/><Hangup/>",
        },
        sounds={"/a.wav": 4.0},
    )
    call = pages.call()
    first = call.begin()
    assert (first.kind, first.heard) == ("keys", (Play("/a.wav"), Say("b"), Play("/c.wav")))
    assert call.seconds == pytest.approx(4.0 + 0.06 + 1.0)
    assert call.press("1").heard == (Play("/c.wav"),)
    assert pages.fetched == ["https://city.example/a.wav", "https://city.example/c.wav"]


def test_speech_is_heard_where_it_is_listened_for() -> None:
    """And nowhere else."""
    pages = Pages({"/voice": ASK.replace("/>", ' input="dtmf speech"/>'), "/next": ASK})
    call = pages.call()
    call.begin()
    call.say("نعم")
    form = pages.last("/next")
    assert (form["SpeechResult"], form["Confidence"], "Digits" in form) == ("نعم", "0.9", False)
    with pytest.raises(CallBroken, match="nobody listens for speech"):
        call.say("نعم")


RECORD = (
    '<Record action="/next" maxLength="60" finishOnKey="#" recordingStatusCallback="/told"/>'
    "<Redirect>/empty</Redirect>"
)


def test_a_recording_is_told_to_the_action_and_then_to_its_callback() -> None:
    """With a URL of Twilio's API, and the key that ended it."""
    pages = Pages({"/voice": RECORD, "/next": BYE})
    call = pages.call(Party(account="AC9"))
    assert call.begin().kind == "recording"
    call.speak(7)
    form = pages.last("/next")
    assert (form["RecordingDuration"], form["Digits"]) == ("7", "#")
    sid = form["RecordingSid"]
    assert form["RecordingUrl"].endswith(f"api.twilio.com/2010-04-01/Accounts/AC9/Recordings/{sid}")
    told = pages.last("/told")
    assert (told["RecordingStatus"], told["RecordingSid"]) == ("completed", sid)


def test_a_recording_is_as_long_as_it_may_be() -> None:
    """And then no key ended it."""
    pages = Pages({"/voice": RECORD, "/next": BYE})
    call = pages.call()
    call.begin()
    call.speak(99)
    assert (pages.last("/next")["RecordingDuration"], pages.last("/next")["Digits"]) == ("60", "")


@pytest.mark.parametrize("silent", [True, False])
def test_an_empty_recording_goes_on_with_the_document(silent: bool) -> None:
    """Twilio makes no request of it."""
    pages = Pages({"/voice": RECORD, "/empty": BYE})
    call = pages.call()
    call.begin()
    if silent:
        call.keep_silent()
    else:
        call.speak(0)
    assert [path for path, _ in pages.asked] == ["/voice", "/empty", "/status"]


def test_hanging_up_in_a_recording_still_tells_what_was_recorded() -> None:
    """`Digits=hangup`, and the call is completed by then."""
    pages = Pages({"/voice": RECORD, "/next": BYE})
    call = pages.call()
    call.begin()
    call.hang_up(spoken_s=3)
    form = pages.last("/next")
    assert (form["Digits"], form["CallStatus"]) == ("hangup", "completed")
    assert [path for path, _ in pages.asked] == ["/voice", "/next", "/told", "/status"]


def test_hanging_up_tells_the_status_and_nothing_else() -> None:
    """Once."""
    pages = Pages({"/voice": ASK})
    call = pages.call()
    call.begin()
    call.hang_up()
    call.hang_up()
    assert [path for path, _ in pages.asked] == ["/voice", "/status"]
    assert pages.last("/status")["CallStatus"] == "completed"


def test_a_queue_speaks_while_the_caller_waits() -> None:
    """Its action is asked when the talk is over."""
    queue = '<Enqueue action="/next" waitUrl="/wait">operators</Enqueue>'
    pages = Pages({"/voice": queue, "/wait": "<Say>first</Say><Pause/>", "/next": BYE})
    call = pages.call()
    assert call.begin().kind == "transfer"
    assert call.listen_in_queue() == (Say("first"),)
    assert pages.last("/wait")["QueuePosition"] == "1"
    assert call.answered().kind == "over"
    assert pages.last("/next")["QueueResult"] == "bridged"


def test_a_queue_may_not_ask_the_caller_anything() -> None:
    """Twilio would refuse the verb."""
    queue = '<Enqueue waitUrl="/wait">operators</Enqueue>'
    call = Pages({"/voice": queue, "/wait": ASK}).call()
    call.begin()
    with pytest.raises(CallBroken, match="may only be played"):
        call.listen_in_queue()


def test_a_dialled_party_answers_or_does_not() -> None:
    """Without an action the document goes on after either."""
    pages = Pages({"/voice": '<Dial action="/next" timeout="20">+1</Dial>', "/next": BYE})
    call = pages.call()
    call.begin()
    call.answered(5)
    form = pages.last("/next")
    assert (form["DialCallStatus"], form["DialCallDuration"]) == ("completed", "5")
    call = pages.call()
    call.begin()
    before = call.seconds
    call.unanswered("no-answer")
    assert pages.last("/next")["DialCallStatus"] == "no-answer"
    assert call.seconds >= before + 20
    call = Pages({"/voice": "<Dial>+1</Dial><Say>gone</Say>"}).call()
    call.begin()
    assert call.unanswered("busy").heard == (Say("gone"),)


def test_a_refused_call_is_never_in_progress() -> None:
    """`Reject` as the first verb."""
    pages = Pages({"/voice": '<Reject reason="busy"/>'})
    assert pages.call().begin().kind == "over"
    assert pages.last("/status")["CallStatus"] == "busy"


def test_a_broken_webhook_leads_to_the_fallback_once() -> None:
    """Its document is static; without one the call is broken."""
    operators = "<Response><Say>one moment</Say><Dial>+1</Dial></Response>"
    call = Pages({"/voice": ASK}).call(fallback=operators)
    call.begin()
    assert call.press("1").heard == (Say("one moment"),)
    assert call.answered().kind == "over"
    call = Pages({"/voice": ASK}).call()
    call.begin()
    with pytest.raises(CallBroken, match="nothing there"):
        call.press("1")


def test_documents_that_ask_nothing_for_ever_are_a_loop() -> None:
    """Twilio would go on until the call costs a fortune."""
    with pytest.raises(CallBroken, match="documents in a row"):
        Pages({"/voice": "<Redirect>/voice</Redirect>"}).call().begin()


def test_nobody_listens_for_keys_in_a_recording() -> None:
    """Nor is a recording made where keys are wanted."""
    call = Pages({"/voice": RECORD}).call()
    call.begin()
    with pytest.raises(CallBroken, match="listens for keys"):
        call.press("1")
    call = Pages({"/voice": ASK}).call()
    call.begin()
    with pytest.raises(CallBroken, match="nothing is recorded"):
        call.speak(1)

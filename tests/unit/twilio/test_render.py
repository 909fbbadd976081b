"""Turns in TwiML."""

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from call_handlers.arrival import Arrival
from call_handlers.twilio.human import Human, shown_of
from call_handlers.twilio.render import Renderer, Rendering, render, to_a_human
from call_handlers.twilio.spoken import Speaker, Voice
from call_handlers.twilio.transfers import Lines, shown_to
from ivr.catalogue import Piece
from ivr.turn import Collect, HangUp, Perform, Prompt, Record, Transfer, Turn
from tests.fixtures.agi import StubCatalogue, menu, turn
from tests.fixtures.dialog import FLOW
from tests.fixtures.outcomes import PROMPT_VALUES
from tests.fixtures.twilio import BASE, CATALOGUE, VOICES, rendering

CALL = "c" * 32
WORKFLOW = f"WW{'0a' * 16}"
MENU = Collect(max_digits=1)


def stub(
    available: Callable[[str], bool] = lambda _stem: True,
    unknown: tuple[str, ...] = (),
    lines: Lines = Lines("queue:operators"),  # noqa: B008 - frozen
) -> Rendering:
    """A rendering of one piece a prompt."""
    return Rendering(Speaker(StubCatalogue(unknown), available, BASE, VOICES), lines)


def read(text: str) -> ElementTree.Element:
    """The TwiML, read."""
    return ElementTree.fromstring(text.encode())


def test_a_menu_takes_any_key_over_its_prompts() -> None:
    """`#` and `*` are keys, and silence is told."""
    (gather,) = read(render(menu("welcome", "main"), CALL, stub()))
    assert gather.attrib == {
        "action": f"{BASE}/twilio/turn/{CALL}/1",
        "method": "POST",
        "input": "dtmf",
        "numDigits": "1",
        "finishOnKey": "",
        "timeout": "7",
        "actionOnEmptyResult": "true",
    }
    assert [e.text for e in gather] == [
        f"{BASE}/prompts/ar/welcome.wav",
        f"{BASE}/prompts/ar/main.wav",
    ]


def test_an_entry_ends_by_its_terminator() -> None:
    """Or when it is full."""
    (gather,) = read(render(turn(Collect(4), "ask"), CALL, stub()))
    assert (gather.get("numDigits"), gather.get("finishOnKey")) == ("4", "#")


def test_nobody_listens_over_the_guarded_beginning() -> None:
    """The head stands before the Gather, its tail and the question in it."""
    asked = turn(Collect(1), "nomatch_1", "main", guarded=["nomatch_1"])
    head, gather = read(render(asked, CALL, stub()))
    assert str(head.text).endswith("ar/nomatch_1-head.wav")
    assert [str(e.text).rpartition("/")[2] for e in gather] == ["nomatch_1-tail.wav", "main.wav"]


def test_what_has_no_audio_is_said() -> None:
    """By the language's own voice; the rest of the turn is played."""
    (gather,) = read(render(menu("welcome", "main"), CALL, stub(lambda stem: "main" not in stem)))
    assert [e.tag for e in gather] == ["Play", "Say"]
    assert gather[1].attrib == {"voice": "Polly.Hala-Neural", "language": "ar-AE"}
    assert gather[1].text == "main"


def test_a_prompt_with_one_sound_missing_is_said_whole() -> None:
    """The voice does not change in mid-sentence, but with the language it does."""
    asked = Turn(1, "n", "ar", (Prompt("language"),), Collect(1))
    (gather,) = read(render(asked, CALL, rendering(lambda stem: stem.startswith("en/"))))
    assert [e.get("language") for e in gather] == ["ar-AE", "en-US", None]  # Urdu has no voice
    assert gather[1].text == "For English, press two."


def test_a_guarded_prompt_without_audio_is_said_before_the_gather() -> None:
    """Its whole text is with its head."""
    asked = turn(Collect(1), "nomatch_1", "main", guarded=["nomatch_1"])
    said, gather = read(render(asked, CALL, stub(lambda _: False)))
    assert (said.tag, said.text) == ("Say", "nomatch_1")
    assert [e.text for e in gather] == ["main"]


def test_a_prompt_that_one_language_lacks_is_said_in_the_other() -> None:
    """Never silence if it can be helped."""

    class English:
        def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
            return StubCatalogue(() if language == "en" else (prompt.key,)).speak(language, prompt)

    speaker = Speaker(English(), lambda _: True, BASE, VOICES)
    (gather,) = read(render(menu("main"), CALL, Rendering(speaker, Lines("queue:o"))))
    assert gather[0].text == f"{BASE}/prompts/en/main.wav"


def test_a_prompt_that_nobody_knows_is_left_out_and_the_turn_listens() -> None:
    """The caller can still press a key."""
    (gather,) = read(render(menu("lost"), CALL, stub(unknown=("lost",))))
    assert (gather.tag, len(gather)) == ("Gather", 0)


def test_a_recording_is_announced_and_silence_goes_on() -> None:
    """Twilio says nothing of an empty recording: the redirect does."""
    said = (Prompt("describe"), Prompt("notice", whole=True))
    document = render(Turn(1, "n", "ar", said, Record(60, "0*")), CALL, stub())
    gather, notice, record, redirect = read(document)
    assert (gather.tag, gather[0].tag, notice.tag) == ("Gather", "Play", "Play")
    assert gather.get("numDigits") == "1"
    assert gather.get("finishOnKey") == ""
    assert gather.get("actionOnEmptyResult") is None
    assert gather.get("action") == redirect.text
    assert record.get("maxLength") == "60"
    assert record.get("timeout") == "5"
    assert record.get("finishOnKey") == "#0*"
    assert record.get("playBeep") == "true"
    assert record.get("action") == redirect.text == f"{BASE}/twilio/turn/{CALL}/1"
    assert record.get("recordingStatusCallback") == f"{BASE}/twilio/recording/{CALL}/1"


def test_operators_take_callers_from_a_queue() -> None:
    """With what is heard while waiting."""
    _, queue = read(render(turn(Transfer("operators"), "operator"), CALL, stub()))
    assert (queue.tag, queue.text) == ("Enqueue", "operators")
    assert queue.get("waitUrl") == f"{BASE}/twilio/wait/{CALL}/1"
    assert queue.get("action") == f"{BASE}/twilio/transfer/{CALL}/1"


@pytest.mark.parametrize(("last", "priority"), [(False, "10"), (True, "0")])
def test_a_workflow_is_given_a_task_with_the_callers_priority(last: bool, priority: str) -> None:
    """TaskRouter assigns the higher one first; waiting sounds as in a queue."""
    lines = Lines(f"workflow:{WORKFLOW}")
    asked = turn(Transfer("operators", last=last), "operator")
    _, queue = read(Renderer(stub(lines=lines)).render(asked, CALL))
    (task,) = queue
    assert (queue.get("workflowSid"), queue.text) == (WORKFLOW, None)
    assert queue.get("waitUrl") == f"{BASE}/twilio/wait/{CALL}/1"
    assert queue.get("action") == f"{BASE}/twilio/transfer/{CALL}/1"
    assert (task.tag, task.attrib, json.loads(str(task.text))) == (
        "Task",
        {"priority": priority},
        {"language": "ar"},
    )


def test_a_queue_has_no_priorities() -> None:
    """Twilio has none there, and operators dial one queue: who is put last waits like others."""
    texts = {
        render(turn(Transfer("operators", last=last), "operator"), CALL, stub())
        for last in (False, True)
    }
    assert len(texts) == 1


def test_an_agency_is_no_task() -> None:
    """Emergencies are dialled, whatever operators work with."""
    lines = Lines(f"workflow:{WORKFLOW}")
    _, dial = read(render(turn(Transfer("911"), "operator"), CALL, stub(lines=lines)))
    assert (dial.tag, dial[0].text) == ("Dial", "911")


@pytest.mark.parametrize(
    ("lines", "target", "noun", "text"),
    [
        (Lines("+966126140000"), "operators", "Number", "+966126140000"),
        (Lines("sip:operators@pbx.example"), "operators", "Sip", "sip:operators@pbx.example"),
        (Lines("queue:o"), "911", "Number", "911"),
        (Lines("queue:o", "sip:{number}@pbx.example"), "911", "Sip", "sip:911@pbx.example"),
    ],
)
def test_people_are_dialled(lines: Lines, target: str, noun: str, text: str) -> None:
    """By number or by SIP."""
    lines = Lines(lines.operators, lines.agencies, caller_id="+966126149940", ring_s=25)
    _, dial = read(render(turn(Transfer(target), "operator"), CALL, stub(lines=lines)))
    assert (dial.tag, dial[0].tag, dial[0].text) == ("Dial", noun, text)
    assert (dial.get("timeout"), dial.get("callerId")) == ("25", "+966126149940")


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        (Lines("+966126140000"), "operators"),
        (Lines("sip:operators@pbx.example"), "operators"),
        (Lines("queue:o"), "911"),
        (Lines("queue:o", "sip:{number}@pbx.example"), "911"),
    ],
)
@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("+966501234567", None),
        ("+266696687", "+966126149940"),
        ("anonymous", "+966126149940"),
        ("", "+966126149940"),
        ("+464", "+966126149940"),
        ("sip:+966501234567@203.0.113.5", "+966126149940"),
        ("client:AliTariq", "+966126149940"),
    ],
)
def test_who_shows_no_number_is_put_through_with_ours(
    lines: Lines, target: str, caller: str, expected: str | None
) -> None:
    """The next hop needs one: Twilio passes on what stands in its place, and the call fails."""
    arrival = Arrival("twilio", "CA1", caller, dialled="+966126149940")
    asked = turn(Transfer(target), "operator")
    shown = shown_of(arrival, lines)
    _, dial = read(Renderer(stub(lines=lines)).render(asked, CALL, shown))
    assert dial.get("callerId") == expected
    if target == "operators":
        human = read(Human(rendering(lines=lines)).answer(arrival))
        assert human[2].get("callerId") == expected


@pytest.mark.parametrize(
    ("lines", "dialled", "expected"),
    [
        (Lines("sip:o@pbx.example", caller_id="+966126149941"), "+966126149940", "+966126149941"),
        (Lines("+966126140000"), "sip:940@city.sip.twilio.com", "+966126140000"),
        (Lines("sip:o@pbx.example"), "sip:940@city.sip.twilio.com", "940"),
    ],
)
def test_a_number_of_ours_is_found_whatever_was_dialled(
    lines: Lines, dialled: str, expected: str
) -> None:
    """The setting, else the number dialled, else the operators' own, else 940."""
    assert shown_to(lines, None, dialled) == expected
    assert shown_to(lines, "+966501234567", dialled) == (lines.caller_id or None)


def test_without_a_word_of_the_caller_a_number_of_ours_is_shown() -> None:
    """Better than none."""
    for lines, expected in ((Lines("+966126140000"), "+966126140000"), (Lines("queue:o"), "940")):
        _, dial = read(render(turn(Transfer("911"), "operator"), CALL, stub(lines=lines)))
        assert dial.get("callerId") == expected


def test_a_strange_agency_is_not_dialled() -> None:
    """Nothing but digits comes into an address."""
    with pytest.raises(ValueError):
        render(turn(Transfer("911@evil.example"), "operator"), CALL, stub())


def test_the_end_is_said() -> None:
    """And then the call is over."""
    assert [e.tag for e in read(render(turn(HangUp(), "goodbye"), CALL, stub()))] == [
        "Play",
        "Hangup",
    ]


def test_an_effect_is_nothing_to_render() -> None:
    """The desk runs effects; a channel never sees one."""
    with pytest.raises(ValueError, match="Perform"):
        render(turn(Perform("open_report")), CALL, stub())


def test_the_same_turn_is_the_same_twiml() -> None:
    """In any process, however often."""
    asked = turn(Collect(5), "nomatch_1", "main", guarded=["nomatch_1"])
    assert len({render(asked, CALL, stub()) for _ in range(3)}) == 1


def test_control_characters_never_reach_twiml() -> None:
    """XML 1.0 has no way to write them."""

    class Strange:
        def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
            return (Piece('a\x00\x0b\ufffe\ud800<Hangup/>&"\u202e', "ar/x"),)

    speaker = Speaker(Strange(), lambda _: False, BASE, {"ar": Voice("v", "ar-AE")})
    text = render(menu("main"), CALL, Rendering(speaker, Lines("queue:o")))
    assert read(text)[0][0].text == 'a<Hangup/>&"'


@pytest.mark.parametrize("made", [True, False])
def test_a_text_made_on_the_spot_is_played_or_said_with_the_rest_and_never_markup(
    made: bool,
) -> None:
    """A street without a sound yet: the whole prompt in one voice, with what its name holds."""

    class Named:
        def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
            street = Piece('Al "Marjan" & Sons\' Street', "ar/name", optional=True)
            return (Piece("In", "ar/in"), street)

    speaker = Speaker(Named(), lambda stem: made or stem != "ar/name", BASE, VOICES)
    text = render(menu("main"), CALL, Rendering(speaker, Lines("queue:o")))
    said = [(verb.tag, verb.text) for verb in read(text)[0]]
    assert said == (
        [("Play", f"{BASE}/prompts/ar/in.wav"), ("Play", f"{BASE}/prompts/ar/name.wav")]
        if made
        else [("Say", 'In Al "Marjan" & Sons\' Street')]
    )


def test_a_human_is_reached_without_a_call() -> None:
    """Announced in both languages; when nobody answers, that is said too."""
    human = read(to_a_human(rendering()))
    assert [e.tag for e in human] == ["Play", "Play", "Enqueue", "Play", "Play", "Hangup"]
    assert human[2].get("action") is None


def test_a_human_is_reached_by_a_workflow_too() -> None:
    """Nobody knows then whom screening puts last: the task is like all others."""
    human = read(to_a_human(rendering(lines=Lines(f"workflow:{WORKFLOW}"))))
    assert human[2].get("workflowSid") == WORKFLOW
    assert (human[2][0].get("priority"), human[2][0].text) == ("10", "{}")


def test_every_prompt_of_the_house_can_be_said_by_voice() -> None:
    """No audio at all: everything is text."""
    for language in FLOW.languages:
        for key in CATALOGUE.keys(language):
            names = CATALOGUE.placeholders(language, key)
            values = {name: PROMPT_VALUES[name] for name in names}
            asked = Turn(1, "n", language, (Prompt(key, values),), HangUp())
            said = read(render(asked, CALL, rendering(lambda _: False)))
            assert {e.tag for e in said} == {"Say", "Hangup"}


def test_what_the_caller_has_said_is_played_where_it_is_and_else_it_is_said_that_it_cannot_be() -> (
    None
):
    """A recording is fetched from an address of ours; without one the caller is told, not left."""
    heard = Turn(9, "n", "en", (Prompt("recording_played", {"recording": "c-9"}),), HangUp())
    there = rendering(lambda _: True)
    played = replace(there, speaker=replace(there.speaker, heard=lambda ref: f"{BASE}/heard/{ref}"))
    first, *_ = read(render(heard, CALL, played))
    assert (first.tag, first.text) == ("Play", f"{BASE}/heard/c-9")
    told = read(render(heard, CALL, rendering(lambda _: False)))
    assert told[0].text == CATALOGUE.text("en", Prompt("recording_unplayed"))


@pytest.mark.parametrize(
    "asked",
    [
        menu("welcome", "main"),
        turn(Collect(4), "nomatch_1", "ask", guarded=["nomatch_1"]),
        turn(Record(60), "describe"),
        turn(Transfer("operators"), "operator"),
        turn(HangUp(), "goodbye"),
    ],
)
def test_what_is_rendered_once_is_what_would_be_rendered_each_time(asked: Turn) -> None:
    """For every call and turn number, also when the same turn was rendered for another before."""
    renderer = Renderer(stub())
    for call_id, number in ((CALL, 1), ("d" * 32, 12), (CALL, 3)):
        numbered = replace(asked, number=number)
        assert renderer.render(numbered, call_id) == render(numbered, call_id, stub())


def test_what_a_caller_gave_is_rendered_for_that_caller_alone() -> None:
    """Two turns that differ in a value only are two texts."""
    renderer = Renderer(rendering(lambda _stem: True))
    texts = set()
    for digits in ("7421", "1111"):
        values = {"plate_building": digits, "plate_postal": "23218"}
        readback = Turn(8, "confirm", "ar", (Prompt("place_plate", values),), MENU)
        texts.add(renderer.render(readback, CALL))
    assert len(texts) == 2

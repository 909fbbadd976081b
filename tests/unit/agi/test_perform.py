"""A turn performed on a model of Asterisk: what was played and listened for, what came of it."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from agi_scripts.environment import Environment
from agi_scripts.errors import (
    ApplicationFailed,
    BadReply,
    ConnectionLost,
    DeadlinePassed,
    LocalError,
    PromptNotPlayed,
)
from agi_scripts.perform import perform
from agi_scripts.sounds import LONGEST_S, Sounds
from agi_scripts.wire import MAX_LINE
from ivr import turn as t
from ivr.catalogue import Piece
from ivr.event import Digits, Event, HungUp, NoInput, Recorded
from lab.callers.asterisk_model import (
    Act,
    Caller,
    ChannelModel,
    HangUp,
    Listening,
    Press,
    Silent,
    Speak,
)
from tests.fixtures.agi import channel_hearing, channel_on, menu, stub_sounds, turn

PATH = "/rec/abc-1"


class Spy(ChannelModel):
    """A model that keeps the command lines it was given."""

    def __init__(self, caller: Caller, **options: Any) -> None:
        super().__init__(caller, **options)
        self.lines: list[str] = []

    def obey(self, line: str) -> list[str]:
        """Keep the line and obey."""
        self.lines.append(line)
        return super().obey(line)


class HeadOnly:
    """A catalogue whose prompts are one guarded piece."""

    def speak(self, language: str, prompt: t.Prompt) -> tuple[Piece, ...]:
        """That piece."""
        return (Piece(prompt.key, f"{language}/{prompt.key}", guarded=True),)


def does(act: Act) -> Caller:
    """A caller who always does the same."""
    return lambda _listening: act


def performed(turn_: t.Turn, act: Act, **options: object) -> tuple[Event | None, Spy]:
    """What came of the turn, and the model it was performed on."""
    model = Spy(does(act), **options)
    with channel_on(model) as channel:
        return perform(channel, turn_, stub_sounds(), PATH), model


# --- keys -------------------------------------------------------------------------------------


def test_a_menu_is_one_command_that_blocks_and_one_that_asks_what_came() -> None:
    """Prompts and key take one `Read`; its answer is in variables."""
    event, model = performed(menu("welcome", "main"), Press("5"))
    assert event == Digits("5")
    assert model.lines == [
        'EXEC Read "IVR_IN,/s/ar/welcome&/s/ar/main,1,t(),1,7"',
        'GET FULL VARIABLE "${READSTATUS}:${IVR_IN}"',
    ]


@pytest.mark.parametrize("key", list("0123456789*#ABCD"))
def test_every_key_of_a_keypad_arrives(key: str) -> None:
    """`*` and `#` as well, and the four that only instruments have."""
    assert performed(menu("main"), Press(key))[0] == Digits(key)


def test_silence_is_noinput() -> None:
    """Nothing pressed until the time-out."""
    assert performed(menu("main"), Silent())[0] == NoInput()


@pytest.mark.parametrize(
    ("keys", "entry"),
    [
        ("7421", "7421"),
        ("74#", "74"),
        ("74*", "74*"),
        ("74", "74"),
        ("*", "*"),
        ("#", "#"),
        ("0", "0"),
        ("74219", "7421"),
    ],
)
def test_an_entry_ends_by_number_terminator_or_pause(keys: str, entry: str) -> None:
    """A terminator ends an entry and is no part of it; alone it is the entry."""
    assert performed(turn(t.Collect(4), "ask"), Press(keys))[0] == Digits(entry)


def test_an_entry_is_one_command_too() -> None:
    """Its time-outs are the channel's own, which the dialplan sets; `#` alone is an entry."""
    event, model = performed(turn(t.Collect(4, timeout_ms=t.ENTRY_NOINPUT_MS), "ask"), Press("#"))
    assert event == Digits("#")
    assert [line for line in model.lines if "Read" in line] == [
        'EXEC Read "IVR_IN,/s/ar/ask,4,e,1"'
    ]


def test_an_entry_with_time_outs_of_its_own_has_the_channel_wait_so() -> None:
    """Both of them: `Read` itself takes one for the first key and for the time between two."""
    collect = t.Collect(5, terminator="*", timeout_ms=8000, interdigit_ms=2000)
    event, model = performed(turn(collect, "ask"), Press("12*"))
    assert event == Digits("12")
    assert [line for line in model.lines if "Read" in line or "TIMEOUT" in line] == [
        'SET VARIABLE "TIMEOUT(response)" "8"',
        'SET VARIABLE "TIMEOUT(digit)" "2"',
        'EXEC Read "IVR_IN,/s/ar/ask,5,et(*),1"',
        'GET FULL VARIABLE "${READSTATUS}:${IVR_IN}"',
    ][:3]


def test_keys_are_not_heard_over_the_head_of_an_error_message() -> None:
    """The head is played by `Playback`; the tail and the question can be interrupted."""
    nomatch = turn(t.Collect(1), "nomatch_1", "main", guarded=["nomatch_1"])
    event, model = performed(nomatch, Press("1"))
    assert event == Digits("1")
    assert model.lines[:3] == [
        'EXEC Playback "/s/ar/nomatch_1-head"',
        'GET FULL VARIABLE "${PLAYBACKSTATUS}"',
        'EXEC Read "IVR_IN,/s/ar/nomatch_1-tail&/s/ar/main,1,t(),1,7"',
    ]


def test_a_key_before_a_guarded_message_counts_and_the_rest_is_not_said() -> None:
    """Barge-in works in what stands before the guarded part too."""
    both = turn(t.Collect(1), "main", "nomatch_1", guarded=["nomatch_1"])
    event, model = performed(both, Press("3"), eager=True)
    assert event == Digits("3")
    assert model.acts[0][0].files == ("/s/ar/main",)
    assert not any("Playback" in line for line in model.lines)


def test_a_turn_that_ends_guarded_still_listens() -> None:
    """A `Read` without files follows."""
    sounds = Sounds(HeadOnly(), lambda: lambda _: LONGEST_S, "/s", ("ar", "en"))
    model = Spy(does(Press("2")))
    with channel_on(model) as channel:
        assert perform(channel, menu("nomatch_1"), sounds, PATH) == Digits("2")
    assert [line for line in model.lines if "EXEC" in line] == [
        'EXEC Playback "/s/ar/nomatch_1"',
        'EXEC Read "IVR_IN,,1,t(),1,7"',
    ]


def test_a_turn_without_prompts_listens() -> None:
    """Nothing to say is no reason not to listen."""
    assert performed(turn(t.Collect(1)), Press("2"))[0] == Digits("2")


LONG = [f"announcement_{n:03d}_{'x' * 40}" for n in range(120)]


def test_a_turn_too_long_for_a_line_is_played_whole_and_listens_at_its_end() -> None:
    """Every file is played once, in order, in lines that Asterisk reads at once."""
    event, model = performed(turn(t.Collect(1), *LONG), Press("4"))
    assert event == Digits("4")
    assert list(model.acts[0][0].files) == [f"/s/ar/{key}" for key in LONG]
    assert max(len(line) for line in model.lines) < MAX_LINE
    assert sum("Read" in line for line in model.lines) > 3


def test_a_key_in_the_first_part_of_a_long_turn_counts() -> None:
    """It is the entry's first key; nothing more is played."""
    long_entry = turn(t.Collect(4), *LONG)
    event, model = performed(long_entry, Press("7421"), eager=True)
    assert event == Digits("7421")
    assert len(model.acts) == 1
    assert len(model.acts[0][0].files) < len(LONG)


def test_what_asterisk_cannot_play_is_asked_in_the_other_language() -> None:
    """Asterisk does not listen when the last file is missing; the whole turn is said again."""
    event, model = performed(
        menu("welcome", "main"), Press("1"), exists=lambda path: path != "/s/ar/main"
    )
    assert event == Digits("1")
    assert model.acts[0][0].files == ("/s/ar/welcome", "/s/en/welcome", "/s/en/main")


@pytest.mark.parametrize(
    "silent",
    [
        menu("main"),
        turn(t.Collect(4), "nomatch_1", guarded=["nomatch_1"]),
        turn(t.Record(10), "description"),
        turn(t.HangUp(), "reference"),
    ],
)
def test_a_turn_that_asterisk_can_play_in_no_language_is_not_performed(silent: t.Turn) -> None:
    """Nobody is asked, recorded or sent away in silence."""
    model = Spy(does(Press("1")), exists=lambda _path: False)
    with channel_on(model) as channel, pytest.raises(PromptNotPlayed):
        perform(channel, silent, stub_sounds(), PATH)
    assert "IVR_DONE" not in model.variables
    assert not any("RECORD" in line for line in model.lines)


def test_a_transfer_goes_through_though_it_cannot_be_announced() -> None:
    """It leads to somebody who can speak."""
    event, model = performed(
        turn(t.Transfer("911"), "connecting"), Silent(), exists=lambda _path: False
    )
    assert event is None
    assert (model.variables["IVR_DONE"], model.variables["IVR_TARGET"]) == ("transfer", "911")


def test_what_is_no_key_makes_the_whole_entry_wrong() -> None:
    """A part of it might be a valid answer that nobody gave."""
    answers = (b"200 result=0\n", "200 result=1 (OK:1٥2)\n".encode())
    with channel_hearing(*answers) as (channel, _):
        collect = t.Collect(4, timeout_ms=t.ENTRY_NOINPUT_MS)
        event = perform(channel, turn(collect, "ask"), stub_sounds(), PATH)
    assert event == Digits("?")


def test_more_keys_than_asked_for_are_cut() -> None:
    """A thousand digits are at most as many as the turn takes."""
    answer = b"200 result=1 (OK:" + b"7" * 1000 + b")\n"
    with channel_hearing(b"200 result=0\n", answer) as (channel, _):
        assert perform(channel, menu("main"), stub_sounds(), PATH) == Digits("7")


# --- hanging up, and a connection that is lost ------------------------------------------------


def test_hanging_up_over_a_menu_is_hung_up() -> None:
    """READSTATUS tells."""
    assert performed(menu("main"), HangUp())[0] == HungUp()


def test_a_key_pressed_just_before_hanging_up_counts() -> None:
    """Who presses `send` and hangs up has sent; only the next turn finds them gone."""
    model = Spy(does(Press("1", hang_up=True)))
    with channel_on(model) as channel:
        assert perform(channel, menu("confirm"), stub_sounds(), PATH) == Digits("1")
        sent = len(model.lines)
        assert perform(channel, menu("reference"), stub_sounds(), PATH) == HungUp()
    assert len(model.lines) == sent


def test_hanging_up_within_an_entry_is_hung_up() -> None:
    """Half an entry is no answer."""
    event, _ = performed(turn(t.Collect(4), "ask"), Press("74", hang_up=True))
    assert event == HungUp()


@pytest.mark.parametrize("action", [t.HangUp(), t.Transfer("operators"), t.Collect(1), t.Record(9)])
def test_a_caller_who_is_gone_before_the_turn_is_hung_up(action: t.Action) -> None:
    """Nothing is played to nobody."""
    model = Spy(does(Silent()))
    with channel_on(model, Environment({}, hung_up=True)) as channel:
        assert perform(channel, turn(action, "x"), stub_sounds(), PATH) == HungUp()
    assert model.lines == []


@pytest.mark.parametrize(
    "answers",
    [
        (b"200 result=-1\n",),
        (b"HANGUP\n511 Command Not Permitted on a dead channel\n",),
        (b"511 Command Not Permitted on a dead channel\n",),
    ],
)
def test_hanging_up_over_a_last_message_is_hung_up(answers: tuple[bytes, ...]) -> None:
    """`result=-1` or 511, with or without the line."""
    with channel_hearing(*answers) as (channel, _):
        event = perform(channel, turn(t.HangUp(), "bye"), stub_sounds(), PATH)
    assert event == HungUp()


def test_a_lost_connection_is_not_taken_for_a_hang_up() -> None:
    """The caller may be there: another server goes on."""
    with channel_hearing() as (channel, peer):
        peer.close()
        with pytest.raises(ConnectionLost):
            perform(channel, menu("main"), stub_sounds(), PATH)


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ((b"200 result=-2\n",), ApplicationFailed),
        ((b"200 result=0\n", b"200 result=1 (SKIPPED:)\n"), ApplicationFailed),
        ((b"200 result=0\n", b"200 result=1 ()\n"), ApplicationFailed),
        ((b"100 result=0\n",), BadReply),
    ],
)
def test_an_asterisk_that_cannot_do_it_is_an_error(
    answers: tuple[bytes, ...], error: type[Exception]
) -> None:
    """A module that is not loaded, or nonsense: another server, then a human."""
    with channel_hearing(*answers) as (channel, _), pytest.raises(error):
        perform(channel, menu("main"), stub_sounds(), PATH)


def test_an_asterisk_that_says_nothing_is_given_up_after_the_length_of_its_files() -> None:
    """It is not waited for as long as the longest prompt there might be."""
    sounds = replace(stub_sounds(), now=lambda: lambda _stem: 0.01)
    for action in (t.Collect(1, timeout_ms=10), t.HangUp(), t.Record(0)):
        with channel_hearing(margin_s=0.05) as (channel, _), pytest.raises(DeadlinePassed):
            perform(channel, turn(action, "main", "main"), sounds, PATH)


# --- recordings -------------------------------------------------------------------------------


def test_a_recording_is_named_by_its_reference_and_measured() -> None:
    """The path is Asterisk's, the reference ours; the length comes from the samples."""
    event, model = performed(turn(t.Record(60), "record_notice"), Speak(3))
    assert event == Recorded("abc-1", 3000)
    assert model.lines == [
        'EXEC Read "IVR_IN,/s/ar/record_notice,1,t(),1,0.05"',
        'GET FULL VARIABLE "${READSTATUS}:${IVR_IN}"',
        'RECORD FILE "/rec/abc-1" "wav" "#" 60000 "BEEP" "s=5"',
    ]
    assert model.acts[0][0].files == ("/s/ar/record_notice",)


def announced(*keys: str) -> t.Turn:
    """A recording with these prompts before it, and its notice."""
    said = (*(t.Prompt(key) for key in keys), t.Prompt("record_notice", whole=True))
    return t.Turn(1, "description", "ar", said, t.Record(60, "0*"))


def test_a_key_over_what_may_be_skipped_is_told_and_nothing_is_recorded() -> None:
    """What the key means is for the dialog to say."""
    model = Spy(does(Press("1")), eager=True)
    with channel_on(model) as channel:
        assert perform(channel, announced("description"), stub_sounds(), PATH) == Digits("1")
    assert not any(line.startswith(("STREAM", "RECORD")) for line in model.lines)


def test_keys_typed_ahead_do_not_take_the_notice_away() -> None:
    """It is said to its end; the recording begins after it."""
    model = Spy(does(Speak(2)))
    model._pending = "11"
    with channel_on(model) as channel:
        assert perform(channel, announced(), stub_sounds(), PATH) == Recorded("abc-1", 2000)
    assert model.lines[0] == 'STREAM FILE "/s/ar/record_notice" "0*"'


def test_a_key_that_leads_away_is_heard_over_the_notice() -> None:
    """An operator is to be had at any time; nobody is recorded then."""
    with channel_hearing(b"200 result=48 endpos=800\n") as (channel, _):
        assert perform(channel, announced(), stub_sounds(), PATH) == Digits("0")


def test_nobody_is_recorded_whom_the_notice_did_not_reach() -> None:
    """Its file is gone, or no language has it: an operator has the call."""
    gone = Spy(does(Speak(2)), exists=lambda path: "notice" not in path)
    missing = stub_sounds(missing=["ar/record_notice", "en/record_notice"])
    for model, sounds in ((gone, stub_sounds()), (Spy(does(Speak(2))), missing)):
        with channel_on(model) as channel, capture_logs(), pytest.raises(PromptNotPlayed):
            perform(channel, announced(), sounds, PATH)
        assert not any(line.startswith("RECORD") for line in model.lines)


@pytest.mark.parametrize("key", ["0", "*"])
def test_a_key_that_leads_away_keeps_what_was_said(key: str) -> None:
    """The recording ends, and goes along."""
    event, _ = performed(turn(t.Record(60, "0*")), Speak(3, key=key))
    assert event == Recorded("abc-1", 3000, key)


def test_silence_ends_a_recording() -> None:
    """Who says no more need not press a key; what stays of the silence is a second."""
    assert performed(turn(t.Record(60)), Speak(4, key=""))[0] == Recorded("abc-1", 5000)


@pytest.mark.parametrize(
    ("act", "event"),
    [
        (Silent(), NoInput()),
        (Speak(3), NoInput()),
        (Speak(3, key="0"), Digits("0")),
        (Speak(3, hang_up=True), HungUp()),
    ],
)
def test_a_recording_in_which_nobody_is_heard_is_none(act: Act, event: Event) -> None:
    """However it ended: only what was done beside it counts."""
    with channel_on(Spy(does(act))) as channel:
        silent = perform(channel, turn(t.Record(60, "0*")), stub_sounds(), PATH, lambda _: False)
    assert silent == event


def test_a_recording_ends_at_its_limit() -> None:
    """Somebody who goes on speaking is kept up to there."""
    assert performed(turn(t.Record(10)), Speak(99))[0] == Recorded("abc-1", 10_000)


def test_hanging_up_in_a_recording_is_a_recording() -> None:
    """What was said counts and is on the disk under its name; the next turn finds nobody there."""
    kept: list[tuple[str, float]] = []
    with capture_logs() as logs:
        event, _ = performed(
            turn(t.Record(60)),
            Speak(4, hang_up=True),
            recorder=lambda path, seconds: kept.append((path, seconds)),
        )
    assert event == Recorded("abc-1", 4000)
    assert kept == [(PATH, 4)]
    assert [(entry["event"], entry["ms"], entry["hung_up"]) for entry in logs] == [
        ("recorded", 4000, True)
    ]


def test_a_full_disk_is_no_recording() -> None:
    """The dialog goes on and says so; nothing is lost but the recording."""

    def full(_path: str, _seconds: float) -> None:
        raise OSError(28, "No space left on device")

    with capture_logs() as logs:
        event, _ = performed(turn(t.Record(60)), Speak(4), recorder=full)
    assert event == Recorded("", 0)
    assert [entry["event"] for entry in logs] == ["recording_failed"]


def test_without_room_for_it_nobody_is_recorded_nor_told_that_they_are() -> None:
    """Not a word of the notice: the dialog says that it cannot be done."""
    model = Spy(does(Speak(4)))
    with capture_logs() as logs, channel_on(model) as channel:
        event = perform(channel, announced(), stub_sounds(), PATH, room=lambda: False)
    assert event == Recorded("", 0)
    assert model.lines == []
    assert [(entry["event"], entry["reason"]) for entry in logs] == [
        ("recording_failed", "no_room")
    ]


def test_a_recording_of_nothing_is_none() -> None:
    """`#` at once leaves a file without a sample, which nobody need listen to."""
    assert performed(turn(t.Record(60)), Speak(0))[0] == NoInput()


def test_an_asterisk_without_its_beep_records_without_one() -> None:
    """Its sound package may not be installed; the caller is heard all the same."""
    answers = (b"200 result=-1 (randomerror) endpos=0\n", b"200 result=35 (dtmf) endpos=8000\n")
    with channel_hearing(*answers) as (channel, peer), capture_logs():
        event = perform(channel, turn(t.Record(60)), stub_sounds(), PATH)
        assert event == Recorded("abc-1", 1000)
        assert peer.recv(4096).endswith(b'RECORD FILE "/rec/abc-1" "wav" "#" 60000 "s=5"\n')


@pytest.mark.parametrize("path", ["/rec/../etc/passwd", "/rec/a b", "/rec/a,b", "", "/rec/a\nb"])
def test_a_recording_goes_nowhere_but_where_it_should(path: str) -> None:
    """A path with a parent, a blank or a separator in it is refused before anything is sent."""
    model = Spy(does(Speak(1)))
    with channel_on(model) as channel, pytest.raises(LocalError):
        perform(channel, turn(t.Record(60)), stub_sounds(), path)
    assert model.lines == []


# --- the end ----------------------------------------------------------------------------------


def test_a_hang_up_says_its_prompts_and_tells_the_dialplan() -> None:
    """IVR_DONE is what ends the call; the script has nothing more to do."""
    event, model = performed(turn(t.HangUp(), "bye"), Silent())
    assert event is None
    assert model.heard == ["/s/ar/bye"]
    assert model.variables["IVR_DONE"] == "hangup"


def test_a_transfer_tells_the_dialplan_where_to() -> None:
    """The target is there before IVR_DONE, which makes it count."""
    event, model = performed(turn(t.Transfer("911"), "connecting"), Silent())
    assert event is None
    assert model.lines[-2:] == [
        'SET VARIABLE "IVR_TARGET" "911"',
        'SET VARIABLE "IVR_DONE" "transfer"',
    ]


def test_who_waits_last_is_told_to_the_dialplan_before_it_acts() -> None:
    """The queue's priority stands before IVR_DONE; others are told nothing."""
    _, model = performed(turn(t.Transfer("operators", last=True), "connecting"), Silent())
    assert model.lines[-3:] == [
        'SET VARIABLE "IVR_PRIORITY" "last"',
        'SET VARIABLE "IVR_TARGET" "operators"',
        'SET VARIABLE "IVR_DONE" "transfer"',
    ]
    _, model = performed(turn(t.Transfer("operators"), "connecting"), Silent())
    assert "IVR_PRIORITY" not in model.variables


@pytest.mark.parametrize("target", ["500&PJSIP/itsp/1900", "a,b", "٩١١", "9 1 1", "a\n"])
def test_a_target_is_letters_and_digits(target: str) -> None:
    """No dial string reaches the dialplan by a flow."""
    model = Spy(does(Silent()))
    with channel_on(model) as channel, pytest.raises(LocalError):
        perform(channel, turn(t.Transfer(target)), stub_sounds(), PATH)
    assert "IVR_DONE" not in model.variables


def test_an_effect_is_not_for_a_channel() -> None:
    """The desk runs effects; a channel that is given one has been led wrong."""
    with channel_on(Spy(does(Silent()))) as channel, pytest.raises(LocalError):
        perform(channel, turn(t.Perform("open_ticket")), stub_sounds(), PATH)


def test_terminators_are_keys() -> None:
    """They stand in an application's options, where a parenthesis would mean something."""
    collect = turn(t.Collect(4, terminator=")"), "ask")
    with channel_on(Spy(does(Press("12")))) as channel, pytest.raises(LocalError):
        perform(channel, collect, stub_sounds(), PATH)


def test_listening_is_told_what_was_heard() -> None:
    """The model's account of a turn is the files of that turn alone."""
    heard: list[Listening] = []

    def caller(listening: Listening) -> Act:
        heard.append(listening)
        return Press("1")

    model = Spy(caller)
    with channel_on(model) as channel:
        for key in ("language", "main"):
            perform(channel, menu(key), stub_sounds(), PATH)
    assert [listening.files for listening in heard] == [("/s/ar/language",), ("/s/ar/main",)]

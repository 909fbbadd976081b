"""The model of Asterisk answers as Asterisk 22.10 was seen to answer."""

import pytest

from lab.callers.asterisk_model import (
    Act,
    ChannelModel,
    HangUp,
    Listening,
    Press,
    Silent,
    Speak,
    split,
)

ASK = 'GET FULL VARIABLE "${READSTATUS}:${IVR_IN}"'


def model(*acts: Act) -> ChannelModel:
    """A channel whose caller does these in turn."""
    left = list(acts)
    return ChannelModel(lambda _listening: left.pop(0))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("NOOP", ["NOOP"]),
        ('SET VARIABLE X "a b"', ["SET", "VARIABLE", "X", "a b"]),
        (r'X "a\"b\\c"', ["X", r'a"b\c']),
        ('X ""  y', ["X", "", "y"]),
        (r"a\ b", ["a b"]),
    ],
)
def test_a_line_is_split_as_asterisk_splits_it(line: str, words: list[str]) -> None:
    """Quotes group, a backslash escapes, blanks divide."""
    assert split(line) == words


@pytest.mark.parametrize(
    ("act", "options", "answer"),
    [
        (Press("5"), "1,t(),1,5", "OK:5"),
        (Press("#"), "1,t(),1,5", "OK:#"),
        (Press("12#"), "4,t(*#),1,3", "OK:12"),
        (Press("#"), "4,t(*#),1,3", "OK:"),
        (Press("12"), "2,t(*#),1,3", "OK:12"),
        (Silent(), "1,t(),1,5", "TIMEOUT:"),
        (HangUp(), "1,t(),1,5", "HANGUP:"),
        (Silent(), "1,t(),1,0.05", "TIMEOUT:"),
    ],
)
def test_read_says_what_came_in_variables(act: Act, options: str, answer: str) -> None:
    """The result is 0 whatever happened."""
    channel = model(act)
    assert channel.obey(f'EXEC Read "IVR_IN,/s/a,{options}"') == ["200 result=0"]
    assert channel.obey(ASK)[-1] == f"200 result=1 ({answer})"


def test_a_hang_up_is_told_once_before_the_next_reply() -> None:
    """Afterwards variables are still answered, and what needs a caller is 511."""
    channel = model(HangUp())
    assert channel.obey('EXEC Read "IVR_IN,/s/a,1,t(),1,5"') == ["200 result=0"]
    assert channel.obey(ASK) == ["HANGUP", "200 result=1 (HANGUP:)"]
    assert channel.obey('SET VARIABLE "IVR_DONE" "hangup"') == ["200 result=1"]
    assert channel.obey("ANSWER")[0].startswith("511 ")
    assert channel.obey('EXEC Playback "/s/a"') == ["200 result=0"]
    assert channel.obey('EXEC Read "IVR_IN,/s/a,1,t(),1,5"') == ["200 result=0"]
    assert channel.obey(ASK) == ["200 result=1 (HANGUP:)"]


def test_read_does_not_listen_when_its_last_file_is_missing() -> None:
    """READSTATUS is ERROR; files before it are played."""
    channel = ChannelModel(lambda _listening: Press("1"), exists=lambda path: path != "/s/b")
    channel.obey('EXEC Read "IVR_IN,/s/a&/s/b,1,t(),1,5"')
    assert channel.obey(ASK) == ["200 result=1 (ERROR:)"]
    assert channel.heard == ["/s/a"]


@pytest.mark.parametrize(
    ("act", "reply"),
    [
        (Speak(3), "200 result=35 (dtmf) endpos=24000"),
        (Speak(99), "200 result=0 (timeout) endpos=80000"),
        (Silent(), "200 result=0 (timeout) endpos=80000"),
        (Speak(2, hang_up=True), "200 result=-1 (hangup) endpos=16000"),
        (HangUp(), "200 result=-1 (hangup) endpos=0"),
    ],
)
def test_a_recording_ends_by_key_time_or_hang_up(act: Act, reply: str) -> None:
    """With the position in samples of 8 kHz."""
    assert model(act).obey('RECORD FILE "/r/x" "wav" "#" 10000 "BEEP"') == [reply]


def test_what_is_unknown_or_incomplete_is_refused_as_asterisk_does() -> None:
    """510 for a command, a block of 520 for its arguments, -2 for an application."""
    channel = model()
    assert channel.obey("FROB x") == ["510 Invalid or unknown command"]
    assert [line[:4] for line in channel.obey("SET VARIABLE X")][::2] == ["520-", "520 "]
    assert channel.obey('EXEC "Nonesuch" ""') == ["200 result=-2"]
    assert channel.obey("GET VARIABLE NONE") == ["200 result=0"]


def test_keys_pressed_ahead_meet_the_next_question_but_not_a_guarded_message() -> None:
    """As on a telephone: `Playback` hears no keys."""
    channel = model(Press("12"), Press("9"))
    channel.obey('EXEC Read "IVR_IN,/s/a,1,t(),1,5"')
    channel.obey('EXEC Read "IVR_IN,/s/b,1,t(),1,5"')
    assert channel.variables["IVR_IN"] == "2"
    assert channel.acts[-1] == (Listening("keys", ("/s/b",), 1, 5.0), Press("2"))
    ahead = model(Press("12"), Press("9"))
    ahead.obey('EXEC Read "IVR_IN,/s/a,1,t(),1,5"')
    ahead.obey('EXEC Playback "/s/guarded"')
    ahead.obey('EXEC Read "IVR_IN,/s/b,1,t(),1,5"')
    assert ahead.variables["IVR_IN"] == "9"

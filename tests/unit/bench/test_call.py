"""The bench's own call: its turns, and what its telephone sends."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.settings import load_settings
from lab.bench.conversation import (
    MOVES,
    RECORDED_S,
    TURNS,
    Keys,
    ScriptedCaller,
    prompt_seconds,
    turns,
)
from lab.bench.cpu import knowing_caller, patient_caller
from lab.bench.sip_probe import is_sound
from lab.bench.telephone import PACKET_S, Plan, Pressed, write_recording
from lab.callers.asterisk_model import HangUp, Listening, Press, Speak

pytestmark = pytest.mark.bench


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The real flow and prompts."""
    made = Services(load_settings({"HOTLINE_STATE_DIR": str(tmp_path)}))
    yield made
    made.close()


def packets(path: Path) -> list[tuple[float, int, bool, int, int, bytes]]:
    """Time, payload type, marker, sequence, time stamp and payload of each packet of a pcap."""
    data = path.read_bytes()
    found = []
    at = 24
    while at < len(data):
        seconds, rest, length, _ = struct.unpack_from("<IIII", data, at)
        rtp = data[at + 16 + 42 : at + 16 + length]
        _, kind, sequence, stamp, _ = struct.unpack_from(">BBHII", rtp)
        moment = seconds + rest / 1e6
        found.append((moment, kind & 0x7F, bool(kind & 0x80), sequence, stamp, rtp[12:]))
        at += 16 + length
    return found


def test_the_call_is_nine_turns_from_welcome_to_reference(services: Services) -> None:
    """What is measured is the call that is promised: a whole report."""
    made = list(turns(services))
    assert TURNS == len(made) == 9
    assert made[0].prompts[0].key == "welcome"
    assert [prompt.key for prompt in made[-1].prompts] == ["registered", "reference"]
    assert all(not prompt.guarded for turn in made for prompt in turn.prompts)


def test_the_scripted_caller_makes_the_same_moves_and_leaves() -> None:
    """The fake Asterisk's caller and the SIP caller live the same call."""
    caller = ScriptedCaller()
    acts = [caller(Listening("keys", (), 1, 5.0)) for _ in range(TURNS + 1)]
    pressed = [act.keys for act in acts if isinstance(act, Press)]
    assert pressed == [move.keys for move in MOVES if isinstance(move, Keys)]
    assert [type(act) for act in acts if not isinstance(act, Press)] == [Speak, HangUp, HangUp]


def test_both_plans_press_the_keys_of_the_conversation_in_order() -> None:
    """Neither presses a key over the words before the recording: they are heard whole."""
    keys = "1211742123218"
    for caller in (knowing_caller, patient_caller):
        plan = caller([4.0] * TURNS)
        assert "".join(pressed.key for pressed in plan.keys) == keys + "#1"
        assert plan.keys[-2].at_s - plan.keys[-3].at_s > 4.0 + RECORDED_S


def test_the_patient_caller_waits_for_the_end_of_each_prompt() -> None:
    """No key comes before the prompts that stand before it are over."""
    prompts = [float(n) for n in range(1, TURNS + 1)]
    plan = patient_caller(prompts)
    assert plan.keys[0].at_s > 1.0
    assert plan.keys[1].at_s > plan.keys[0].at_s + 2.0
    assert plan.seconds > sum(prompts)


def test_prompts_without_audio_cannot_be_timed(services: Services, tmp_path: Path) -> None:
    """A missing file is an error, not a prompt of no length."""
    other = services.settings.model_copy(update={"sounds_dir": tmp_path / "nothing"})
    with pytest.raises(OSError, match="No such file"):
        prompt_seconds(Services(other))


def test_the_recording_is_an_unbroken_stream_with_rising_time_stamps(tmp_path: Path) -> None:
    """50 packets a second; Asterisk drops a key whose time is not after the last one's."""
    plan = knowing_caller([4.0] * TURNS)
    write_recording(tmp_path / "call.pcap", plan)
    sent = packets(tmp_path / "call.pcap")
    assert len(sent) == round(plan.seconds / PACKET_S)
    assert [sequence for _, _, _, sequence, _, _ in sent] == list(range(1, len(sent) + 1))
    stamps = [stamp for _, _, _, _, stamp, _ in sent]
    assert stamps == sorted(stamps)
    assert sent[-1][0] == pytest.approx((len(sent) - 1) * PACKET_S)


def test_each_key_is_one_event_with_its_end_said_three_times(tmp_path: Path) -> None:
    """RFC 4733: one time stamp for the whole event, a marker at its beginning, three ends."""
    write_recording(
        tmp_path / "call.pcap", Plan((Pressed(0.1, "7"), Pressed(0.4, "#"), Pressed(0.7, "7")), 1.0)
    )
    events = [packet for packet in packets(tmp_path / "call.pcap") if packet[1] == 101]
    by_stamp: dict[int, list[tuple[bool, bytes]]] = {}
    for _, _, marked, _, stamp, body in events:
        by_stamp.setdefault(stamp, []).append((marked, body))
    assert [bodies[0][1][0] for bodies in by_stamp.values()] == [7, 11, 7]
    for bodies in by_stamp.values():
        assert [marked for marked, _ in bodies] == [True, *[False] * (len(bodies) - 1)]
        ended = [bool(body[1] & 0x80) for _, body in bodies]
        assert ended == [*[False] * (len(bodies) - 3), True, True, True]
        lengths = [struct.unpack(">H", body[2:])[0] for _, body in bodies]
        assert lengths == sorted(lengths)


@pytest.mark.parametrize(
    ("packet", "sound"),
    [
        (bytes([0x80, 8]) + bytes(10) + b"\xd5" * 160, False),
        (bytes([0x80, 8]) + bytes(10) + b"\xd5\x55" * 80, False),
        (bytes([0x80, 0x88]) + bytes(10) + b"\xd5" * 159 + b"\xd4", True),
        (bytes([0x80, 101]) + bytes(10) + b"\x01\x0a\x00\xa0", False),
        (bytes([0x80, 8]) + bytes(10), False),
        (b"", False),
    ],
)
def test_only_sound_ends_the_wait_for_a_prompt(packet: bytes, sound: bool) -> None:
    """Silence, events and empty packets do not."""
    assert is_sound(packet) is sound

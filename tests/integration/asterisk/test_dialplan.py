"""The dialplan on a real Asterisk: who leads a call, and that a human is always reached."""

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedded.asterisk.instance import AsteriskFailed, AsteriskInstance
from lab.callers.baresip import CallerFailed, SipCaller
from lab.callers.listening import Listener
from lab.callers.matching import RATE
from tests.fixtures.asterisk import CONFIG, NewCaller, running_asterisk
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi

pytestmark = pytest.mark.asterisk

OPERATOR = 620
RING = 425
"""The ring tone of the Saudi network (indications.conf), in Hz."""


def answered(caller: SipCaller) -> float:
    """Dial 940 and return when it was answered."""
    caller.dial()
    return caller.wait_established()


def wait_tone(caller: SipCaller, hertz: float, timeout: float = 10) -> float:
    """When (monotonic) a tone of the lab is heard."""
    listener = Listener(lambda: caller.heard)
    wave = np.exp(-2j * np.pi * hertz * np.arange(RATE // 10) / RATE)
    deadline = time.monotonic() + timeout
    try:
        while time.monotonic() < deadline:
            listener.sound.read_on()
            last = listener.sound.samples[-len(wave) :]
            power = float(np.sum(last**2)) or 1.0
            if len(last) == len(wave) and abs(np.dot(last, wave)) ** 2 > 0.3 * len(wave) * power:
                return time.monotonic()
            time.sleep(0.02)
    finally:
        listener.close()
    raise AssertionError(f"no tone of {hertz} Hz in {timeout} s")


def wait_for_key(agi: Agi) -> None:
    """A server that leads a call: it waits for a key, as long as the call lasts."""
    if agi.script == "call":
        reply = agi.command("WAIT FOR DIGIT 20000")
        if reply and re.search(r"result=[1-9]", reply):  # a key: not silence, not HANGUP, not -1
            agi.done("hangup")


def say_goodbye(agi: Agi) -> None:
    """A server that has said everything."""
    if agi.script == "call":
        agi.done("hangup")


def put_through_to(target: str) -> Callable[[Agi], None]:
    """A server that transfers at once, and hangs up when that failed."""

    def handler(agi: Agi) -> None:
        if agi.script == "call":
            agi.done("transfer", target)
        elif agi.script == "transferred":
            agi.done("hangup")

    return handler


def without_music(folder: Path) -> Path:
    """A copy of the configuration whose music is nowhere."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    music = config / "musiconhold.conf"
    music.write_text(music.read_text().replace("/srv/hotline/moh", "/nowhere"))
    return config


def messages(asterisk: AsteriskInstance, *levels: str) -> list[str]:
    """Lines of its log of these levels."""
    lines = asterisk.log_file.read_text().splitlines()
    return [line for line in lines if any(f"] {level}[" in line for level in levels)]


def test_it_starts_without_a_warning() -> None:
    """Every file that Asterisk asks for is there and understood."""
    with running_asterisk() as asterisk:
        assert messages(asterisk, "WARNING", "ERROR") == []


def test_a_taken_sip_port_is_said_at_once() -> None:
    """Not after half a minute, and not by calls that never come."""
    with running_asterisk() as first:
        second = AsteriskInstance(
            first.root,
            "test-second",
            config=CONFIG,
            sip_port=first.layout.sip_port,
            rtp_range=(19000, 19099),
        )
        with pytest.raises(AsteriskFailed, match="port taken"):
            second.start()


def test_an_asterisk_left_behind_is_ended_by_the_next() -> None:
    """Its parent was killed, and it holds the port."""
    with running_asterisk() as left:
        again = AsteriskInstance(
            left.root,
            left.layout.folder_name,
            config=CONFIG,
            sip_port=left.layout.sip_port,
            rtp_range=left.layout.rtp_range,
        )
        with again:
            assert again.active_calls() == 0
            assert not Path(f"/proc/{left.pid}/root").exists()


def test_with_both_servers_away_a_human_answers_within_two_seconds(new_caller: NewCaller) -> None:
    """Nobody meets silence because our programs are down."""
    with running_asterisk() as asterisk:
        caller = new_caller(asterisk)
        begun = answered(caller)
        assert wait_tone(caller, OPERATOR) - begun <= 2.0


def test_with_the_first_server_away_the_second_leads_the_call(new_caller: NewCaller) -> None:
    """One server refuses: the caller notices nothing."""
    with ScriptedAgi(say_goodbye) as second, running_asterisk(agi_b=second.address) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        assert second.next_call("call").environment["agi_callerid"] == "+966501234567"
        caller.wait_closed()
        assert second.next_call("ended").arguments[0] == "hangup"


def test_a_server_that_has_closed_the_record_is_not_asked_again(new_caller: NewCaller) -> None:
    """The first call's does, also when its caller is gone; the second call's does not."""
    closed: list[str] = []

    def handler(agi: Agi) -> None:
        if agi.script == "call":
            agi.done("hangup")
            if not closed:
                agi.command("EXEC Hangup")
                closed.append(agi.command('SET VARIABLE "IVR_ENDED" "1"'))

    with ScriptedAgi(handler) as first, running_asterisk(first.address) as asterisk:
        for _ in range(2):
            caller = new_caller(asterisk)
            answered(caller)
            first.next_call("call")
            caller.wait_closed()
        assert first.next_call("ended").arguments[0] == "hangup"
    assert [reply[-12:] for reply in closed] == ["200 result=1"]


def test_a_full_server_sends_the_call_to_the_next(new_caller: NewCaller) -> None:
    """A server that closes without a word is full."""
    with (
        ScriptedAgi() as full,
        ScriptedAgi(say_goodbye) as second,
        running_asterisk(full.address, second.address) as asterisk,
    ):
        answered(new_caller(asterisk))
        full.next_call("call")
        second.next_call("call")


def test_a_server_that_dies_in_mid_call_is_followed_by_the_second(new_caller: NewCaller) -> None:
    """AGISTATUS says SUCCESS then; only IVR_DONE tells."""

    def dies(agi: Agi) -> None:
        if agi.script == "call":
            agi.command("WAIT FOR DIGIT 300")

    with (
        ScriptedAgi(dies) as first,
        ScriptedAgi(wait_for_key) as second,
        running_asterisk(first.address, second.address) as asterisk,
    ):
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        assert second.next_call("call").environment["agi_callerid"] == "+966501234567"
        caller.press("5")
        caller.wait_closed()


def test_when_both_died_the_first_is_tried_again_and_then_a_human(new_caller: NewCaller) -> None:
    """A server that was restarted in the meantime gets the call back."""
    with (
        ScriptedAgi() as first,
        ScriptedAgi() as second,
        running_asterisk(first.address, second.address) as asterisk,
    ):
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        second.next_call("call")
        first.next_call("call")
        wait_tone(caller, OPERATOR)


def test_a_caller_who_hangs_up_is_recorded_by_the_hang_up_handler(new_caller: NewCaller) -> None:
    """The record is closed with nothing decided and nobody reached."""
    with ScriptedAgi(wait_for_key) as first, running_asterisk(first.address) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        call = first.next_call("call")
        caller.hang_up()
        ended = first.next_call("ended")
        assert "".join(ended.arguments) == ""
        assert ended.environment["agi_uniqueid"] == call.environment["agi_uniqueid"]


def test_the_second_server_records_the_end_when_the_first_is_gone(new_caller: NewCaller) -> None:
    """The server that led the call died with it."""
    with (
        ScriptedAgi(wait_for_key) as second,
        ScriptedAgi(wait_for_key) as first,
        running_asterisk(first.address, second.address) as asterisk,
    ):
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        first.refuse()
        caller.hang_up()
        second.next_call("ended")


def test_an_operator_who_answers_is_recorded(new_caller: NewCaller) -> None:
    """Transferred and answered, though the call ends inside the queue."""
    with (
        ScriptedAgi(put_through_to("operators")) as first,
        running_asterisk(first.address, globals={"LAB_SECONDS": "1"}) as asterisk,
    ):
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        wait_tone(caller, OPERATOR)
        caller.wait_closed()
        assert first.next_call("ended").arguments[:2] == ("transfer", "answered")


def test_several_callers_reach_operators_at_once(new_caller: NewCaller) -> None:
    """One member stands for a group of operators: a caller does not wait for another's call."""
    with running_asterisk(globals={"LAB_SECONDS": "20"}) as asterisk:
        callers = [new_caller(asterisk, number=f"+96650000000{n}") for n in range(3)]
        for caller in callers:
            answered(caller)
        for caller in callers:
            wait_tone(caller, OPERATOR)


def test_a_caller_who_waits_hears_music(new_caller: NewCaller) -> None:
    """Waiting for an operator is not silence."""
    told = {"OPERATORS": "Local/silent@hotline-lab"}
    with running_asterisk(globals=told) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        wait_tone(caller, 392)


def test_a_caller_who_waits_where_no_music_can_be_played_hears_ringing(
    new_caller: NewCaller, tmp_path: Path
) -> None:
    """A music folder that is empty, missing or unreadable: a tone, which ends with the wait."""
    told = {"OPERATORS": "Local/late@hotline-lab"}
    with running_asterisk(globals=told, config=without_music(tmp_path)) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        wait_tone(caller, RING)
        wait_tone(caller, OPERATOR)


@pytest.mark.parametrize(
    ("target", "hertz"), [("911", 720), ("997", 820), ("998", 920), ("993", 1020)]
)
def test_each_agency_is_reached(new_caller: NewCaller, target: str, hertz: int) -> None:
    """The four numbers of the agencies' menu; at the end it is told how long they talked (ms)."""
    with ScriptedAgi(put_through_to(target)) as first, running_asterisk(first.address) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        since = time.monotonic()
        wait_tone(caller, hertz)
        caller.hang_up()
        first.next_call("call")
        done, transfer, talked_ms = first.next_call("ended").arguments
        assert (done, transfer) == ("transfer", "answered")
        assert 0 < int(talked_ms) <= 1000 * (time.monotonic() - since) + 1000


@pytest.mark.parametrize("target", ["", "999", "s@from-trunk", "hotline-lab,operator", "${EXTEN}"])
def test_a_target_outside_the_list_becomes_the_operators(
    new_caller: NewCaller, target: str
) -> None:
    """Whatever stands in IVR_TARGET, only the fixed places can be reached."""
    with ScriptedAgi(put_through_to(target)) as first, running_asterisk(first.address) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        wait_tone(caller, OPERATOR)


@pytest.mark.parametrize(
    ("dials", "result"),
    [("busy", "busy"), ("silent", "no_answer"), ("nobody-there", "unavailable")],
)
def test_a_failed_transfer_comes_back_to_the_dialog(
    new_caller: NewCaller, dials: str, result: str
) -> None:
    """The server hears how it failed and leads the call on."""
    told = {"AGENCY_997": f"Local/{dials}@hotline-lab", "AGENCY_RING": "1"}
    with (
        ScriptedAgi(put_through_to("997")) as first,
        running_asterisk(first.address, globals=told) as asterisk,
    ):
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        assert first.next_call("transferred").arguments == (result,)
        caller.wait_closed()
        assert first.next_call("ended").arguments[0] == "hangup"


def test_a_queue_that_nobody_answers_comes_back_to_the_dialog(new_caller: NewCaller) -> None:
    """No operator in time is no_answer."""
    told = {"OPERATORS": "Local/silent@hotline-lab", "OPERATORS_WAIT": "1"}
    with (
        ScriptedAgi(put_through_to("operators")) as first,
        running_asterisk(first.address, globals=told) as asterisk,
    ):
        answered(new_caller(asterisk))
        first.next_call("call")
        assert first.next_call("transferred").arguments == ("no_answer",)


def test_any_other_number_is_refused(new_caller: NewCaller) -> None:
    """The trunk may dial 940 and nothing else."""
    with running_asterisk() as asterisk:
        caller = new_caller(asterisk)
        for number in ("94", "9400", "911", "s", "operator", "operators"):
            caller.dial(number)
            with pytest.raises(CallerFailed, match="404"):
                caller.wait_established()


def test_every_key_arrives(new_caller: NewCaller) -> None:
    """RFC 4733: digits, star and hash."""
    pressed: list[str] = []

    def collect(agi: Agi) -> None:
        if agi.script == "call":
            for _ in "0123456789*#":
                reply = agi.command("WAIT FOR DIGIT 5000")
                pressed.append(chr(int(reply.partition("result=")[2])))
            agi.done("hangup")

    with ScriptedAgi(collect) as first, running_asterisk(first.address) as asterisk:
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        caller.press("0123456789*#")
        caller.wait_closed()
        assert "".join(pressed) == "0123456789*#"


def test_a_withheld_number_arrives_as_anonymous(new_caller: NewCaller) -> None:
    """No number is a fact, not an error."""
    with ScriptedAgi(wait_for_key) as first, running_asterisk(first.address) as asterisk:
        answered(new_caller(asterisk, number=None))
        assert first.next_call("call").environment["agi_callerid"] == "anonymous"


@pytest.mark.parametrize(
    "name",
    [
        'A "quoted" name',
        "back\\slash",
        "${SHELL(id)}$[1+1]",
        '%0d%0aSET VARIABLE IVR_DONE "hangup"',
        "x,y|z;w&v",
        "-",
        "اسم",
    ],
)
def test_a_hostile_display_name_arrives_harmlessly(new_caller: NewCaller, name: str) -> None:
    """It is one line of the environment, decides nothing and is never evaluated."""
    with ScriptedAgi(wait_for_key) as first, running_asterisk(first.address) as asterisk:
        answered(new_caller(asterisk, display_name=name))
        call = first.next_call("call")
        assert all(line.startswith("agi_") for line in call.lines)
        assert "uid=" not in " ".join(call.lines)
        assert "".join(call.arguments) == ""
        assert asterisk.active_calls() == 1


def test_a_recording_holds_what_the_caller_said(new_caller: NewCaller) -> None:
    """RECORD FILE writes where the host can read it, ended by #."""
    told: dict[str, str] = {}

    def record(agi: Agi) -> None:
        if agi.script == "call":
            agi.command(f"RECORD FILE {told['folder']}/note wav # 10000")
            agi.done("hangup")

    with ScriptedAgi(record) as first, running_asterisk(first.address) as asterisk:
        told["folder"] = asterisk.recordings_inside
        caller = new_caller(asterisk)
        answered(caller)
        first.next_call("call")
        kept = asterisk.recordings_outside / "note.wav"
        deadline = time.monotonic() + 10
        while not kept.exists() or kept.stat().st_size < 3 * RATE:
            assert time.monotonic() < deadline, "nothing was recorded"
            time.sleep(0.05)
        caller.press("#")
        caller.wait_closed()
        first.next_call("ended")
        samples = np.frombuffer(kept.read_bytes()[44:], "<i2").astype(float)
        assert len(samples) > RATE
        assert np.sqrt(np.mean(samples**2)) > 200

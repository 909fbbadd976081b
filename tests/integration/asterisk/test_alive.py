"""Who is alive on a real Asterisk: sound is no sign of it, an answer is."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.asterisk.instance import AsteriskInstance
from tests.fixtures.asterisk import CONFIG, running_asterisk
from tests.fixtures.telephone import Telephone
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi
from tests.integration.asterisk.test_dialplan import wait_for_key

pytestmark = pytest.mark.asterisk

ROUND_S = 8
NO_ANSWER_S = 6.4
"""After this time a request counts as unanswered: 64 times T1 (RFC 3261, timer B)."""
QUICK = f"type = system\ntimer_t1 = 100\ntimer_b = {NO_ANSWER_S * 1000:.0f}\n"


def configured(folder: Path, name: str, line: str, instead: str) -> Path:
    """The configuration with another line in one of its files."""
    shutil.copytree(CONFIG, folder)
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert text.count(line) == 1
    file.write_text(text.replace(line, instead), encoding="utf-8")
    return folder


def quick(folder: Path) -> Path:
    """The configuration, with a network of a fifth of SIP's usual delays."""
    return configured(folder, "pjsip.conf", "type = system\n", QUICK)


def to_operators(agi: Agi) -> None:
    """A server that puts everybody into the queue, again and again."""
    if agi.script in ("call", "transferred"):
        agi.done("transfer", "operators")


@pytest.fixture
def asterisk(tmp_path: Path) -> Iterator[AsteriskInstance]:
    """One whose operators let it ring."""
    nobody = {"OPERATORS": "Local/silent@hotline-lab", "OPERATORS_WAIT": str(ROUND_S)}
    with (
        ScriptedAgi(to_operators) as server,
        running_asterisk(
            server.address, config=quick(tmp_path / "asterisk"), globals=nobody
        ) as asterisk,
    ):
        yield asterisk


@pytest.mark.parametrize(
    "refusal",
    [
        "",
        "488 Not Acceptable Here",
        pytest.param("405 Method Not Allowed", marks=pytest.mark.nightly),
        pytest.param("500 Internal Error", marks=pytest.mark.nightly),
    ],
)
def test_who_sends_no_sound_and_answers_keeps_the_place_in_the_queue(
    asterisk: AsteriskInstance, refusal: str
) -> None:
    """Muted, or behind a gateway that suppresses silence; a refusal is a sign of life, too."""
    with Telephone(asterisk.sip_address, refusal=refusal) as caller:
        caller.dial()
        caller.wait_asked()
        caller.wait_asked(ROUND_S + NO_ANSWER_S)  # a round later: they were not taken for dead
        assert not caller.over


def test_who_does_not_answer_gives_the_place_in_the_queue_back(asterisk: AsteriskInstance) -> None:
    """A machine without power holds no place: it is asked before the round begins."""
    with Telephone(asterisk.sip_address) as caller:
        caller.dial()
        caller.wait_asked()
        caller.vanish()
        caller.wait_over(ROUND_S + 2 * NO_ANSWER_S)
        assert no_calls(asterisk)


def test_who_knows_nothing_of_the_call_is_let_go(asterisk: AsteriskInstance) -> None:
    """A telephone that was started anew answers, but not for this call."""
    with Telephone(asterisk.sip_address, refusal="481 Call Does Not Exist") as caller:
        caller.dial()
        caller.wait_over(NO_ANSWER_S)
        assert no_calls(asterisk)


def test_with_every_server_away_the_dead_are_let_go_as_well(tmp_path: Path) -> None:
    """The dialplan alone asks them too."""
    nobody = {"OPERATORS": "Local/silent@hotline-lab", "OPERATORS_WAIT": str(ROUND_S)}
    with (
        running_asterisk(config=quick(tmp_path / "asterisk"), globals=nobody) as asterisk,
        Telephone(asterisk.sip_address) as caller,
    ):
        caller.dial()
        caller.wait_asked()
        caller.vanish()
        caller.wait_over(ROUND_S + 2 * NO_ANSWER_S + 5)


def test_no_clock_runs_on_the_sound_that_a_caller_sends() -> None:
    """In a menu nobody is asked: there a silent caller comes to the operators by the dialog."""
    with running_asterisk() as asterisk:
        shown = asterisk.rx("pjsip show endpoint trunk").splitlines()
        settings = {name.strip(): value.strip() for name, _, value in map(halves, shown)}
        assert (settings["rtp_timeout"], settings["rtp_timeout_hold"]) == ("0", "0")
        assert settings["timers"] == "yes"


@pytest.mark.parametrize("script", [wait_for_key, to_operators])
def test_no_call_is_longer_than_the_longest(script: Callable[[Agi], None]) -> None:
    """Whoever is on it, with a server as in the queue."""
    told = {"CALL_LONGEST": "2", "OPERATORS": "Local/silent@hotline-lab"}
    with (
        ScriptedAgi(script) as server,
        running_asterisk(server.address, globals=told) as asterisk,
        Telephone(asterisk.sip_address) as caller,
    ):
        caller.dial()
        caller.wait_over(10)


def halves(line: str) -> tuple[str, str, str]:
    """A line of the console at its colon."""
    return line.partition(" : ")


def no_calls(asterisk: AsteriskInstance, timeout: float = 5) -> bool:
    """Whether it has no call any more, or soon has none."""
    deadline = time.monotonic() + timeout
    while asterisk.active_calls() and time.monotonic() < deadline:
        time.sleep(0.05)
    return asterisk.active_calls() == 0

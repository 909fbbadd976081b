"""A real call on a real Asterisk whose FastAGI server is killed: the second one leads it on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hotline.settings import Settings
from ivr.turn import ENTRY_NOINPUT_MS
from lab.callers.matching import RATE
from tests.fixtures.house import house_of
from tests.fixtures.listening_caller import HEARD_S, report_up_to_the_postal_code, telephone
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import BUILDING, CALLER, POSTAL
from tests.fixtures.whole_stack import with_redis
from voice.build import build

pytestmark = [pytest.mark.asterisk, pytest.mark.alone("one call")]

AGAIN_S = 5.0
"""How long after the caller's key the question may be heard again."""
SLACK_S = 1.5
"""How much later than the end of a silence something may come."""


@pytest.fixture(scope="module")
def prompts() -> Path:
    """The prompts' sound, rendered where it is missing."""
    services = house_of(Settings())
    build(services.catalogue, services.settings.sounds, recordings=services.recorded_prompts)
    return services.settings.sounds


def test_a_caller_whose_server_is_killed_hears_the_question_again_and_completes(
    settings: Callable[..., Settings],
    redis_url: str,
    prompts: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SIGKILL while the postal code is asked for; the answers given before are in the ticket.

    Asterisk learns of the death when its `Read` ends, and a key ends it: the five seconds count
    from that key, which is lost with the server.
    """
    made = settings(sounds_dir=prompts, **with_redis(redis_url))
    with telephone(made, prompts, tmp_path_factory.mktemp("tel")) as (phone, parts, asterisk):
        report_up_to_the_postal_code(phone)
        parts.kill("agi-1")
        pressed_at = phone.press("2")
        again = phone.hear("ask_postal")
        assert again.begun_at is not None
        assert again.begun_at - pressed_at <= AGAIN_S
        phone.press(POSTAL)
        answers: dict[str, Any] = {"building_number": BUILDING, "postal_code": POSTAL}
        phone.hear("description")
        phone.press("5")  # any key: on to the beep
        recorded = asterisk.recordings_outside
        wait_until(lambda: bytes_of(recorded) > 2 * RATE, HEARD_S, "a second is recorded")
        phone.press("#")
        phone.hear("confirm", service_code="RD_HOLE", contact="0501234567", **answers)
        phone.press("1")
        wait_until(lambda: parts.committed() == 1, HEARD_S, "the ticket is committed")
        (ticket,) = parts.tickets()
        reference = ticket.service_request_id
        phone.hear("reference", to_piece=-1, reference=reference, target_hours="72")
        phone.caller.hang_up()
        assert (ticket.service_code, ticket.phone) == ("RD_HOLE", CALLER)
        assert {name: ticket.address[name] for name in answers} == answers
        record = parts.wait_closed(ticket.call_id or "")
        assert (record.disposition, record.tickets) == ("completed", (reference,))
        parts.wait_delivered(1)
        assert [t["service_request_id"] for t in parts.received()] == [reference]


@pytest.mark.nightly
def test_a_caller_who_says_nothing_hears_the_question_again_after_the_silence(
    settings: Callable[..., Settings],
    redis_url: str,
    prompts: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Nobody presses: Asterisk waits out the silence in which an answer is waited for anyhow.

    That is `ENTRY_NOINPUT_MS` from the end of the question; the question comes at once after it.
    """
    made = settings(sounds_dir=prompts, **with_redis(redis_url))
    with telephone(made, prompts, tmp_path_factory.mktemp("tel")) as (phone, parts, _):
        asked = report_up_to_the_postal_code(phone)
        parts.kill("agi-1")
        again = phone.hear("ask_postal")
        assert again.begun_at is not None
        assert asked.ended_at is not None
        assert again.begun_at - asked.ended_at <= ENTRY_NOINPUT_MS / 1000 + SLACK_S
        phone.caller.hang_up()
        (call_id,) = parts.calls()
        assert parts.wait_closed(call_id).disposition == "abandoned"


def bytes_of(folder: Path) -> int:
    """How much has been recorded there."""
    return sum(path.stat().st_size for path in folder.glob("*.wav"))

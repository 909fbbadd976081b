"""`hotline twilio`: the number is set up, compared, and its differences told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from carriers.twilio_number import AccountTrouble, NumberAtTwilio
from hotline.environment import SettingsWrong
from hotline.main import cli
from hotline.settings import load_settings
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, receiver
from tests.fixtures.recordings import account
from tests.fixtures.twilio_api import (
    ACCOUNT,
    NUMBER,
    TOKEN,
    TwilioApi,
    error,
    number,
    running_twilio_api,
)

PUBLIC = "https://940.example.sa"
FALLBACK = "https://pages.example.sa/940/fallback.xml"


@pytest.fixture
def twilio() -> Iterator[TwilioApi]:
    """An account behind a local API."""
    with running_twilio_api() as api:
        yield api


def run(twilio_url: str, tmp_path: Path, *arguments: str, **changes: str) -> Result:
    """The command as it is typed, with its settings in the environment."""
    environ = {
        "HOTLINE_STATE_DIR": str(tmp_path),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "HOTLINE_TWILIO__API_URL": twilio_url,
        "HOTLINE_TWILIO__PUBLIC_URL": PUBLIC,
        "HOTLINE_TWILIO__FALLBACK_URL": FALLBACK,
    }
    settings = load_settings(environ | changes)
    return CliRunner().invoke(cli, ["twilio", *arguments], obj=settings)


def shown(twilio: TwilioApi) -> dict[str, Any]:
    """What the account says of the number."""
    (found,) = twilio.numbers
    return found


def test_a_number_is_set_up_and_then_is_as_it_should_be(twilio: TwilioApi, tmp_path: Path) -> None:
    """Voice and status by POST; the fallback is a file, so by GET."""
    assert run(twilio.url, tmp_path, "check", "--number", NUMBER).exit_code == 1
    result = run(twilio.url, tmp_path, "configure", "--number", NUMBER)
    assert result.exit_code == 0, result.output
    found = shown(twilio)
    assert found["voice_url"] == f"{PUBLIC}/twilio/voice"
    assert found["voice_method"] == "POST"
    assert found["voice_fallback_url"] == FALLBACK
    assert found["voice_fallback_method"] == "GET"
    assert found["status_callback"] == f"{PUBLIC}/twilio/status"
    assert found["status_callback_method"] == "POST"
    result = run(twilio.url, tmp_path, "check", "--number", NUMBER)
    assert (result.exit_code, result.output) == (0, f"{NUMBER} is as it should be\n")


def test_setting_it_up_again_changes_nothing(twilio: TwilioApi, tmp_path: Path) -> None:
    """Not a request that writes is sent."""
    run(twilio.url, tmp_path, "configure", "--number", NUMBER)
    twilio.requests.clear()
    result = run(twilio.url, tmp_path, "configure", "--number", NUMBER)
    assert (result.exit_code, result.output) == (0, f"{NUMBER} was set up already\n")
    assert [method for method, _ in twilio.requests] == ["GET"]


DRIFT = {
    "voice_url": "https://old.example.sa/twilio/voice",
    "voice_method": "GET",
    "voice_fallback_url": "",
    "status_callback": f"{PUBLIC}/twilio/voice",
    "voice_application_sid": "AP" + "7" * 32,
    "trunk_sid": "TK" + "7" * 32,
    "voice_receive_mode": "fax",
}


@pytest.mark.parametrize("name", DRIFT)
def test_each_difference_is_told_by_name_and_mended(
    twilio: TwilioApi, tmp_path: Path, name: str
) -> None:
    """Also an application or a trunk: they take the calls whatever the addresses say."""
    run(twilio.url, tmp_path, "configure", "--number", NUMBER)
    shown(twilio)[name] = DRIFT[name]
    result = run(twilio.url, tmp_path, "check", "--number", NUMBER)
    assert result.exit_code == 1
    (line,) = result.output.splitlines()
    assert line.startswith(f"{name}: is {DRIFT[name] or '(empty)'}, should be ")
    assert run(twilio.url, tmp_path, "configure", "--number", NUMBER).exit_code == 0
    assert run(twilio.url, tmp_path, "check", "--number", NUMBER).exit_code == 0


def test_differences_come_as_json_too(twilio: TwilioApi, tmp_path: Path) -> None:
    """One object a line."""
    run(twilio.url, tmp_path, "configure", "--number", NUMBER)
    shown(twilio)["voice_method"] = "GET"
    result = run(twilio.url, tmp_path, "check", "--number", NUMBER, "--json")
    assert json.loads(result.output) == {"name": "voice_method", "found": "GET", "wanted": "POST"}


def test_a_number_that_only_contains_ours_is_not_ours(twilio: TwilioApi, tmp_path: Path) -> None:
    """The API's filter finds parts: the longer number stays as it is."""
    longer = number(phone_number=NUMBER + "1", sid="PN" + "9" * 32)
    before = dict(longer)
    twilio.numbers[:] = [longer]
    result = run(twilio.url, tmp_path, "configure", "--number", NUMBER)
    assert result.exit_code == 1
    assert "no such number" in result.stderr
    assert longer == before


def test_a_wrong_token_is_told_without_it(twilio: TwilioApi, tmp_path: Path) -> None:
    """Neither the token nor its beginning is shown."""
    wrong = "another-token"
    arguments = ("check", "--number", NUMBER)
    result = run(twilio.url, tmp_path, *arguments, TWILIO_AUTH_TOKEN=wrong)
    assert result.exit_code == 1
    assert "refuses the account's SID and token" in result.stderr
    assert wrong not in result.output


def test_an_error_of_twilio_is_told_by_its_code(twilio: TwilioApi, tmp_path: Path) -> None:
    """With Twilio's own words."""
    twilio.next_answer = lambda _request: error(429, 20429, "Too Many Requests")
    result = run(twilio.url, tmp_path, "check", "--number", NUMBER)
    assert (result.exit_code, "20429" in result.stderr) == (1, True)


def test_twilio_away_is_told(tmp_path: Path) -> None:
    """Exit status 1, no traceback."""
    result = run(f"http://127.0.0.1:{free_tcp_port()}", tmp_path, "check", "--number", NUMBER)
    assert result.exit_code == 1
    assert result.stderr.startswith("Twilio cannot be reached: ")


@pytest.mark.parametrize("wrong", ["940", "0501234567", "+٩٦٦١١٥٠٠٠٩٤٠", f"{NUMBER}\n", ""])
def test_a_number_that_is_not_e164_is_wrong_usage(
    twilio: TwilioApi, tmp_path: Path, wrong: str
) -> None:
    """Nothing is asked for it."""
    assert run(twilio.url, tmp_path, "check", "--number", wrong).exit_code == 2
    assert twilio.requests == []


def test_all_that_is_unset_is_named_at_once(tmp_path: Path) -> None:
    """So that it is mended at once."""
    settings = load_settings({"HOTLINE_STATE_DIR": str(tmp_path)})
    arguments = ["twilio", "check", "--number", NUMBER]
    result = CliRunner().invoke(cli, arguments, obj=settings)
    assert isinstance(result.exception, SettingsWrong)
    assert len(result.exception.problems) == 4


@pytest.mark.parametrize(
    "answer", [ENDLESS["interim responses"], SAID_SO["chunks"]], ids=["headers", "body"]
)
def test_an_api_that_never_ends_its_answer_is_left(answer: Answer) -> None:
    """Whoever typed the command, or cron, is told so in time."""
    with receiver(answer) as there:
        number_there = NumberAtTwilio(account(f"http://127.0.0.1:{there.port}", 0.5), NUMBER)
        with pytest.raises(AccountTrouble, match=r"cannot be reached|no such number"):
            number_there.differences({})

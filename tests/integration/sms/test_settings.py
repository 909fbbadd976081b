"""Settings of providers that could not work are told before a role starts."""

from pathlib import Path

import pytest

from hotline.environment import SettingsWrong
from hotline.providers import check_providers
from hotline.settings import CONFIG_DIR, load_settings
from tests.fixtures.twilio_api import ACCOUNT, TOKEN

GOOD = {
    "HOTLINE_SMS__GATEWAY": "http",
    "HOTLINE_SMS__URL": "https://gateway.example.sa/send",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TWILIO_AUTH_TOKEN": ""}, "HOTLINE_TWILIO"),
        ({"HOTLINE_TWILIO__API_URL": "http://api.twilio.com"}, "https://"),
        ({"HOTLINE_SMS__URL": ""}, "HOTLINE_SMS"),
        ({"HOTLINE_SMS__TEMPLATE": "{to} {text}"}, "not JSON"),
        ({"HOTLINE_SMS__GATEWAY": "twilio"}, "HOTLINE_SMS__SENDER"),
        ({"HOTLINE_SMS__TIMEOUT_SECONDS": "14"}, "HOTLINE_SMS__TIMEOUT_SECONDS"),
        ({"HOTLINE_DELIVERIES__TIMEOUT_SECONDS": "14"}, "HOTLINE_DELIVERIES__TIMEOUT_SECONDS"),
        ({"HOTLINE_DELIVERIES__LEASE_SECONDS": "9"}, "a request to Twilio"),
        ({"HOTLINE_DELIVERIES__BACKOFF_FIRST_SECONDS": "1000"}, "BACKOFF_FIRST_SECONDS"),
    ],
)
def test_what_could_not_work_is_named(changes: dict[str, str], named: str) -> None:
    """Before the first caller is."""
    check_providers(load_settings(GOOD))
    with pytest.raises(SettingsWrong) as caught:
        check_providers(load_settings(GOOD | changes))
    assert named in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_a_wrong_text_is_named_by_file_and_line(tmp_path: Path) -> None:
    """The house's own file is right."""
    text = (CONFIG_DIR / "sms.yaml").read_text(encoding="utf-8")
    (tmp_path / "sms.yaml").write_text(text.replace("{expected}", "{soon}"), encoding="utf-8")
    with pytest.raises(SettingsWrong) as caught:
        check_providers(load_settings(GOOD | {"HOTLINE_CONFIG_DIR": str(tmp_path)}))
    assert "sms.yaml:6: ar.opened: " in str(caught.value)


def test_twilio_s_own_names_give_way_to_ours() -> None:
    """Where both are set."""
    ours = "AC" + "9" * 32
    settings = load_settings(GOOD | {"HOTLINE_TWILIO__ACCOUNT_SID": ours})
    assert settings.twilio.account_sid == ours
    assert settings.twilio.auth_token.get_secret_value() == TOKEN


def test_a_token_may_be_given_in_a_file(tmp_path: Path) -> None:
    """By Twilio's name as by ours."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    settings = load_settings({"TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.twilio.auth_token.get_secret_value() == TOKEN

"""A role gets the secrets that it needs, and no program gets what it has no use for."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from embedded.supervisor import Supervisor
from hotline.setting_groups import (
    AmiSettings,
    BackofficeSettings,
    ConsoleSettings,
    DeliverySettings,
    SmsSettings,
    TwilioSettings,
)
from hotline.settings import ROTATED_FILE, SECRET_NAMES, Settings, load_settings
from hotline.stack import stack_children
from tests.fixtures.processes import wait_until

_TELL = """
import json, os, pathlib, sys, time
path = pathlib.Path(sys.argv[1])
path.with_suffix(".new").write_text(json.dumps(dict(os.environ)))
path.with_suffix(".new").rename(path)
time.sleep(60)
"""
STORES = {"REDIS_URL", "DATABASE_URL"}
AMI = {"HOTLINE_AMI__SECRET"}
CONSOLE = {"HOTLINE_CONSOLE__SECRET", "HOTLINE_CONSOLE__OIDC_CLIENT_SECRET"}
QUEUES = AMI | {"HOTLINE_TWILIO__AUTH_TOKEN"}
"""By which the console asks how many callers wait."""
NEEDED = {
    "redis": set(),
    "backoffice": {"HOTLINE_BACKOFFICE__SECRETS"},
    "asterisk": AMI,
    "relay": STORES,
    "agi-1": STORES,
    "agi-2": STORES,
    "web": STORES | {"HOTLINE_TWILIO__AUTH_TOKEN", "HOTLINE_TWILIO__SECONDARY_AUTH_TOKEN"},
    "console": STORES | CONSOLE | QUEUES,
    "worker-1": SECRET_NAMES - CONSOLE - AMI,
}


def secret(word: str) -> SecretStr:
    """Something that is to be found wherever it got."""
    return SecretStr(f"geheim-{word}")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Every secret is set."""
    return Settings(
        state_dir=tmp_path / "state",
        database_url=SecretStr("postgresql://hotline:geheim-sql@127.0.0.1/hotline"),
        deliveries=DeliverySettings(workers=1),
        backoffice=BackofficeSettings(secrets=(SecretStr("whsec_" + "geheim" * 6),)),
        ami=AmiSettings(secret=secret("manager" * 6)),
        console=ConsoleSettings(secret=secret("console" * 6), oidc_client_secret=secret("oidc")),
        twilio=TwilioSettings(
            account_sid="AC" + "0" * 32,
            auth_token=secret("token"),
            secondary_auth_token=secret("second"),
            public_url="https://940.example.sa",
        ),
        sms=SmsSettings(
            gateway="http",
            url="https://sms.example.sa/",
            bearer=secret("bearer"),
            basic=SecretStr("user:geheim"),
        ),
    )


def test_a_role_gets_the_secrets_that_it_needs_and_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also none that the supervisor was started with, by whatever name, nor any by its value."""
    for name in ("TWILIO_AUTH_TOKEN", "REDIS_URL_FILE", "HOTLINE_SMS__BEARER", "AWS_SECRET_KEY"):
        monkeypatch.setenv(name, "geheim-inherited")
    monkeypatch.setenv("PGPASSWORD", "geheim-libpq")
    monkeypatch.setenv("WHISPER_MODEL", "/srv/940/ggml-small.bin")
    told = {name: tmp_path / f"{name}.json" for name in NEEDED}
    children = [
        replace(
            spec,
            argv=(sys.executable, "-c", _TELL, str(told[spec.name])),
            ready=None,
            probe=None,
            tells=False,
        )
        for spec in stack_children(settings, with_asterisk=True)
    ]
    assert {spec.name for spec in children} == NEEDED.keys()
    with Supervisor(children, log_dir=tmp_path / "log").running():
        wait_until(lambda: all(path.exists() for path in told.values()), 30)
    for name, path in told.items():
        found: dict[str, str] = json.loads(path.read_text())
        assert SECRET_NAMES & found.keys() == NEEDED[name], name
        assert "geheim-inherited" not in found.values(), name
        assert ("PGPASSWORD" in found) is ("DATABASE_URL" in NEEDED[name]), name
        assert ("WHISPER_MODEL" in found) is (name == "worker-1"), name
        hidden = {key for key, value in found.items() if "geheim" in value}
        assert hidden <= NEEDED[name] | {"PGPASSWORD"}, name


def test_a_file_of_secrets_is_named_to_those_who_sign_and_who_check(
    settings: Settings, tmp_path: Path
) -> None:
    """By its name alone: they read it, also when it has changed."""
    file = tmp_path / "secret"
    file.write_text("whsec_" + "geheim" * 6)
    office = BackofficeSettings(secrets=settings.backoffice.secrets, secrets_file=file)
    whole = settings.model_copy(update={"backoffice": office})
    children = {spec.name: spec.env for spec in stack_children(whole, with_asterisk=True)}
    named = {name for name, env in children.items() if ROTATED_FILE in env}
    assert named == {"backoffice", "worker-1"}
    for name in named:
        assert "HOTLINE_BACKOFFICE__SECRETS" not in children[name]
        assert load_settings(children[name]).backoffice == office


@pytest.mark.parametrize("name", ["relay", "agi-1", "web", "backoffice", "asterisk"])
def test_a_role_can_read_its_settings_without_the_secrets_of_others(
    settings: Settings, name: str
) -> None:
    """What is left out is no mistake to it."""
    children = {spec.name: spec for spec in stack_children(settings, with_asterisk=True)}
    read = load_settings(children[name].env)
    assert read.twilio.account_sid == settings.twilio.account_sid
    assert read.sms.gateway == "http"

"""A secret or an address of the wrong form is told before anything starts, and never shown."""

import base64
from pathlib import Path

import pytest

from hotline.environment import SettingsWrong
from hotline.settings import load_settings
from tickets.destinations.webhook_secret import fresh_secret, webhook_key

_HEX = "0123456789abcdef" * 2


def whsec(length: int, letter: bytes = b"k") -> str:
    """A secret of so many bytes."""
    return "whsec_" + base64.b64encode(letter * length).decode()


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("HOTLINE_BACKOFFICE__SECRETS", "geheim", "must be whsec_ and 24 to 64 bytes in base64"),
        ("HOTLINE_BACKOFFICE__SECRETS", "whsec_geheim", "openssl rand -base64 32"),
        ("HOTLINE_BACKOFFICE__SECRETS", whsec(23), "24 to 64 bytes"),
        ("HOTLINE_BACKOFFICE__SECRETS", whsec(65), "24 to 64 bytes"),
        ("HOTLINE_BACKOFFICE__SECRETS", whsec(32)[6:], "must be whsec_"),
        ("HOTLINE_BACKOFFICE__SECRETS", "whsec_" + "-_" * 22, "base64"),
        ("HOTLINE_BACKOFFICE__SECRETS", f"{whsec(32)},whsec_geheim", "secret 2 of 2 must be"),
        ("HOTLINE_BACKOFFICE__SECRETS", f"{whsec(32)},{whsec(32).rstrip('=')}", "a secret twice"),
        ("HOTLINE_BACKOFFICE__URL", "office.geheim.sa/tickets", "must begin with https://"),
        ("HOTLINE_BACKOFFICE__URL", "https:///geheim", "name a host"),
        ("HOTLINE_TWILIO__ACCOUNT_SID", "ACgeheim", "must be AC and 32"),
        ("HOTLINE_TWILIO__AUTH_TOKEN", f"AC{_HEX}", "not a SID"),
        ("HOTLINE_TWILIO__AUTH_TOKEN", "geheim geheim", "auth token"),
        ("HOTLINE_TWILIO__SECONDARY_AUTH_TOKEN", f"SK{_HEX}", "not a SID"),
        ("HOTLINE_TWILIO__AGENCIES", "sip:geheim", "{number}"),
        ("HOTLINE_AMI__HOSTS", "geheim:0", "10.0.0.7 or asterisk-1:5038"),
        ("HOTLINE_AMI__HOSTS", "10.0.0.7,http://geheim", "10.0.0.7 or asterisk-1:5038"),
        ("HOTLINE_AMI__HOSTS", "10.0.0.7:66000", "10.0.0.7 or asterisk-1:5038"),
        ("HOTLINE_AMI__SECRET", "geheim", "16 or more"),
        ("HOTLINE_AMI__SECRET", "geheim;geheim;geheim", "openssl rand -hex 32"),
        ("HOTLINE_SMS__BEARER", "Bearer geheim", "without the word Bearer"),
        ("HOTLINE_SMS__BASIC", "geheim", "user:password"),
        ("HOTLINE_SMS__BASIC", ":geheim", "user:password"),
        ("HOTLINE_SMS__URL", "https://[geheim", "https://"),
        ("REDIS_URL", "redis://:geheim@redis:six", "redis://:password@host:port/0"),
        ("REDIS_URL", "redis://:geheim@redis/one", "number of a database"),
        ("REDIS_URL", "unix://", "unix:///path"),
        ("DATABASE_URL", "postgresql://u:geheim@db:five/hotline", "host:port/name"),
        ("DATABASE_URL", "postgresql:geheim", "postgresql://"),
        ("DATABASE_URL", "postgresql://u:gehe/im@db:five/hotline", "%2F is /"),
    ],
)
def test_a_wrong_form_is_told_with_its_mend_and_without_its_value(
    name: str, value: str, mend: str, tmp_path: Path
) -> None:
    """By the variable's name; also where a file gives it."""
    given = [{name: value}]
    if not name.endswith(("URL", "SID", "AGENCIES", "HOSTS")) or name.startswith(
        ("REDIS", "DATABASE")
    ):
        (tmp_path / "secret").write_text(f"{value}\n")
        given.append({f"{name}_FILE": str(tmp_path / "secret")})
    for environ in given:
        with pytest.raises(SettingsWrong) as caught:
            load_settings(environ)
        (problem,) = caught.value.problems
        place = f" (in the file that {name}_FILE names)" if name not in environ else ""
        assert problem.startswith(f"{name}{place}: "), problem
        assert mend in problem
        assert "geheim" not in problem
        assert _HEX not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOTLINE_BACKOFFICE__SECRETS", f"{whsec(24)}, {whsec(64)},{whsec(32)}"),
        ("HOTLINE_BACKOFFICE__SECRETS", whsec(32).rstrip("=")),
        ("HOTLINE_BACKOFFICE__URL", "http://office:8080/tickets/"),
        ("HOTLINE_TWILIO__ACCOUNT_SID", f"AC{_HEX}"),
        ("HOTLINE_TWILIO__AUTH_TOKEN", _HEX),
        ("HOTLINE_TWILIO__AGENCIES", "sip:{number}@gateway.example.sa"),
        ("HOTLINE_SMS__BEARER", "eyJh.eyJz-_~+/x=="),
        ("HOTLINE_SMS__BASIC", "user:pass:word"),
        ("REDIS_URL", "redis://:p%40ss@redis:6379"),
        ("REDIS_URL", "redis://redis/"),
        ("REDIS_URL", "rediss://[::1]:6379/3?ssl_cert_reqs=none"),
        ("REDIS_URL", "unix:///run/redis/redis.sock?db=1"),
        ("DATABASE_URL", "postgresql://u:p@one:5432,two:5432/h?target_session_attrs=read-write"),
        ("DATABASE_URL", "postgresql:///hotline?host=/run/postgresql"),
        ("DATABASE_URL", "sqlite:////srv/940/state/hotline.db"),
    ],
)
def test_what_has_the_form_is_taken(name: str, value: str) -> None:
    """As receivers, servers and their documents write it."""
    load_settings({name: value})


def test_a_secret_that_we_make_has_the_form() -> None:
    """As any other."""
    made = fresh_secret()
    found = load_settings({"HOTLINE_BACKOFFICE__SECRETS": made}).backoffice.secrets
    assert [secret.get_secret_value() for secret in found] == [made]


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    """It would be as if none were set, and a secret of our own would sign."""
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(SettingsWrong, match="HOTLINE_BACKOFFICE__SECRETS_FILE names an empty file"):
        load_settings({"HOTLINE_BACKOFFICE__SECRETS_FILE": str(tmp_path / "secret")})


def test_a_fresh_secret_has_the_form_of_the_standard() -> None:
    """32 bytes, another one each time."""
    assert len(webhook_key(fresh_secret())) == 32
    assert fresh_secret() != fresh_secret()

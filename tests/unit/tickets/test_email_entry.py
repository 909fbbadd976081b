"""E-mail in config/destinations.yaml: what may stand there; what is wrong is told by its key."""

import subprocess
import sys
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from files.yaml_model import FileWrong
from tests.fixtures.mail import house
from tickets.destinations.entry import SecretMissing
from tickets.destinations.file import Known, digest_times, load_destinations
from tickets.destinations.mail.destination import EmailDestination
from tickets.destinations.mail.mailbox import parse_mailbox

GOOD = {
    "host": "mail.jeddah.example",
    "user": "hotline",
    "password": "{env: MAIL}",
    "from": "940 <hotline@jeddah.example>",
    "to": "[roads@jeddah.example]",
}


def written(folder: Path, **changes: str | None) -> Path:
    """A file with one destination, `roads`."""
    keys = {name: value for name, value in (GOOD | changes).items() if value is not None}
    text = "".join(f"    {name}: {value}\n" for name, value in keys.items())
    path = folder / "destinations.yaml"
    path.write_text(f"destinations:\n  roads:\n    kind: email\n{text}", encoding="utf-8")
    return path


def loaded(folder: Path, **changes: str | None) -> EmailDestination:
    """The destination that is built of it."""
    file = load_destinations(written(folder, **changes), Known({}, ()))
    made = file.build(house(folder, MAIL="secret"))["roads"]
    assert isinstance(made, EmailDestination)
    return made


def test_what_is_left_out_is_as_offices_have_it(tmp_path: Path) -> None:
    """STARTTLS at the port for it, both languages, the house's time-out, no list."""
    made = loaded(tmp_path)
    assert (made.server.port, made.server.security) == (587, "starttls")
    assert made.envelope.languages == ("ar", "en")
    assert (made.timeout_s, made.digest, made.read_by_people) == (5.0, None, False)
    assert made.login is not None
    assert made.login() == ("hotline", "secret")
    assert loaded(tmp_path, security="tls").server.port == 465
    assert loaded(tmp_path, security="none", host="localhost").server.port == 25


def test_a_list_goes_to_its_own_people_or_to_all(tmp_path: Path) -> None:
    """At a time of day of the city."""
    made = loaded(tmp_path, digest='"07:05"', digest_to="[chief@jeddah.example]")
    assert made.digest is not None
    assert made.digest.recipients == ("chief@jeddah.example",)
    made = loaded(tmp_path, digest='"07:05"', cc="[desk@jeddah.example]")
    assert made.digest is not None
    assert made.digest.recipients == ("roads@jeddah.example",)
    file = load_destinations(written(tmp_path, digest='"07:05"'), Known({}, ()))
    assert digest_times(file) == {"roads": time(7, 5)}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"password": None}, "user and password"),
        ({"password": "correct horse"}, "is a secret"),
        ({"user": "بريد"}, "user: must be of ASCII"),
        ({"security": "none"}, "security: none"),
        ({"security": "none", "host": "mail.jeddah.example"}, "security: none"),
        ({"security": "ssl"}, "security"),
        ({"port": "0"}, "port"),
        ({"host": "a b"}, "host"),
        ({"host": '"mail.example\\r\\nX: y"'}, "host"),
        ({"to": "[]"}, "to"),
        ({"to": "[roads]"}, "must be one address"),
        ({"to": '["roads@jeddah.example\\r\\nBcc: x@example.org"]'}, "must be one address"),
        ({"to": '["a@b.example, c@d.example"]'}, "must be one address"),
        ({"from": '"940 <>"'}, "from"),
        ({"reply_to": "undisclosed:;"}, "must be one address"),
        ({"languages": "[]"}, "languages"),
        ({"languages": "[en, en]"}, "languages"),
        ({"languages": "[fr]"}, "languages"),
        ({"digest": '"25:00"'}, "digest"),
        ({"digest": "7"}, "digest"),
        ({"digest_to": "[chief@jeddah.example]"}, "digest_to"),
        ({"to": f"[{', '.join(f'p{n}@jeddah.example' for n in range(31))}]"}, "to"),
        ({"bcc": "[x@jeddah.example]"}, "bcc"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, str | None], key: str, tmp_path: Path) -> None:
    """And nothing of a secret is."""
    with pytest.raises(FileWrong) as caught:
        loaded(tmp_path, **changes)
    assert key in str(caught.value)
    assert "correct horse" not in str(caught.value)


def test_a_password_that_no_login_sends_is_told_at_once(tmp_path: Path) -> None:
    """And not by a letter that is tried for days; one that becomes such is waited for."""
    kept = tmp_path / "mail"
    kept.write_text("سر", encoding="utf-8")
    with pytest.raises(FileWrong, match=r"destinations\.roads: the password has .* ASCII"):
        loaded(tmp_path, password="{file: mail}")
    kept.write_text("secret", encoding="utf-8")
    made = loaded(tmp_path, password="{file: mail}")
    assert made.login is not None
    kept.write_text("سر", encoding="utf-8")
    with pytest.raises(SecretMissing):
        made.login()


@pytest.mark.parametrize("ca", ["none.pem", "destinations.yaml"])
def test_certificates_that_are_none_are_told_at_once(ca: str, tmp_path: Path) -> None:
    """And not by the first ticket."""
    with pytest.raises(FileWrong, match=ca):
        loaded(tmp_path, ca=ca)


@pytest.mark.parametrize(
    ("text", "address", "name"),
    [
        ("roads@jeddah.example", "roads@jeddah.example", ""),
        ("Roads <roads@JEDDAH.example>", "roads@jeddah.example", "Roads"),
        ('"Roads, water" <r@jeddah.example>', "r@jeddah.example", "Roads, water"),
        ("إدارة الطرق <roads@جدة.example>", "roads@xn--ogbfj.example", "إدارة الطرق"),
    ],
)
def test_a_mailbox_is_read_as_people_write_it(text: str, address: str, name: str) -> None:
    """Domains as DNS has them."""
    found = parse_mailbox(text)
    assert (found.address, found.name) == (address, name)


def test_roles_that_lead_calls_read_the_file_without_a_network() -> None:
    """Its rules alone are theirs."""
    code = "import sys, tickets.destinations.file; print([m for m in NAMES if m in sys.modules])"
    names = ["smtplib", "httpx", "rq", "redis", "jinja2", "xlsxwriter", "sqlalchemy.orm"]
    run: Any = subprocess.run(
        [sys.executable, "-c", code.replace("NAMES", repr(names))], capture_output=True, text=True
    )
    assert run.stdout.strip() == "[]", run

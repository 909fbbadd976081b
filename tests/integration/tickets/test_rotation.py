"""Secrets are changed while deliveries go on, and no push is refused by it."""

import json
import os
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook, WebhookVerificationError
from structlog.testing import capture_logs
from werkzeug import Request, Response

from hotline.main import cli
from hotline.secret import FileSecrets, RotationRefused, retire, rotate
from hotline.setting_groups import BackofficeSettings
from hotline.settings import Settings, load_settings
from tests.fixtures.roles import role
from tests.fixtures.tickets import NOW, new_ticket, wait_until
from tickets.destination import Message
from tickets.destinations.webhook import signed_request
from tickets.destinations.webhook_secret import fingerprint, fresh_secret
from tickets.open import build_ticket, open_ticket
from tickets.outbox import list_attempts, list_deliveries
from tickets.reference import new_reference


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one secret, as an administrator writes it."""
    path = tmp_path / "secret"
    path.write_text(fresh_secret() + "\n")
    path.chmod(0o600)
    return path


def held(file: Path) -> list[str]:
    """The secrets in it."""
    return file.read_text().strip().split(",")


def command(file: Path, *words: str) -> Result:
    """`hotline secrets …` in this installation."""
    settings = Settings(
        state_dir=file.parent / "state", backoffice=BackofficeSettings(secrets_file=file)
    )
    return CliRunner().invoke(cli, ["secrets", *words], obj=settings)


class Receiver:
    """A back office of the city's own: which secrets it knows, and what it answered."""

    def __init__(self, knows: Sequence[str]) -> None:
        self.knows = knows
        self.answers: list[int] = []
        self.signatures: list[int] = []

    def __call__(self, request: Request) -> Response:
        """201 where one of its secrets vouches for the push, else 401."""
        self.signatures.append(len(request.headers["webhook-signature"].split(" ")))
        status = 401
        for secret in self.knows:
            try:
                Webhook(secret).verify(request.get_data(), dict(request.headers))
                status = 201
            except WebhookVerificationError:
                continue
        self.answers.append(status)
        return Response("{}", status=status)


def test_no_delivery_is_refused_while_the_secret_is_changed(
    engine: sa.Engine, database_url: str, redis_url: str, file: Path, httpserver: HTTPServer
) -> None:
    """The receiver knows the old one, then the new one; worker and relay run all the time."""
    (old,) = held(file)
    receiver = Receiver([old])
    httpserver.expect_request("/tickets").respond_with_handler(receiver)
    environ = {
        "HOTLINE_STATE_DIR": str(file.parent),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "HOTLINE_BACKOFFICE__URL": httpserver.url_for("/tickets"),
        "HOTLINE_BACKOFFICE__SECRETS_FILE": str(file),
        "HOTLINE_DELIVERIES__RELAY_SECONDS": "0.05",
    }

    def delivered(number: int) -> None:
        ticket = new_ticket(f"call:{number}:1")
        open_ticket(engine, ticket, destinations=["backoffice"], now=datetime.now(UTC))
        wait_until(lambda: len(receiver.answers) >= number, f"push {number}")

    with role("relay", environ), role("worker", environ):
        delivered(1)
        rotated = command(file, "rotate")
        assert rotated.exit_code == 0, rotated.output
        new = held(file)[0]
        delivered(2)
        receiver.knows = [new]
        delivered(3)
        retired = command(file, "retire")
        assert retired.exit_code == 0, retired.output
        delivered(4)
        wait_until(
            lambda: {one.state for one in list_deliveries(engine)} == {"acknowledged"},
            "all are taken",
        )
    assert receiver.answers == [201] * 4
    assert receiver.signatures == [1, 2, 2, 1]
    assert [len(list_attempts(engine, one.id)) for one in list_deliveries(engine)] == [1] * 4


def test_each_secret_vouches_for_a_push_and_no_other_does() -> None:
    """Signatures stand in one header with spaces between them, the newest secret's first."""
    new, old, foreign = fresh_secret(), fresh_secret(), fresh_secret()
    ticket = build_ticket(new_ticket(), NOW, new_reference())
    body, headers = signed_request(Message(ticket), [new, old], datetime.now(UTC))
    for secret in (new, old):
        Webhook(secret).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(foreign).verify(body, headers)
    (first, _) = headers["webhook-signature"].split(" ")
    Webhook(new).verify(body, headers | {"webhook-signature": first})


def test_a_rotation_shows_the_new_secret_once_and_keeps_the_file_as_it_was(file: Path) -> None:
    """Its mode stays, and nothing lies beside it."""
    file.chmod(0o640)
    (old,) = held(file)
    result = command(file, "rotate")
    assert held(file) == [result.stdout.strip(), old]
    assert old not in result.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(file.parent.glob(".secret*")) == []
    listed = json.loads(command(file, "list", "--json").stdout)
    assert listed == {"kept": str(file), "fingerprints": [fingerprint(one) for one in held(file)]}


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_a_rotation_leaves_the_file_to_its_owner(file: Path) -> None:
    """Who rotates as root does not take it from the workers."""
    os.chown(file, 65534, 65534)
    rotate(file)
    assert (file.stat().st_uid, file.stat().st_gid) == (65534, 65534)


def test_a_linked_file_stays_where_it_is(file: Path, tmp_path: Path) -> None:
    """The link leads to it afterwards too."""
    link = tmp_path / "link"
    link.symlink_to(file)
    rotate(link)
    assert link.is_symlink()
    assert len(held(file)) == 2


def test_a_third_secret_waits_until_one_is_retired(file: Path) -> None:
    """And the last one is not taken away."""
    assert "hotline secrets rotate" in command(file, "retire").output
    first = command(file, "rotate").stdout.strip()
    refused = command(file, "rotate")
    assert refused.exit_code == 1
    assert "hotline secrets retire" in refused.output
    assert command(file, "retire", "00000000").exit_code == 1
    assert len(held(file)) == 2
    assert command(file, "retire", fingerprint(first)).exit_code == 0
    assert first not in held(file)


def test_two_rotations_at_once_make_one_secret(file: Path) -> None:
    """Neither hands out a secret that is not there."""

    def one() -> str | None:
        try:
            return rotate(file).secret
        except RotationRefused:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [future.result() for future in [pool.submit(one) for _ in range(8)]]
    assert [secret for secret in made if secret] == [held(file)[0]]


def test_what_stands_in_the_environment_is_told_and_not_changed(tmp_path: Path) -> None:
    """With the steps by hand."""
    secret = fresh_secret()
    office = BackofficeSettings(secrets=(SecretStr(secret),))
    settings = Settings(state_dir=tmp_path, backoffice=office)
    for words in (["rotate"], ["retire"]):
        result = CliRunner().invoke(cli, ["secrets", *words], obj=settings)
        assert result.exit_code == 1
        assert "openssl rand -base64 32" in result.output
        assert secret not in result.output
    assert list(tmp_path.glob("*secret*")) == []
    listed = CliRunner().invoke(cli, ["secrets", "list"], obj=settings)
    assert fingerprint(secret) in listed.output


def test_the_embedded_stack_s_secret_is_rotated_too(tmp_path: Path) -> None:
    """It is kept in the state folder."""
    result = CliRunner().invoke(cli, ["secrets", "rotate"], obj=Settings(state_dir=tmp_path))
    assert result.exit_code == 0
    assert held(tmp_path / "backoffice.secret")[0] == result.stdout.strip()


def test_what_cannot_be_read_is_told_once_and_the_last_secrets_go_on_signing(file: Path) -> None:
    """A typing error in the file stops no delivery."""
    secrets = FileSecrets(file)
    (old,) = secrets()
    for wrong in ("whsec_geheim", "", None):
        file.unlink() if wrong is None else file.write_text(wrong)
        with capture_logs() as logs:
            assert [secrets(), secrets()] == [[old], [old]]
        assert "geheim" not in str(logs)
        told = [entry["event"] for entry in logs]
        assert told == (["webhook_secrets_unreadable"] if wrong == "whsec_geheim" else [])
    file.write_text(fresh_secret())
    with capture_logs() as logs:
        assert secrets() == held(file)
    assert [entry["event"] for entry in logs] == ["webhook_secrets_read"]


def test_secrets_may_stand_on_lines(file: Path) -> None:
    """As people write lists into files."""
    found = [fresh_secret(), fresh_secret()]
    file.write_text("\n".join(found))
    assert FileSecrets(file)() == found
    settings = load_settings({"HOTLINE_BACKOFFICE__SECRETS_FILE": str(file)})
    assert [one.get_secret_value() for one in settings.backoffice.secrets] == found
    assert len(retire(file).now) == 1

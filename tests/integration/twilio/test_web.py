"""The web application beside the webhooks: audio, health, metrics; and as a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from call_handlers.twilio.signature import signature
from hotline.setting_groups import WebSettings
from hotline.settings import Settings
from hotline.stack import stack_children
from store.migrations import upgrade
from tests.fixtures.calls import House
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port, wait_until
from tests.fixtures.twilio import BASE, STANDARD, TOKEN, web_app
from tests.fixtures.web_processes import START_S


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with one sound."""
    folder = tmp_path / "sounds"
    (folder / "ar").mkdir(parents=True)
    (folder / "ar" / "0123456789ab.wav").write_bytes(b"RIFF" + b"\0" * 96)
    (folder / "secret.wav").write_bytes(b"secret")
    return folder


def test_audio_may_be_kept_for_ever(house: House, sounds: Path) -> None:
    """A sound's name is its content."""
    http = web_app(house.desk(), sounds=sounds).test_client()
    answer = http.get("/prompts/ar/0123456789ab.wav")
    assert answer.status_code == 200
    assert answer.content_type in ("audio/x-wav", "audio/wav")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    part = http.get("/prompts/ar/0123456789ab.wav", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.get_data()) == (206, b"RIFF")
    answer.close()
    part.close()


@pytest.mark.parametrize(
    "path",
    [
        "/prompts/ar/0123456789ac.wav",
        "/prompts/fr/0123456789ab.wav",
        "/prompts/../secret.wav",
        "/prompts/ar/..%2fsecret.wav",
        "/prompts/ar/%2e%2e/secret.wav",
        "/prompts/%2e%2e/secret.wav",
        "/prompts/ar/0123456789ab.wav%00",
        "/prompts/ar/",
    ],
)
def test_nothing_but_prompts_is_served(house: House, sounds: Path, path: str) -> None:
    """By their names, in our languages."""
    http = web_app(house.desk(), sounds=sounds).test_client()
    assert http.get(path).status_code == 404


def test_it_is_ready_when_everything_is_there(house: House) -> None:
    """And says what is not; that it is alive is another question."""

    def broken() -> bool:
        raise ConnectionError("away")

    checks = {"redis": lambda: True, "database": lambda: True}
    http = web_app(house.desk(), checks=checks).test_client()
    assert http.get("/readyz").status_code == 200
    http = web_app(house.desk(), checks={**checks, "redis": broken}).test_client()
    answer = http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"redis": False, "database": True}
    assert http.get("/healthz").status_code == 200


def test_other_errors_say_nothing_but_their_status(house: House) -> None:
    """No page of any framework."""
    http = web_app(house.desk()).test_client()
    for method, path, status in (("GET", "/", 404), ("POST", "/healthz", 405)):
        answer = http.open(path, method=method)
        assert (answer.status_code, answer.get_data()) == (status, b"")


@contextmanager
def running(settings: Settings, folder: Path, redis_url: str, **more: str) -> Iterator[str]:
    """`hotline web` as a process; its address."""
    environ = {
        **os.environ,
        "HOTLINE_STATE_DIR": str(folder),
        "HOTLINE_SOUNDS_DIR": str(folder / "sounds"),
        "HOTLINE_WEB__PORT": str(settings.web.port),
        "REDIS_URL": redis_url,
        **more,
    }
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hotline", "web"], env=environ, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{settings.web.port}"
    try:
        wait_until(lambda: _answers(f"{address}/healthz"), START_S)
        yield address
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, (folder / "web.log").read_text()
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _metric(text: str, name: str) -> float:
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


def test_processes_count_together_and_drain(tmp_path: Path, redis_url: str) -> None:
    """A call and refusals by whichever process; every `/metrics` tells of all of them."""
    port = free_tcp_port()
    settings = Settings(state_dir=tmp_path, web=WebSettings(port=port))
    services = house_of(settings)
    upgrade(services.engine())
    services.close()
    twilio = {"HOTLINE_TWILIO__PUBLIC_URL": BASE, "TWILIO_AUTH_TOKEN": TOKEN}
    with running(settings, tmp_path, redis_url, **twilio) as address:
        signed = {"X-Twilio-Signature": signature(TOKEN, f"{BASE}/twilio/voice?x=%27", STANDARD)}
        for _ in range(12):  # a connection each, so that both processes have some
            url = f"{address}/twilio/voice?x=%27"
            answer = httpx.post(url, data=STANDARD, headers=signed, trust_env=False)
            assert answer.status_code == 200
            assert answer.text.count("<Say") >= 4  # no sounds were built here
            assert httpx.post(url, data=STANDARD, trust_env=False).status_code == 403
        for _ in range(4):
            shown = httpx.get(f"{address}/metrics", trust_env=False).text
            assert _metric(shown, "hotline_twilio_refused_total") == 12
            assert _metric(shown, "hotline_twilio_webhooks_total") == 12
        ready = httpx.get(f"{address}/readyz", trust_env=False)
        assert ready.json() == {"redis": True, "database": True, "prompts": False}
    text = (tmp_path / "web.log").read_text()
    assert "Traceback" not in text
    assert "966501234567" not in text


def test_the_stack_has_the_web_application_with_twilio_and_without() -> None:
    """It serves the HTTP API; webhooks need it in any case."""
    plain = Settings()
    names = [child.name for child in stack_children(plain, with_asterisk=False)]
    assert "web" in names
    apart = stack_children(plain, with_asterisk=False, with_web=False)
    assert "web" not in [child.name for child in apart]
    twilio = plain.twilio.model_copy(update={"public_url": BASE})
    with_token = twilio.model_validate({**twilio.model_dump(), "auth_token": TOKEN})
    settings = plain.model_copy(update={"twilio": with_token})
    children = {child.name: child for child in stack_children(settings, with_asterisk=False)}
    assert children["web"].env["HOTLINE_TWILIO__AUTH_TOKEN"] == TOKEN

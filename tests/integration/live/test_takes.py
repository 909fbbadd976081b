"""A take that comes while calls are in progress is heard by the next one, on both channels."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from host.word import words
from hotline.main import cli
from hotline.setting_groups import TwilioSettings, WebSettings
from hotline.settings import Settings
from ivr.prompts import Catalogue
from ivr.turn import Prompt
from lab.callers.asterisk_model import Act, HangUp, Listening, Press
from lab.callers.fake_asterisk import FakeAsterisk
from lab.callers.twilio_caller import TwilioCall
from lab.callers.twilio_forms import Party
from lab.callers.twilio_http import Answer, Request
from lab.callers.twilio_moment import Account
from lab.callers.twilio_server import PUBLIC_URL, TOKEN
from tests.fixtures.edited import own_config
from tests.fixtures.house import house_of
from tests.fixtures.processes import wait_until
from tests.fixtures.reporter import place
from tests.fixtures.studio import speech, take
from tests.fixtures.web_processes import Balancer, WebProcess, web_process
from tests.fixtures.whole_stack import parts_of, with_redis

ACCOUNT = Account(f"{PUBLIC_URL}/twilio/voice", f"{PUBLIC_URL}/twilio/status")


@pytest.fixture
def own_sounds(tmp_path: Path) -> Path:
    """The sounds that there are, without a copy of each."""
    folder = tmp_path / "sounds"
    made = Settings().sounds
    for path in made.glob("*/*.wav*"):
        copy = folder / path.relative_to(made)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(path)
    return folder


def welcome_of(catalogue: Catalogue) -> str:
    """The sound of the first sentence of the welcome."""
    return catalogue.speak("ar", Prompt("welcome"))[0].audio


def test_a_take_is_heard_by_the_next_call_by_asterisk_and_by_twilio(
    settings: Callable[..., Settings], redis_url: str, own_sounds: Path, tmp_path: Path
) -> None:
    """Who is in a call goes on in the voice that it began with; nobody is told to wait."""
    made = settings(
        config_dir=own_config(tmp_path),
        sounds_dir=own_sounds,
        twilio=TwilioSettings(public_url=PUBLIC_URL, auth_token=SecretStr(TOKEN)),
        web=WebSettings(workers=1, threads=4),
        **with_redis(redis_url),
    )
    folder = tmp_path / "takes"
    take(folder / "ar" / "welcome.wav", speech(3.0))
    with closing(house_of(made)) as services:
        by_machine = welcome_of(services.catalogue)
        heard: list[tuple[str, ...]] = []
        results: list[int] = []

        def caller(listening: Listening) -> Act:
            heard.append(listening.files)
            if len(heard) == 1:  # in mid-call
                done = CliRunner().invoke(cli, ["prompts", "import", str(folder)], obj=made)
                assert "took up" in done.output, done.output
                results.append(done.exit_code)
                return Press("1")
            return HangUp()

        with parts_of(made) as parts, web_process(made) as web:
            parts.start("agi-1")
            web.wait_ready()
            wait_until(lambda: len(list(words(made.state_dir))) >= 3, 60, "all can be told")
            assert by_machine in _played_by_twilio(web)
            place(FakeAsterisk(parts.agi[:1], seconds=90.0), caller)
            assert results == [0]
            by_studio = welcome_of(services.read_again().catalogue)
            assert by_studio != by_machine
            assert by_machine in _stems(heard[0])
            services.slow_redis.flushdb()  # the limits of calls are everybody's
            place(FakeAsterisk(parts.agi[:1], seconds=90.0), caller)
            assert by_studio in _stems(heard[2])
            assert by_studio in _played_by_twilio(web)
            answer = httpx.get(f"{web.url}/prompts/{by_studio}.wav", trust_env=False)
            assert (answer.status_code, answer.content[:4]) == (200, b"RIFF")


def _stems(files: tuple[str, ...]) -> list[str]:
    return ["/".join(file.split("/")[-2:]) for file in files]


def _played_by_twilio(web: WebProcess) -> list[str]:
    """What the first document of a new call plays."""
    bodies: list[str] = []

    def send(request: Request) -> Answer:
        answer = balancer.send(request)
        bodies.append(answer.body.decode())
        return answer

    with closing(Balancer([web])) as balancer:
        TwilioCall(ACCOUNT, Party(caller="+966501234567"), send, lambda _url: 1.0).begin()
    return re.findall(r"/prompts/([a-z]{2}/[0-9a-f]+)\.wav", bodies[0])

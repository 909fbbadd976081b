"""`hotline call --to`: a call to an installation that runs; what was heard, and what was kept."""

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from call_handlers.history import Wanted, list_calls
from hotline.bootstrap import Services
from hotline.cli.building import build_with_progress
from hotline.main import cli
from hotline.setting_groups import ScreeningSettings
from hotline.settings import Settings
from ivr.turn import Prompt
from lab.callers.sip_driver import SwitchedScripts
from tests.fixtures.agi import serving
from tests.fixtures.asterisk import running_asterisk
from tests.fixtures.databases import lay_migrated
from tests.fixtures.house import house_of
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.whole_stack import with_redis
from tickets.open import list_tickets

NUMBER = "94000"


def canary(settings: Settings, *words: str) -> Result:
    """The command as a monitor runs it."""
    return CliRunner().invoke(cli, ["call", *words], obj=settings)


@dataclass(frozen=True, slots=True)
class Installation:
    """One that takes calls at `address`, and what its people set."""

    address: str
    services: Services

    @property
    def settings(self) -> Settings:
        """Of the machine that the monitor runs on too."""
        return self.services.settings

    def welcome(self, language: str = "ar") -> str:
        """The name of its sound."""
        (piece,) = self.services.catalogue.speak(language, Prompt("welcome"))
        return f"{piece.audio}.wav"


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisProcess
) -> Iterator[Installation]:
    """One Asterisk and one FastAGI server for all."""
    folder = tmp_path_factory.mktemp("installation")
    lay_migrated(folder / "hotline.db")
    screening = ScreeningSettings(exempt=(NUMBER,))
    services = house_of(
        Settings(state_dir=folder, screening=screening, **with_redis(redis_server.url))
    )
    build_with_progress(services)
    scripts = SwitchedScripts()
    server = FastAgiServer("127.0.0.1", 0, scripts.by_name)
    with serving(server):
        address = f"127.0.0.1:{server.port}"
        with running_asterisk(address, sounds=services.settings.sounds) as asterisk:
            sounds = services.sounds(asterisk.sounds_inside)
            scripts.use(make_scripts(services.desk, sounds, recordings="/rec"))
            yield Installation(asterisk.sip_address, services)
    services.close()


@pytest.mark.asterisk
@pytest.mark.alone("one call")
def test_zero_when_the_welcome_was_heard_and_the_call_recorded(installation: Installation) -> None:
    """It is told from others by its number, is not screened, and leaves no ticket."""
    done = canary(installation.settings, "--to", f"sip:940@{installation.address}", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["heard"], told["record"]["ok"], told["fault"]) == (True, True, "")
    engine = installation.services.engine()
    (record,) = list_calls(engine, Wanted(caller=NUMBER))
    assert (record.id, record.verdict_rule) == (told["record"]["call_id"], "exempt_number")
    assert (record.path, record.tickets) == (("welcome", "language"), ())
    assert list_tickets(engine) == []


@pytest.mark.asterisk
@pytest.mark.alone("one call")
def test_one_when_something_else_was_said(installation: Installation, tmp_path: Path) -> None:
    """The sounds that the monitor knows are not those that the city's callers hear."""
    sounds = tmp_path / "sounds"
    shutil.copytree(installation.settings.sounds, sounds)
    wanted = sounds / "ar" / Path(installation.welcome()).name
    shutil.copyfile(sounds / installation.welcome("en"), wanted)
    settings = installation.settings.model_copy(update={"sounds_dir": sounds})
    to = f"sip:940@{installation.address}"
    done = canary(settings, "--to", to, "--within", "8", "--no-record")
    assert done.exit_code == 1
    assert "there is no welcome" in done.output
    assert "was not looked for" in done.output


@pytest.mark.asterisk
@pytest.mark.alone("one call")
def test_one_when_nothing_is_said_or_kept(installation: Installation, tmp_path: Path) -> None:
    """Answered and silent (9402 of the lab's dialplan), and in no record."""
    lay_migrated(tmp_path / "hotline.db")
    settings = installation.settings.model_copy(update={"state_dir": tmp_path})
    done = canary(settings, "--to", f"sip:9402@{installation.address}", "--within", "3", "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert (told["fault"], told["record"]["fault"]) == ("silence", "no_record")


@pytest.mark.asterisk
def test_one_when_the_call_is_refused(installation: Installation) -> None:
    """There is no such number: SIP's own status is told."""
    done = canary(installation.settings, "--to", f"sip:941@{installation.address}")
    assert done.exit_code == 1
    assert "404" in done.output


def test_one_when_nobody_answers(installation: Installation) -> None:
    """What is sent is swallowed, as by a firewall."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as swallowing:
        swallowing.bind(("127.0.0.1", 0))
        to = f"sip:940@127.0.0.1:{swallowing.getsockname()[1]}"
        done = canary(installation.settings, "--to", to, "--within", "1")
    assert (done.exit_code, "no answer in 1 s" in done.output) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "940@127.0.0.1"),
        ("--to", "sip:940@127.0.0.1:0"),
        ("--to", "sips:940@127.0.0.1"),
        ("--to", "sip:940@asterisk..example"),
        ("--to", f"sip:940@{'a' * 64}.example"),
        ("--to", "sip:940@127.0.0.1", "--from", "a monitor"),
        ("--to", "sip:940@127.0.0.1", "--transcript", "."),
        (),
    ],
)
def test_two_for_wrong_words(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Nothing is called."""
    assert canary(Settings(state_dir=tmp_path), *words).exit_code == 2

"""A language that nobody wrote a line of Python for: its files, and the menu that offers it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.bootstrap import Services
from hotline.menu import all_findings, refuse_unfit
from hotline.settings import Settings
from ivr.prompts import prompt_findings
from ivr.turn import Prompt
from lab.callers.agi_driver import AgiDriver
from lab.callers.engine_driver import EngineDriver
from lab.callers.line import Driver
from lab.callers.twilio_driver import TwilioDriver
from lab.callers.twilio_server import application
from tests.fixtures.callers import played, transcript_of, why
from tests.fixtures.edited import own_config
from tests.fixtures.fourth_language import CODE, KEY, MAIN, SHIPPED, offer_a_fourth_language
from tests.fixtures.sounds import silent_sounds

CALL = f"""\
name: A pothole is reported in a language that is new
caller: "+966501234567"
turns:
  - hear: [welcome, language]
    press: "{KEY}"
  - hear: [main]
    press: "1"
  - {{press: "2"}}
  - {{press: "1"}}
  - {{press: "1"}}
  - {{press: "7421"}}
  - {{press: "23218"}}
  - {{record: 2}}
  - hear: [confirm]
    press: "1"
then:
  disposition: completed
  language: {CODE}
  heard: [reference]
  tickets:
    - service_code: RD_HOLE
      language: {CODE}
"""


@pytest.fixture(name="house")
def house_that_offers_it(tmp_path: Path) -> Iterator[Services]:
    """The house with a fourth language in its folder of configuration."""
    config = own_config(tmp_path)
    offer_a_fourth_language(config)
    house = Services(
        Settings(state_dir=tmp_path / "state", config_dir=config, sounds_dir=tmp_path / "sounds")
    )
    silent_sounds(house.catalogue, tmp_path / "sounds")
    yield house
    house.close()


def test_nothing_is_missing_for_a_menu_that_offers_it(house: Services) -> None:
    """Roles start, and lint and the check of prompts find no more than before."""
    assert CODE not in SHIPPED
    refuse_unfit(house)
    assert [str(one) for one in all_findings(house) if CODE in str(one)] == []
    assert [one for one in prompt_findings(house.catalogue) if one.startswith(f"{CODE}:")] == []


@pytest.mark.parametrize("via", ["engine", "agi", "twilio"])
def test_a_call_is_led_in_it(tmp_path: Path, house: Services, via: str) -> None:
    """From the choice of the language to the ticket, which names it."""
    drivers: dict[str, Driver] = {
        "engine": EngineDriver(),
        "agi": AgiDriver(house.catalogue),
        "twilio": TwilioDriver(house.catalogue, application(house)),
    }
    result = played(house, drivers[via], transcript_of(tmp_path, CALL))
    assert result.passed, why(result)


def test_its_own_words_are_heard(house: Services) -> None:
    """Its prompts, its numbers, its plural: there is one form."""
    values = {"target_hours": "72", "reference": "572400002"}
    assert house.catalogue.text(CODE, Prompt("main")) == MAIN
    said = house.catalogue.text(CODE, Prompt("reference", values))
    assert said.startswith("Selesai dalam tiga hari. Nomor laporan lima tujuh dua, empat")
    by = {one.language for one in house.catalogue.sources.values()}
    assert by >= {*house.flow.languages}

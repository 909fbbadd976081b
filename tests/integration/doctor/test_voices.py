"""A language whose voice is mixed is a warning, on each way on which callers report."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.bootstrap import Services
from hotline.cli.doctor import tell_checks
from hotline.cli.prompts import prompts_group
from hotline.doctor.check import Check
from hotline.doctor.checks import voices
from hotline.settings import load_settings
from hotline.studio import script_of
from hotline.voices_heard import Way, heard_ways
from tests.fixtures.edited import own_config

House = Callable[..., Services]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Makes a house in which these takes are recorded; what they hold is nothing to a catalogue."""
    with ExitStack() as stack:

        def make(*names: str, **environ: str) -> Services:
            config = own_config(tmp_path)
            for name in names:
                path = config / "prompts" / "recordings" / f"{name}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"a take of {name}")
            given = {
                "HOTLINE_STATE_DIR": str(tmp_path),
                "HOTLINE_CONFIG_DIR": str(config),
                "HOTLINE_VOICE__EN": "say",  # all of English, whatever audio is kept of it
            }
            return stack.enter_context(closing(Services(load_settings(given | environ))))

        yield make


@pytest.fixture(scope="module")
def core() -> list[str]:
    """What a caller who reports in Arabic hears, by the names of the takes."""
    with closing(Services(load_settings({}))) as services:
        return [take.full_name for take in script_of(services, "ar") if take.core]


def told(services: Services) -> dict[str, Check]:
    """What the doctor says of each language."""
    return {check.name: check for check in voices(services)}


def pothole(services: Services, language: str = "ar") -> Way:
    """The way on which a pothole is reported."""
    (way,) = [
        way for way in heard_ways(services) if (way.language, way.service) == (language, "pothole")
    ]
    return way


def test_one_voice_is_well_whoever_it_is(house: House) -> None:
    """A synthesiser, or a program of the city's."""
    found = {check.name: (check.found, check.passed, check.warns) for check in voices(house())}
    machine, command = ("espeak-ng", True, False), ("command", True, False)
    assert found == {"voice ar": machine, "voice en": command, "voice ur": machine}


def test_nothing_is_mixed_as_shipped(tmp_path: Path) -> None:
    """Whoever changes a prompt has the audio that is kept with it made anew (docs/voice.md)."""
    with closing(Services(load_settings({"HOTLINE_STATE_DIR": str(tmp_path)}))) as services:
        assert [way for way in heard_ways(services) if way.mixed] == []


def test_a_studio_that_has_said_all_of_the_core_is_one_voice(house: House, core: list[str]) -> None:
    """The script's core is what a caller who reports hears, neither less nor more."""
    services = house(*core)
    assert told(services)["voice ar"] == Check("voice ar", True, "studio")
    heard = {name for way in heard_ways(services) if way.language == "ar" for name in way.sounds}
    assert heard <= set(core)


def test_what_the_machine_still_says_is_counted_and_named_by_way(
    house: House, core: list[str]
) -> None:
    """Three takes are missing; a way that needs none of them is no mixture."""
    lost = {"ar/service.RD_HOLE", "ar/digit.3", "ar/description"}
    services = house(*(name for name in core if name not in lost))
    way = pothole(services)
    assert set(way.odd) == lost
    assert str(way) == (
        f'a caller who reports "pothole" hears 3 of {len(way.sounds)} sounds by the machine'
    )
    check = told(services)["voice ar"]
    assert (check.passed, check.warns) == (True, True)
    assert str(way) in check.found
    assert "service.RD_HOLE" in check.found
    assert "hotline prompts voices" in check.mend
    assert told(services)["voice en"].warns is False
    other = next(way for way in heard_ways(services) if way.service == "graffiti or posters")
    assert "ar/service.RD_HOLE" not in other.odd


def test_two_machines_are_a_mixture_too() -> None:
    """The voice of most of the sounds is the main one."""
    sounds = {"en/welcome": "bundled", "en/main": "bundled", "en/goodbye": "espeak-ng"}
    way = Way("en", "pothole", ("2",), sounds)
    assert (way.mixed, way.odd) == (True, ("en/goodbye",))
    assert "1 of 3 sounds in another voice (1 by espeak-ng)" in str(way)


def test_a_warning_is_told_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """With its mend; the status stays 0."""
    with pytest.raises(SystemExit) as ended:
        tell_checks([Check("voice ar", True, "mixed", "record it", warns=True)], as_json=False)
    assert ended.value.code == 0
    assert capsys.readouterr().out == "warn voice ar: mixed → record it\n"


def test_the_command_lists_every_way_and_every_sound_of_the_machine(
    house: House, core: list[str]
) -> None:
    """Status 1 where voices are mixed, 0 where they are not."""
    services = house(*core[1:])
    done = CliRunner().invoke(prompts_group, ["voices", "--language", "ar"], obj=services)
    assert done.exit_code == 1
    assert core[0] in done.output.splitlines()[-1]
    ways = json.loads(CliRunner().invoke(prompts_group, ["voices", "--json"], obj=services).stdout)
    assert len(ways) == len(services.flow.languages) * len(services.services)
    english = CliRunner().invoke(prompts_group, ["voices", "--language", "en"], obj=services)
    assert english.exit_code == 0


def test_it_is_looked_at_in_a_moment(house: House) -> None:
    """The doctor is asked by people who wait: 75 ways are walked in less than two seconds."""
    services = house()
    _ = services.catalogue, services.flow
    began = time.monotonic()
    assert len(heard_ways(services)) == 75
    assert time.monotonic() - began < 2.0

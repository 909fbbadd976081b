"""The call that `make install-test` dials, played by the engine on the menu that ships."""

from collections.abc import Iterator

import pytest

from hotline.bootstrap import Services
from hotline.settings import Settings
from ivr.event import Digits, Recorded
from ivr.turn import Collect, HangUp, Record, Turn
from lab.bench.conversation import RECORDED_S
from lab.bench.telephone import Plan, Pressed
from tests.fixtures.dialog import Caller
from tests.fixtures.house import house_of
from tests.fixtures.sounds import silent_sounds
from tests.install.telephone import report

SOUND_S = 0.5
"""How long each of these sounds lasts."""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A house whose sounds say nothing."""
    folder = tmp_path_factory.mktemp("house")
    made = house_of(Settings(state_dir=folder, sounds_dir=folder / "sounds"))
    silent_sounds(made.catalogue, folder / "sounds")
    yield made
    made.close()


@pytest.fixture(scope="module")
def made(services: Services) -> Plan:
    """The plan of the call."""
    return report(services)


def played(plan: Plan) -> list[tuple[Turn, list[Pressed]]]:
    """The turns of a caller whom nobody knows, each with the keys of the plan that it takes."""
    caller, left, found = Caller(), list(plan.keys), list[tuple[Turn, list[Pressed]]]()
    while left:
        turn = caller.turn
        assert isinstance(turn.action, Collect | Record), turn
        count = turn.action.max_digits if isinstance(turn.action, Collect) else 1
        taken, left = left[:count], left[count:]
        found.append((turn, taken))
        keys = "".join(one.key for one in taken)
        if isinstance(turn.action, Record):
            assert keys == "#"
            caller.meet(Recorded("r-1", int(RECORDED_S * 1000)))
        else:
            caller.meet(Digits(keys))
    return [*found, (caller.turn, [])]


def test_it_reports_a_pothole_on_the_menu_of_today(made: Plan) -> None:
    """Every key is asked for, from the language on, and the last turn says the number."""
    turns = played(made)
    assert [turn.node for turn, _ in turns] == [
        *("language", "main", "report_group", "report_service_2", "location"),
        *("ask_building", "ask_postal", "description", "confirm", "reference"),
    ]
    last = turns[-1][0]
    assert [prompt.key for prompt in last.prompts] == ["registered", "reference"]
    assert not isinstance(last.action, HangUp)


def test_it_speaks_after_the_words_that_are_heard_whole(made: Plan, services: Services) -> None:
    """Whoever answers must hear the voice, and none of it is spoken over the notice."""
    turns = played(made)
    at = next(n for n, (turn, _) in enumerate(turns) if isinstance(turn.action, Record))
    turn, (ended,) = turns[at]
    before = turns[at - 1][1][-1].at_s
    pieces = [piece for prompt in turn.prompts for piece in services.catalogue.speak("ar", prompt)]
    assert any(prompt.whole for prompt in turn.prompts)
    assert ended.at_s - before > len(pieces) * SOUND_S + RECORDED_S

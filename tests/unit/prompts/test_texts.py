"""The prompts that ship."""

from pathlib import Path

import pytest

from ivr.prompt_text import Slot
from ivr.prompts import Catalogue, load_catalogue, prompt_findings
from ivr.spoken.sentences import ENDS
from ivr.turn import Prompt
from tests.fixtures.languages import LANGUAGES
from tests.fixtures.outcomes import PROMPT_VALUES

CONFIG = Path(__file__).parents[3] / "config"
PATHS = {path.stem: path for path in sorted((CONFIG / "prompts").glob("*.yaml"))}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """The catalogue of `config/prompts`."""
    return load_catalogue(PATHS, LANGUAGES)


def test_nothing_is_wrong_with_them(catalogue: Catalogue) -> None:
    """Both languages are whole, and all Arabic is vowelled."""
    assert prompt_findings(catalogue) == ()


def slots_of(catalogue: Catalogue, language: str, key: str) -> list[Slot]:
    """The placeholders of a prompt."""
    return [part for part in catalogue.lines[language][key].parts if isinstance(part, Slot)]


@pytest.mark.parametrize("language", PATHS)
def test_each_can_be_said(catalogue: Catalogue, language: str) -> None:
    """Every prompt speaks with the values that the flow hands over, every piece has a source."""
    for key in catalogue.keys(language):
        values = {name: PROMPT_VALUES[name] for name in catalogue.placeholders(language, key)}
        pieces = catalogue.speak(language, Prompt(key, values))
        assert pieces
        texts = any(slot.kind == "text" for slot in slots_of(catalogue, language, key))
        assert texts or {piece.audio for piece in pieces} <= set(catalogue.sources)


def test_the_language_menu_sounds_the_same_in_both(catalogue: Catalogue) -> None:
    """A caller who has not chosen yet hears both languages."""
    arabic, english = (catalogue.speak(lang, Prompt("language")) for lang in ("ar", "en"))
    assert arabic == english


@pytest.mark.parametrize("key", ["confirm_hint", "confirm_choices"])
@pytest.mark.parametrize("language", PATHS)
def test_options_that_follow_another_prompt_begin_with_a_pause(
    catalogue: Catalogue, language: str, key: str
) -> None:
    """Else the key of the one would be heard as the next one's."""
    first, second, *_ = catalogue.speak(language, Prompt(key))
    assert catalogue.sources[first.audio].text == "."
    assert second.text[-1:] in ENDS
    assert catalogue.placeholders(language, key) == frozenset()


def test_every_service_has_a_name_to_be_read_back(catalogue: Catalogue) -> None:
    """The codes of services.yaml are the service prompts, no more and no fewer."""
    lines = (CONFIG / "services.yaml").read_text(encoding="utf-8").splitlines()
    codes = {line.split(": ")[1].strip() for line in lines if line.strip().startswith("code: ")}
    assert len(codes) == 25
    for language in catalogue.languages:
        spoken = {k.split(".")[1] for k in catalogue.keys(language) if k.startswith("service.")}
        assert spoken == codes


def test_the_arabic_reference_is_read_twice_and_the_answer_promised(catalogue: Catalogue) -> None:
    """The number comes twice, digit by digit, and three days agree with their number."""
    text = catalogue.text("ar", Prompt("reference", PROMPT_VALUES))
    assert text.count("اِثْنَيْنْ أَرْبَعَةْ صِفْرْ، صِفْرْ وَاحِدْ اِثْنَيْنْ، ثَلَاثَةْ أَرْبَعَةْ خَمْسَةْ") == 2
    assert "خِلَالَ ثَلَاثَةِ أَيَّامْ." in text

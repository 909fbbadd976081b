"""What the bench makes of what a recogniser heard."""

from pathlib import Path

import numpy as np
import pytest

from hotline.settings import CONFIG_DIR, load_settings
from ivr.prompts import load_catalogue
from lab.bench.reading import error_rate, plainly
from lab.bench.run import run
from lab.bench.setting import Bench, Sizes
from lab.bench.voice import by_telephone, chosen
from tests.fixtures.dialog import FLOW
from tests.fixtures.house import house_of
from tests.fixtures.languages import LANGUAGES
from voice.build import build

PROMPTS = CONFIG_DIR / "prompts"


@pytest.mark.parametrize(
    ("said", "heard", "language", "rate"),
    [
        ("اضْغَطِ اثْنَيْنْ.", "إضغط 2", "ar", 0.0),
        ("هٰذَا رَدُّكْ.", "هاذا ردك", "ar", 1 / 7),
        ("Press two, now!", "press 2 now", "en", 0.0),
        ("press two", "", "en", 1.0),
        ("two", "two two two two", "en", 1.0),
        ("press two", "pressed two", "en", 2 / 9),
    ],
)
def test_errors_are_counted_by_characters(
    said: str, heard: str, language: str, rate: float
) -> None:
    """Marks, case, hamza and digits make no difference; nothing is more than all wrong."""
    assert error_rate(said, heard, LANGUAGES[language]) == pytest.approx(rate)


def test_a_telephone_keeps_the_level_and_takes_the_fine_grain() -> None:
    """256 steps, finer where it is quiet (G.711)."""
    samples = np.linspace(-1, 1, 100_001)
    heard = by_telephone(samples)
    assert len(np.unique(heard)) == 256
    assert np.abs(heard - samples).max() < 0.025
    assert np.abs(heard - samples)[np.abs(samples) < 0.01].max() < 0.0005


def test_the_same_texts_are_heard_in_every_run() -> None:
    """Sentences of the language itself, chosen by no clock."""
    paths = {code: PROMPTS / f"{code}.yaml" for code in FLOW.languages}
    catalogue = load_catalogue(paths, LANGUAGES)
    first, second = (chosen(catalogue, "ar", 20) for _ in range(2))
    assert first == second
    assert len({audio for audio, _ in first}) == 20
    assert {source.language for _, source in first} == {"ar"}
    assert all(len(plainly(source.text, LANGUAGES["ar"]).split()) >= 3 for _, source in first)


def test_without_a_recogniser_the_part_is_skipped_and_says_how_to_get_one(tmp_path: Path) -> None:
    """It is no fault of the voice."""
    bench = Bench(house_of(load_settings({"HOTLINE_CACHE_DIR": str(tmp_path)})), lambda _: None)
    (part,) = run(bench, ["voice"])
    assert "tools/whisper/setup" in part.skipped
    assert part.kept


@pytest.mark.bench
def test_a_recogniser_reads_the_english_that_ships(tmp_path: Path) -> None:
    """Where one is installed: nearly every character, and more than of espeak-ng's."""
    services = house_of(load_settings({"HOTLINE_SOUNDS_DIR": str(tmp_path)}))
    if not (services.settings.cache_dir / "whisper" / "bin" / "python").exists():
        pytest.skip("no recogniser is installed: tools/whisper/setup")
    build(services.catalogue, tmp_path, kept_voices=services.kept_voices).whole()
    (part,) = run(Bench(services, lambda _: None, Sizes(voice_texts=10)), ["voice"])
    assert part.failed == ""
    lost = {figure.ours.name: figure.ours.amount for figure in part.figures}
    assert lost["prompts in en, by bundled"] < 5

"""Languages as files: a mistake in one is told with its place, and what ships is heard alike."""

from pathlib import Path

import pytest

from files.yaml_model import FileWrong
from hotline.settings import CONFIG_DIR
from ivr.catalogue import stem
from ivr.languages import load_language
from ivr.spoken import count
from ivr.voices import Voices
from tests.fixtures.languages import LANGUAGES

ENGLISH = (CONFIG_DIR / "languages" / "en.yaml").read_text(encoding="utf-8")
ARABIC = (CONFIG_DIR / "languages" / "ar.yaml").read_text(encoding="utf-8")


def line_of(text: str, part: str) -> int:
    """The line (from 1) that holds `part` first."""
    return 1 + text[: text.index(part)].count("\n")


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("en", "locale: en-US", "locale: english", "locale"),
        ("en", "pitch: 45", "pitch: high", "voice.pitch"),
        ("en", "pitch: 45", "pitch: 450", "less than or equal to 99"),
        ("en", 'pause: ","', 'pause: "-"', "pause"),
        ("en", '"eight", "nine"]', '"eight"]', "digits"),
        ("en", '"eight", "nine"]', '"eight", "eight"]', "'eight' stands for something else too"),
        ("en", '"ay", ', '"two", ', "'two' stands for something else too"),
        ("en", "  rule: cardinal", "  rule: roman", "counted"),
        ("en", '  "eighteen", "nineteen"', '  "eighteen"', "write 0 to 19 here and 20 to 90"),
        ("en", '  and: "and"', '  plus: "and"', "is not known here"),
        ("en", "    year: {one: year, ", "    year: {", "some numbers take this form"),
        ("en", "    day: {one: day,", "    day: {few: days, one: day,", "no number has this form"),
        ("en", "    day: {", "    dais: {", "counted.nouns.day: is missing"),
        (
            "en",
            "    day: {",
            "    week: {one: w, other: ws}\n    day: {",
            "no noun that is counted",
        ),
        ("en", "other: hours}", "other: hours 2}", "write numbers in words"),
        ("ar", "spelling: vowelled", "spelling: marked", "spelling"),
        ("ar", '"سَاعَةٌ"', '"ساعة"', "vowel marks are missing: ساعة"),
        ("ar", "      feminine: true\n", "", "feminine: is missing"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, name: str, before: str, after: str, told: str
) -> None:
    """File, line, key, and what to write instead."""
    text = ENGLISH if name == "en" else ARABIC
    assert before in text
    path = tmp_path / f"{name}.yaml"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(FileWrong) as caught:
        load_language(path)
    assert str(caught.value).startswith(f"{path}:")
    assert told in str(caught.value)


def test_the_line_of_a_mistake_is_that_of_its_key(tmp_path: Path) -> None:
    """In a nested part too."""
    text = ENGLISH.replace("    year: {one: year, ", "    year: {")
    path = tmp_path / "en.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileWrong) as caught:
        load_language(path)
    assert f"{path}:{line_of(text, '    year: {')}: counted.nouns.year.one: " in str(caught.value)


def test_a_file_is_named_by_the_code_of_its_language(tmp_path: Path) -> None:
    """One that CLDR knows, where plural forms are told by it."""
    for name, told in (("english.yaml", "two letters"), ("xx.yaml", "CLDR has no plural rule")):
        path = tmp_path / name
        path.write_text(ENGLISH, encoding="utf-8")
        with pytest.raises(FileWrong, match=told):
            load_language(path)


def test_plural_forms_follow_the_rule_of_the_language_and_numbers_may_have_words_of_their_own(
    tmp_path: Path,
) -> None:
    """Russian has three forms; who writes all of 0 to 99 needs no tens."""
    ones = ", ".join(f'"n{chr(97 + number // 10)}{chr(97 + number % 10)}"' for number in range(100))
    head, _, rest = ENGLISH.partition("  ones: [")
    _, _, rest = rest.partition("  hundreds: [")
    text = f"{head}  ones: [{ones}]\n  hundreds: [{rest}"
    text = text.replace("{one: day,", "{one: день, few: дня, many: дней,")
    for noun in ("hour", "minute", "year", "caller"):
        text = text.replace(f"{{one: {noun},", f"{{one: {noun}, few: {noun}, many: {noun},")
    text = text.replace("{one: report,", "{one: report, few: report, many: report,")
    path = tmp_path / "ru.yaml"
    path.write_text(text, encoding="utf-8")
    russian = load_language(path)
    for number, form in ((1, "день"), (3, "дня"), (5, "дней"), (11, "дней"), (21, "день")):
        assert count(russian, number, "day")[-1] == form
    assert count(russian, 42, "day")[0] == "nec"


@pytest.mark.parametrize(
    ("language", "text", "form", "name"),
    [
        ("ar", "وَاحِدْ", "word", "ar/8b579b46aa6c"),
        ("ar", "ثَلَاثَةْ", "dictated", "ar/a7dc0632290b"),
        ("ar", "أُلْغِيَ الْبَلَاغْ.", "", "ar/351a1b36ac07"),
        ("en", "one", "word", "en/dc6cf2d25277"),
        ("en", "The report is cancelled.", "", "en/51ad1fc70c21"),
    ],
)
def test_what_was_said_before_keeps_its_sound(
    language: str, text: str, form: str, name: str
) -> None:
    """A sound is named by text and voice: these have lain on disks since the voices were set."""
    voices = Voices(own={code: one.voice for code, one in LANGUAGES.items()})
    assert stem(language, text, form, voices=voices) == name

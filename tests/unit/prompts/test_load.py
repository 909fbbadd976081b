"""Prompt files that are wrong: every error names file, line and key."""

import shutil
from pathlib import Path

import pytest

from hotline.settings import CONFIG_DIR
from ivr.catalogue import BY_VALUE
from ivr.prompts import CatalogueError, load_catalogue, prompt_findings
from ivr.turn import Prompt
from tests.fixtures.languages import LANGUAGES

GOOD = '# a comment\nplain: "Hello."\nphone_withheld: "hidden"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + 'plain: "Again."\n', ["en.yaml:4", "duplicate key"]),
        (GOOD + "bad: 940\n", ["en.yaml:4", "bad", "quotes"]),
        (GOOD + "bad:\n  - one\n", ["en.yaml:4", "bad", "quotes"]),
        (GOOD + "bad: \n", ["en.yaml:4", "bad", "quotes"]),
        (GOOD + '940: "x"\n', ["en.yaml:4", "940", "written like"]),
        (GOOD + 'Bad Key: "x"\n', ["en.yaml:4", "Bad Key"]),
        (GOOD + 'bad: " "\n', ["en.yaml:4", "bad", "nothing to say"]),
        (GOOD + 'bad: "..."\n', ["en.yaml:4", "bad", "nothing to say"]),
        (GOOD + 'bad: "Say {x}"\n', ["en.yaml:4", "bad", "{name|kind}"]),
        (GOOD + 'bad: "Say {x|roman}"\n', ["en.yaml:4", "bad", "roman", "digits"]),
        (GOOD + 'bad: "Say {x|digits"\n', ["en.yaml:4", "bad", "{name|kind}"]),
        (GOOD + 'bad: "Say [[fr]] bonjour"\n', ["en.yaml:4", "bad", "fr"]),
        (GOOD + 'bad: "Say [en] hello"\n', ["en.yaml:4", "bad", "[[en]]"]),
        (GOOD + 'bad: "<speak>hello</speak>"\n', ["en.yaml:4", "bad"]),
        (GOOD + 'bad: "bell \\a"\n', ["en.yaml:4", "bad", "U+0007"]),
        (GOOD + 'bad: "left \u202e right"\n', ["en.yaml:4", "bad", "U+202E"]),
        (GOOD + 'bad: "raw \x07"\n', ["en.yaml:4"]),
        (GOOD + 'bad: "open\n', ["en.yaml:"]),
        ("- a\n- b\n", ["en.yaml:1", "key: text"]),
        ("", ["en.yaml:1", "key: text"]),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, told: list[str]) -> None:
    """File, line, key and the mend are in the message."""
    path = tmp_path / "en.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError) as raised:
        load_catalogue({"en": path}, LANGUAGES)
    assert [part for part in told if part not in str(raised.value)] == []


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    """The message names the file."""
    with pytest.raises(CatalogueError, match=r"en\.yaml"):
        load_catalogue({"en": tmp_path / "en.yaml"}, LANGUAGES)
    (tmp_path / "en.yaml").write_bytes(b'plain: "\xff"\n')
    with pytest.raises(CatalogueError, match=r"en\.yaml"):
        load_catalogue({"en": tmp_path / "en.yaml"}, LANGUAGES)


def test_the_languages_are_those_beside_the_prompts(tmp_path: Path) -> None:
    """All that have a file, for what is said in another; one that is wrong is told."""
    shutil.copytree(CONFIG_DIR / "languages", tmp_path / "languages")
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    path = prompts / "en.yaml"
    path.write_text(GOOD + 'more: "For Urdu: [[ur]] اردو"\n', encoding="utf-8")
    catalogue = load_catalogue({"en": path})
    assert [piece.text for piece in catalogue.speak("en", Prompt("more"))] == ["For Urdu:", "اردو"]
    (tmp_path / "languages" / "ur.yaml").write_text("locale: 7\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"ur\.yaml"):
        load_catalogue({"en": path})


def test_a_language_without_a_voice_is_refused(tmp_path: Path) -> None:
    """There is nobody to say it."""
    with pytest.raises(CatalogueError, match="no language 'fr'"):
        load_catalogue({"fr": tmp_path / "fr.yaml"}, LANGUAGES)


@pytest.mark.parametrize(
    ("arabic", "english", "told"),
    [
        ('a: "بَيْتْ"', 'a: "House"\nb: "More"', "ar: b: is missing"),
        ('a: "بَيْتْ {n|digits}"', 'a: "House"', "ar, en: a: the placeholders are not the same"),
        (
            'a: "بَيْتْ {n|digits}"',
            'a: "House {n|days}"',
            "ar, en: a: the placeholders are not the same",
        ),
        ('a: "بيت كبير"', 'a: "House"', "ar: a: vowel marks are missing: بيت كبير"),
        ('a: "بَيْتْ OK"', 'a: "House"', "ar: a: vowel marks are missing: OK"),
        ('a: "بَيْتْ ٩"', 'a: "House"', "ar: a: write numbers in words"),
        ('a: "بَيْتْ"', 'a: "House 9"', "en: a: write numbers in words"),
        ('a: "بَيْتْ"', 'a: "[[ar]] بيت"', "en: a: vowel marks are missing: بيت"),
        ('a: "بَيْتْ {n|digits} بيت"', 'a: "A {n|digits}"', "ar: a: vowel marks are missing: بيت"),
    ],
)
def test_what_a_caller_could_not_be_told_right_is_found(
    tmp_path: Path, arabic: str, english: str, told: str
) -> None:
    """Prompts that one language lacks, other placeholders, bare Arabic and figures are findings."""
    paths = {"ar": tmp_path / "ar.yaml", "en": tmp_path / "en.yaml"}
    for language, text, said in (("ar", arabic, "غَيْرُ ظَاهِرْ"), ("en", english, "hidden")):
        by_value = "".join(f'{key}: "{said}"\n' for key in BY_VALUE)
        paths[language].write_text(f"{text}\n{by_value}", encoding="utf-8")
    (finding,) = prompt_findings(load_catalogue(paths, LANGUAGES))
    assert told in finding

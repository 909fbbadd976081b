"""What a studio must say: all that can be heard, under names that the catalogue knows."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.bootstrap import Services
from hotline.cli.prompts import prompts_group
from hotline.script_page import COLUMNS, script_page, write_script_csv
from hotline.script_words import ending, where, words_of
from hotline.settings import CONFIG_DIR, load_settings
from hotline.studio import script_of
from ivr.prompts import load_catalogue
from tests.fixtures.house import house_of
from tests.fixtures.languages import LANGUAGES
from voice.script import Take

PATHS = {path.stem: path for path in (CONFIG_DIR / "prompts").glob("*.yaml")}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """The house as it is shipped."""
    with closing(house_of(load_settings({"HOTLINE_STATE_DIR": str(tmp_path)}))) as made:
        yield made


def by_name(takes: list[Take]) -> dict[str, Take]:
    """The takes by their names."""
    return {take.name: take for take in takes}


def test_who_records_the_whole_script_of_each_language_leaves_the_machine_nothing_to_say(
    services: Services,
) -> None:
    """Digits, words and letters too; and there is no take that nobody hears."""
    takes = [take for language in PATHS for take in script_of(services, language)]
    recordings = {take.full_name: f"hash of {take.full_name}" for take in takes}
    assert len(recordings) == len(takes)
    catalogue = load_catalogue(PATHS, LANGUAGES, recordings)
    by_machine = {
        source.text for source in catalogue.sources.values() if not source.recording and source.text
    }
    assert {text for text in by_machine if any(map(str.isalpha, text))} == set()
    assert catalogue.unused_recordings == ()


def test_a_sentence_that_every_file_has_is_said_once(services: Services) -> None:
    """By the voice of its language: `For English, press two.` in the script of English."""
    arabic, english = (by_name(script_of(services, language)) for language in ("ar", "en"))
    assert "language.1" in arabic
    assert "language.2" in english
    assert {name for name in arabic if "/" in name or name == "language.2"} == set()
    take = english["language.2"]
    catalogue = load_catalogue(PATHS, LANGUAGES, {take.full_name: "hash"})
    heard = [one for one in catalogue.sources.values() if one.text == take.text]
    assert [one.recording for one in heard] == [take.full_name]


def test_a_caller_who_reports_comes_first(services: Services) -> None:
    """Their questions, digits, services, spans of time; not what only telephones inside hear."""
    for language in PATHS:
        takes = script_of(services, language)
        marks = [take.core for take in takes]
        assert marks == sorted(marks, reverse=True)
        core = {take.name for take in takes if take.core}
        digits = {f"digit.{digit}" for digit in range(10)}
        assert core >= {"welcome", "main", "report_group", "confirm.1", "service.RD_HOLE"} | digits
        assert not {name for name in core if name.startswith(("code_", "letter."))}
        assert 10 < len([name for name in core if name.startswith("word.")]) + 10 < 60


def test_a_script_says_where_a_take_is_heard_and_how_it_ends(services: Services) -> None:
    """From the flow: the keys that lead there, what happened; a value behind it, or none."""
    takes = by_name(script_of(services, "en"))
    assert "after 1" in where(takes["main"])
    assert "menu main" in where(takes["main"])
    assert "nothing was pressed (1)" in where(takes["noinput_1"])
    assert "right before the tone" in where(takes["record_notice.1"])
    assert "confirm" in where(takes["service.RD_HOLE"])
    assert ending(takes["record_notice.1"]) == words_of("en")["goes on"]
    assert takes["main"].ends == "falls"
    assert takes["digit.2"].ends == "level"
    first, *_, last = [take for name, take in takes.items() if name.startswith("reference.")]
    assert (first.after_value, last.after_value, last.ends) == (False, True, "falls")
    assert all(where(take) and ending(take) for take in takes.values())
    assert all(0.2 < take.seconds < take.longest_s < 30 for take in takes.values())


def command(*arguments: str, tmp_path: Path) -> bytes:
    """What the command writes."""
    settings = load_settings({"HOTLINE_STATE_DIR": str(tmp_path)})
    with closing(house_of(settings)) as services:
        done = CliRunner().invoke(prompts_group, ["script", *arguments], obj=services)
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


def test_the_page_is_whole_in_itself_and_reads_as_its_language_does(tmp_path: Path) -> None:
    """Nothing is loaded from elsewhere; Arabic stands right to left, with its marks."""
    page = command("--language", "ar", tmp_path=tmp_path).decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert not re.search(r"(?:src|href|url\()", page)
    assert "@page" in page
    assert "صِفْرْ" in page
    assert '<html lang="en" dir="ltr">' in command("--language", "en", tmp_path=tmp_path).decode()


def test_core_alone_is_shorter(tmp_path: Path) -> None:
    """For a first day in the studio."""
    page = command("--language", "ar", tmp_path=tmp_path).decode()
    core = command("--language", "ar", "--core", tmp_path=tmp_path).decode()
    assert 50 < core.count('<td class="key">') < page.count('<td class="key">') / 2


def test_the_table_is_for_spreadsheets(tmp_path: Path) -> None:
    """UTF-8 with the mark by which they know it, one row a take, no line break lost."""
    written = command("--language", "ar", "--csv", tmp_path=tmp_path)
    assert written.startswith("\ufeff".encode())
    rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    welcome = rows[0]
    assert (welcome["key"], welcome["core"], welcome["recorded"]) == ("welcome", "yes", "no")
    assert float(welcome["seconds"]) < float(welcome["longest_seconds"])
    assert len(rows) > 300


def test_a_text_that_somebody_wrote_is_neither_a_formula_nor_markup() -> None:
    """Prompt files are people's."""
    evil = '=HYPERLINK("x")<script>&'
    take = Take("welcome", "en", evil, "falls", after_value=False, core=True)
    out = io.StringIO(newline="")
    write_script_csv([take], out)
    (row,) = csv.DictReader(io.StringIO(out.getvalue().removeprefix("\ufeff"), newline=""))
    assert row["wording"] == f"'{evil}"
    page = script_page([take], LANGUAGES["en"])
    assert "<script>" not in page
    assert "&lt;script&gt;&amp;" in page


def test_a_language_without_prompts_is_wrong_usage(services: Services) -> None:
    """And those that there are, are named."""
    done = CliRunner().invoke(prompts_group, ["script", "--language", "xx"], obj=services)
    assert done.exit_code == 2
    assert "ar, en" in done.output

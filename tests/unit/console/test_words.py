"""Everything that the console says, it says in Arabic too."""

import re

import pytest

from console.words import FOLDER, LANGUAGES, read_catalogues
from tests.fixtures.words import known, said

_NAMED = re.compile(r"%\((\w+)\)[sd]")
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_without_words(language: str) -> None:
    """`python -m tests.fixtures.words` prints those that are, to be filled in."""
    texts = dict(said())
    assert len(texts) > 50
    have = known(language)
    assert {text: where for text, where in texts.items() if text not in have} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_words_have_the_same_parts_to_fill_in(language: str) -> None:
    """A name that only one of the two has would stop a page."""
    for text, words in known(language).items():
        assert set(_NAMED.findall(text)) == set(_NAMED.findall(words)), text


@pytest.mark.parametrize("language", OTHERS)
def test_a_text_has_words_in_one_place(language: str) -> None:
    """Two areas that say the same share it: else it would depend on the order of files."""
    texts = [one.id for catalogue in read_catalogues(language) for one in catalogue if one.id]
    assert sorted({str(one) for one in texts if texts.count(one) > 1}) == []


def test_arabic_on_a_screen_has_no_vowel_marks() -> None:
    """Marks are for voices; on a screen they make it harder to read, but for one of tanween."""
    marks = re.compile("[\u064c-\u0652]")
    for path in sorted((FOLDER / "ar").glob("*.po")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found = [line for line in lines if marks.search(line)]
        assert found == [], path.name

"""Texts that are made on the spot, as a prompt says them: names of the gazetteer, announcements."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ivr.catalogue import stem, text_value
from ivr.prompts import Piece, PromptError, load_catalogue
from ivr.turn import Prompt
from ivr.voices import Voices
from tests.fixtures.languages import LANGUAGES

VOICES = Voices(own={code: one.voice for code, one in LANGUAGES.items()})
Told = Callable[[Mapping[str, str] | str], tuple[Piece, ...]]


@pytest.fixture(name="told")
def told_by(tmp_path: Path) -> Told:
    """The pieces of an English prompt with a text made on the spot: its texts, or a value."""
    (tmp_path / "ar.yaml").write_text('there: "هُنَاكَ {street|text}"\n', encoding="utf-8")
    (tmp_path / "en.yaml").write_text('there: "It is in {street|text}"\n', encoding="utf-8")
    catalogue = load_catalogue(
        {code: tmp_path / f"{code}.yaml" for code in ("ar", "en")}, LANGUAGES
    )

    def told(texts: Mapping[str, str] | str) -> tuple[Piece, ...]:
        value = texts if isinstance(texts, str) else text_value(texts)
        return catalogue.speak("en", Prompt("there", {"street": value}))

    return told


def test_a_text_made_on_the_spot_is_said_in_the_language_of_the_prompt(told: Told) -> None:
    """By a sound of the name that a fragment of those words would have; it may be missing."""
    before, said = told({"ar": "شَارِعُ الْمَرْجَانْ", "en": "Al Marjan Street"})
    assert said == Piece(
        "Al Marjan Street", stem("en", "Al Marjan Street", voices=VOICES), optional=True
    )
    assert not before.optional


def test_a_text_that_a_language_has_not_is_said_in_the_first_there_is(
    told: Told,
) -> None:
    """Better heard in another language than not at all."""
    assert told({"ar": "شَارِعْ"})[-1] == Piece(
        "شَارِعْ", stem("ar", "شَارِعْ", voices=VOICES), optional=True
    )
    assert told({"fr": "rue", "ar": "شَارِعْ"})[-1].text == "شَارِعْ"


@pytest.mark.parametrize(
    "value",
    [
        *("", "x", "[]", '"text"', "{}", '{"en": 1}', '{"fr": "rue"}', '{"en": ""}'),
        *('{"en": "[[ar]] x"}', '{"en": "a\\u202eb"}', '{"en": "..."}', '{"en": "a\\nb"}'),
        *('{"en": "<Hangup/>"}', '{"en": "\\ud800x"}', "[" * 5000, f'{{"en": "{"a" * 501}"}}'),
    ],
)
def test_what_is_no_text_is_not_said(told: Told, value: str) -> None:
    """Markup, phonemes, what nobody can hear; and its value is not in the message."""
    with pytest.raises(PromptError) as raised:
        told(value)
    assert str(raised.value) == "prompt there: street is no text"

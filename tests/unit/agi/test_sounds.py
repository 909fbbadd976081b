"""A prompt without audio is said another way; only when there is none is it left out."""

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from agi_scripts.sounds import LONGEST_S, Sound, Sounds, is_path
from ivr.catalogue import Piece
from ivr.turn import Prompt, Turn
from tests.fixtures.agi import StubCatalogue, menu, stub_sounds


class ManyPieces:
    """A prompt of two words and a digit."""

    def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
        """Three pieces."""
        return tuple(Piece("", f"{language}/{n}") for n in ("one", "two", "three"))


def missing(language: str, instead: str, prompt: str = "main") -> float:
    """How often the counter has seen this."""
    labels = {"language": language, "prompt": prompt, "instead": instead}
    return REGISTRY.get_sample_value("hotline_prompt_audio_missing_total", labels) or 0.0


def test_prompts_become_paths_as_asterisk_names_them() -> None:
    """Prefix, stem, no extension, in the order said."""
    assert stub_sounds().of(menu("welcome", "main")) == [
        Sound("/s/ar/welcome", guarded=False),
        Sound("/s/ar/main", guarded=False),
    ]


def test_the_head_of_an_error_message_is_guarded() -> None:
    """Keys are not heard over it, but over its tail."""
    turn = Turn(1, "n", "ar", (Prompt("nomatch_1", {}, guarded=True),), menu().action)
    assert stub_sounds().of(turn) == [
        Sound("/s/ar/nomatch_1-head", guarded=True),
        Sound("/s/ar/nomatch_1-tail", guarded=False),
    ]


def test_a_prompt_with_one_piece_missing_is_said_whole_in_the_other_language() -> None:
    """Half a sentence in each language would be worse."""
    sounds = Sounds(
        ManyPieces(),
        lambda: lambda stem: None if stem == "ar/two" else LONGEST_S,
        "/s",
        ("ar", "en"),
    )
    before = missing("ar", "en")
    with capture_logs() as logs:
        files = sounds.of(menu("main"))
    assert [sound.path for sound in files] == ["/s/en/one", "/s/en/two", "/s/en/three"]
    assert missing("ar", "en") == before + 1
    assert [entry["event"] for entry in logs] == ["prompt_audio_missing"]


def test_an_english_prompt_without_audio_is_said_in_arabic() -> None:
    """It works both ways."""
    turn = Turn(1, "n", "en", (Prompt("main"),), menu().action)
    assert stub_sounds(missing=["en/main"]).of(turn) == [Sound("/s/ar/main", guarded=False)]


def test_a_prompt_without_any_audio_is_left_out_and_said_so() -> None:
    """The others are played; the error names the prompt."""
    before = missing("ar", "")
    with capture_logs() as logs:
        files = stub_sounds(missing=["ar/main", "en/main"]).of(menu("welcome", "main"))
    assert files == [Sound("/s/ar/welcome", guarded=False)]
    assert missing("ar", "") == before + 1
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("prompt_left_out", "error")
    ]


def test_a_prompt_that_the_catalogue_does_not_know_is_left_out() -> None:
    """A wrong key or value costs that prompt, not the call."""
    sounds = Sounds(
        StubCatalogue(unknown=["main"]), lambda: lambda _: LONGEST_S, "/s", ("ar", "en")
    )
    with capture_logs():
        assert sounds.of(menu("main", "danger")) == [Sound("/s/ar/danger", guarded=False)]


@pytest.mark.parametrize(
    "text", ["", "a,b", "a&b", 'a"b', "a b", "../a", "a/../b", "a\n", "a\0", "é", "${X}", "a|b"]
)
def test_what_asterisk_would_not_take_for_one_file_is_no_path(text: str) -> None:
    """Separators of applications, variables, parents and blanks are not part of a name."""
    assert not is_path(text)
    assert is_path("/srv/sounds/ar/3f2ab1c09d11")


class WithName:
    """A prompt with a text made on the spot in it."""

    def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
        """A fragment, and the text."""
        name = Piece("Al Marjan Street", f"{language}/name", optional=True)
        return (Piece("", f"{language}/there"), name)


def test_a_text_whose_sound_is_not_there_yet_is_left_out_and_it_alone() -> None:
    """The caller hears the rest in their language."""
    sounds = Sounds(
        WithName(),
        lambda: lambda stem: None if stem == "ar/name" else LONGEST_S,
        "/s",
        ("ar", "en"),
    )
    with capture_logs() as logs:
        files = sounds.of(menu("main"))
    assert [sound.path for sound in files] == ["/s/ar/there"]
    assert [entry["event"] for entry in logs] == ["text_left_out"]


def test_a_text_is_played_from_the_folder_of_texts_and_left_out_where_asterisk_has_it_not() -> None:
    """Asterisk's copy of the prompts has not what was made a moment ago; nobody is lost by it."""
    sounds = Sounds(WithName(), lambda: lambda _stem: LONGEST_S, "/s", ("ar", "en"), "/texts")
    assert [[sound.path for sound in files] for files in sounds.ways(menu("main"))] == [
        ["/s/ar/there", "/texts/ar/name"],
        ["/s/ar/there"],
        ["/s/en/there", "/texts/en/name"],
        ["/s/en/there"],
    ]

"""What the catalogue says for a prompt."""

from pathlib import Path

import pytest

from ivr.prompts import Catalogue, Piece, PromptError, Source, load_catalogue
from ivr.turn import Prompt
from ivr.voices import BUNDLED, COMMAND, DEFAULT, STUDIO, Voices
from tests.fixtures.languages import LANGUAGES

ENGLISH = """\
plain: "Hello there."
number: "Number {reference|digits}. Again: {reference|digits}."
within: "We answer within {target_hours|hours}."
days: "For {days|days}"
minutes: "For {m|minutes}"
years: "For {y|years}"
queue: "Before you {n|place}"
contact: "Your phone {contact|phone}. Bye."
kind: "{code|service} it is"
told: "You chose: {which|key} Thank you."
other: "{which|key}"
since: "Since {day|date}."
open: "You have {n|tickets}."
phone_withheld: "is not shown"
service.RD_HOLE: "Pothole"
noinput_1: "Sorry, we heard nothing."
nomatch_n: "Sorry, {n|digits}."
"""
ARABIC = """\
plain: "مَرْحَبًا بِكْ."
mixed: "لِلْعَرَبِيَّةِ وَاحِدْ. [[en]] Hello there."
within: "خِلَالَ {target_hours|hours}."
queue: "أَمَامَكَ {n|place}."
answered: "خِلَالَ {target_hours|hours} نُجِيبْ."
since: "فِي {day|date}."
open: "لَدَيْكَ {n|tickets}."
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """A small catalogue in two languages."""
    return loaded(tmp_path)


def loaded(
    folder: Path, recordings: dict[str, str] | None = None, voices: Voices | None = None
) -> Catalogue:
    """The two files above, loaded."""
    paths = {}
    for language, text in (("en", ENGLISH), ("ar", ARABIC)):
        paths[language] = folder / f"{language}.yaml"
        paths[language].write_text(text, encoding="utf-8")
    return load_catalogue(paths, LANGUAGES, recordings or {}, voices or Voices())


@pytest.mark.parametrize(
    ("key", "values", "text"),
    [
        ("plain", {}, "Hello there."),
        ("number", {"reference": "24"}, "Number two four. Again: two four,"),
        ("within", {"target_hours": "4"}, "We answer within four hours,"),
        ("within", {"target_hours": "47"}, "We answer within forty seven hours,"),
        ("within", {"target_hours": "48"}, "We answer within two days,"),
        ("within", {"target_hours": "73"}, "We answer within four days,"),
        ("days", {"days": "1"}, "For one day"),
        ("minutes", {"m": "12"}, "For twelve minutes"),
        ("years", {"y": "2"}, "For two years"),
        ("queue", {"n": "3"}, "Before you three callers"),
        ("contact", {"contact": "+966501"}, "Your phone zero five zero one. Bye."),
        ("contact", {"contact": "0122345"}, "Your phone zero one two, two three four five. Bye."),
        ("contact", {"contact": "+4420"}, "Your phone four four two zero. Bye."),
        ("contact", {"contact": ""}, "Your phone is not shown. Bye."),
        ("contact", {"contact": '"\nEXEC System'}, "Your phone is not shown. Bye."),
        ("contact", {"contact": "٠٥٠١٢٣٤"}, "Your phone is not shown. Bye."),
        ("kind", {"code": "RD_HOLE"}, "Pothole it is"),
        ("other", {"which": "plain"}, "Hello there."),
    ],
)  # fmt: skip
def test_values_are_spoken_by_their_kind(
    catalogue: Catalogue, key: str, values: dict[str, str], text: str
) -> None:
    """Each kind of placeholder turns its value into words; bad caller IDs count as withheld."""
    assert catalogue.text("en", Prompt(key, values)) == text


def test_arabic_spans_stand_in_the_genitive_and_queues_in_the_nominative(
    catalogue: Catalogue,
) -> None:
    """خِلَالَ asks for the genitive; callers ahead are a subject; before a pause both end in it."""
    assert catalogue.text("ar", Prompt("within", {"target_hours": "48"})) == "خِلَالَ يَوْمَيْنْ،"
    assert catalogue.text("ar", Prompt("within", {"target_hours": "2"})) == "خِلَالَ سَاعَتَيْنْ،"
    assert catalogue.text("ar", Prompt("queue", {"n": "2"})) == "أَمَامَكَ مُتَّصِلَانْ،"


@pytest.mark.parametrize(
    ("hours", "before", "within"),
    [
        ("1", "سَاعَةٍ وَاحِدَةْ،", "سَاعَةٍ وَاحِدَةٍ"),
        ("24", "أَرْبَعٍ وَعِشْرِينَ سَاعَةْ،", "أَرْبَعٍ وَعِشْرِينَ سَاعَةً"),
        ("72", "ثَلَاثَةِ أَيَّامْ،", "ثَلَاثَةِ أَيَّامٍ"),
        ("264", "أَحَدَ عَشَرَ يَوْمَا،", "أَحَدَ عَشَرَ يَوْمًا"),
        ("2424", "مِئَةِ يَوْمٍ وَيَوْمْ،", "مِئَةِ يَوْمٍ وَيَوْمٍ"),
    ],
)
def test_counted_nouns_end_as_arabic_does_before_a_pause_and_in_full_within_a_sentence(
    catalogue: Catalogue, hours: str, before: str, within: str
) -> None:
    """Without tanwin, but for -an, which is heard as a long a."""
    values = {"target_hours": hours}
    assert catalogue.text("ar", Prompt("within", values)) == f"خِلَالَ {before}"
    assert catalogue.text("ar", Prompt("answered", values)) == f"خِلَالَ {within} نُجِيبْ."


@pytest.mark.parametrize(
    ("value", "arabic", "english"),
    [
        ("gregorian:2026-11-29", "التَّاسِعِ وَالْعِشْرِينَ مِنْ نُوفَمْبَرْ", "the twenty-ninth of November"),
        ("gregorian:2027-01-01", "الْأَوَّلِ مِنْ يَنَايِرْ", "the first of January"),
        ("hijri:1448-06-19", "التَّاسِعَ عَشَرَ مِنْ جُمَادَى الْآخِرَةْ", "the nineteenth of Jumada al-Thani"),
        ("hijri:1448-12-10", "الْعَاشِرِ مِنْ ذِي الْحِجَّةْ", "the tenth of Dhu al-Hijjah"),
    ],
)
def test_a_date_is_its_day_and_month(
    catalogue: Catalogue, value: str, arabic: str, english: str
) -> None:
    """By the calendar that its value names; the year is left out."""
    prompt = Prompt("since", {"day": value})
    assert catalogue.text("ar", prompt) == f"فِي {arabic}،"
    assert catalogue.text("en", prompt) == f"Since {english},"


@pytest.mark.parametrize(
    "value",
    [
        *("", "2026-11-29", "gregorian:2026-11-32", "gregorian:2026-13-01", "hijri:1448-00-01"),
        *("julian:2026-11-29", "gregorian:2026-1-1", "gregorian:٢٠٢٦-11-29", "hijri:1448-01-01\n"),
    ],
)
def test_what_is_no_date_is_not_said(catalogue: Catalogue, value: str) -> None:
    """Better an operator than a wrong day."""
    with pytest.raises(PromptError, match="day is no date"):
        catalogue.speak("en", Prompt("since", {"day": value}))


def test_open_tickets_are_counted_in_the_nominative(catalogue: Catalogue) -> None:
    """They are the subject: "you have three reports"."""
    said = [catalogue.text("ar", Prompt("open", {"n": number})) for number in ("1", "2", "3", "11")]
    assert said == [
        *("لَدَيْكَ بَلَاغٌ وَاحِدْ،", "لَدَيْكَ بَلَاغَانْ،", "لَدَيْكَ ثَلَاثَةُ بَلَاغَاتْ،", "لَدَيْكَ أَحَدَ عَشَرَ بَلَاغَا،"),
    ]
    assert catalogue.text("en", Prompt("open", {"n": "1"})) == "You have one report,"
    assert catalogue.text("en", Prompt("open", {"n": "12"})) == "You have twelve reports,"


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("nothing", {}),
        ("number", {}),
        ("number", {"reference": ""}),
        ("number", {"reference": "12a"}),
        ("within", {"target_hours": "-1"}),
        ("within", {"target_hours": "99999"}),
        ("days", {"days": "1000"}),
        ("kind", {"code": "NO_SUCH"}),
        ("other", {"which": "number"}),
    ],
)
def test_what_cannot_be_said_is_an_error_without_the_value(
    catalogue: Catalogue, key: str, values: dict[str, str]
) -> None:
    """Unknown keys and impossible values raise PromptError; a caller's value is not told in it."""
    with pytest.raises(PromptError) as raised:
        catalogue.speak("en", Prompt(key, values))
    assert "12a" not in str(raised.value)


def test_an_unknown_language_is_an_error(catalogue: Catalogue) -> None:
    """A language without a file has no prompts."""
    with pytest.raises(PromptError, match="in fr"):
        catalogue.speak("fr", Prompt("plain"))


def test_an_error_message_begins_with_a_guarded_head(catalogue: Catalogue) -> None:
    """Guarded: head and tail, other sounds than the whole. Not guarded: the whole."""
    head, tail = catalogue.speak("en", Prompt("noinput_1", {}, guarded=True))
    (whole,) = catalogue.speak("en", Prompt("noinput_1"))
    assert (head.guarded, tail.guarded, whole.guarded) == (True, False, False)
    assert len({head.audio, tail.audio, whole.audio}) == 3
    assert catalogue.text("en", Prompt("noinput_1", {}, guarded=True)) == whole.text


def test_the_rest_of_a_guarded_prompt_follows_its_tail(catalogue: Catalogue) -> None:
    """Only the first literal is cut; the values after it are heard as ever."""
    guarded = catalogue.speak("en", Prompt("nomatch_n", {"n": "45"}, guarded=True))
    plain = catalogue.speak("en", Prompt("nomatch_n", {"n": "45"}))
    assert guarded[2:] == plain[1:]
    assert [piece.guarded for piece in guarded] == [True] + [False] * (len(guarded) - 1)


def test_a_prompt_without_a_cut_head_is_guarded_whole(catalogue: Catalogue) -> None:
    """Whatever is guarded, keys do not cut its beginning."""
    assert [p.guarded for p in catalogue.speak("en", Prompt("plain", {}, guarded=True))] == [True]
    first, *rest = catalogue.speak("en", Prompt("number", {"reference": "4"}, guarded=True))
    plain = catalogue.speak("en", Prompt("number", {"reference": "4"}))
    assert ((first.text, first.guarded), tuple(rest)) == ((plain[0].text, True), plain[1:])


def test_placeholders_and_keys_are_known(catalogue: Catalogue) -> None:
    """The lint can compare what a flow gives with what a text needs."""
    assert catalogue.placeholders("en", "number") == {"reference"}
    assert catalogue.placeholders("en", "plain") == frozenset()
    assert "service.RD_HOLE" in catalogue.keys("en")
    with pytest.raises(PromptError):
        catalogue.placeholders("en", "nothing")


def test_a_voice_can_change_within_a_prompt(catalogue: Catalogue) -> None:
    """[[en]] in an Arabic prompt is the very sound of the same English text elsewhere."""
    arabic, pause, english = catalogue.speak("ar", Prompt("mixed"))
    assert arabic.audio.startswith("ar/")
    assert pause == Piece("", catalogue.words["ar"]["."].audio)
    assert english == catalogue.speak("en", Prompt("plain"))[0]


def test_the_inventory_holds_every_sound_that_a_call_can_need(catalogue: Catalogue) -> None:
    """Literals, heads, tails and all words of the language, and a source for each."""
    inventory = set(catalogue.inventory("en"))
    for key, values in (
        ("number", {"reference": "0123456789"}),
        ("within", {"target_hours": "312"}),
        ("nomatch_n", {"n": "7"}),
    ):
        for guarded in (False, key.startswith("nomatch")):
            assert set(catalogue.speak("en", Prompt(key, values, guarded))) <= inventory
    assert {piece.audio for piece in inventory} <= set(catalogue.sources)


def test_a_sound_is_named_after_its_content(tmp_path: Path) -> None:
    """The same text has the same sound in every load; a changed text changes only its own."""
    before = loaded(tmp_path)
    (tmp_path / "en.yaml").write_text(ENGLISH.replace("Hello there.", "Hello, there."))
    after = load_catalogue({"en": tmp_path / "en.yaml", "ar": tmp_path / "ar.yaml"}, LANGUAGES)
    old, new = ({p.text: p.audio for p in c.inventory("en")} for c in (before, after))
    assert set(new.values()) - set(old.values()) == {new["Hello, there."]}


def test_a_recording_wins_and_names_the_sound_by_its_content(tmp_path: Path) -> None:
    """One fragment: `key`; several: `key.1`, `key.2`. Another take is another sound."""
    first = loaded(tmp_path, {"en/plain": "a1", "en/number.2": "b1", "en/nothing": "c1"})
    second = loaded(tmp_path, {"en/plain": "a2", "en/number.2": "b1", "en/nothing": "c1"})
    (one,), (two,) = (c.speak("en", Prompt("plain")) for c in (first, second))
    assert one.audio != two.audio
    assert first.sources[one.audio].recording == "en/plain"
    assert [s.recording for s in first.sources.values() if s.text == "Pothole"] == [""]
    again = first.speak("en", Prompt("number", {"reference": "1"}))[3]
    assert again.text == "Again:"
    assert first.sources[again.audio].recording == "en/number.2"
    assert first.unused_recordings == ("en/nothing",)


def test_each_sound_is_known_by_what_it_is_made_of(tmp_path: Path) -> None:
    """A word of the vocabulary, a fragment, or head and tail of a whole that was cut."""
    catalogue = loaded(tmp_path, {"en/noinput_1": "a1"})
    sources = catalogue.sources
    word, fragment = catalogue.words["en"]["two"], catalogue.speak("en", Prompt("plain"))[0]
    assert sources[word.audio] == Source("en", "two", form="word")
    assert sources[fragment.audio] == Source("en", "Hello there.")
    (whole,) = catalogue.speak("en", Prompt("noinput_1"))
    head, tail = catalogue.speak("en", Prompt("noinput_1", {}, guarded=True))
    text, recording = "Sorry, we heard nothing.", "en/noinput_1"
    assert sources[whole.audio] == Source("en", text, recording, voice=STUDIO)
    assert sources[head.audio] == Source("en", text, recording, "head", whole.audio, STUDIO)
    assert sources[tail.audio] == Source("en", text, recording, "tail", whole.audio, STUDIO)


def test_each_sound_tells_whose_voice_it_is(tmp_path: Path) -> None:
    """A take, kept audio of every sentence, the command of the language, else espeak-ng."""
    kept = {("", "Hello there."): "k1", ("word", "two"): "k2"}
    recordings = {"en/noinput_1": "a1"}

    def voices(given: Voices) -> dict[str, set[str]]:
        sources = loaded(tmp_path, recordings, given).sources.values()
        return {text: {s.voice for s in sources if s.text == text} for text in texts}

    texts = ("Sorry, we heard nothing.", "Hello there.", "two", "three", ",", ".")
    found = voices(Voices({"en": kept}))
    assert list(found.values()) == [{STUDIO}, {BUNDLED}, {BUNDLED}, {DEFAULT}, {""}, {""}]
    found = voices(Voices({"en": kept}, {"en": "say --nicely"}))
    assert list(found.values()) == [{STUDIO}, {COMMAND}, {COMMAND}, {COMMAND}, {""}, {""}]


def test_another_voice_is_another_sound(tmp_path: Path) -> None:
    """The kept audio's content and the command are part of the name; of its language alone."""

    def name(given: Voices, language: str = "en") -> str:
        return loaded(tmp_path, {}, given).speak(language, Prompt("plain"))[0].audio

    kept = [{"en": {("", "Hello there."): content}} for content in ("k1", "k2")]
    given = [
        Voices(),
        *map(Voices, kept),
        Voices({}, {"en": "say"}),
        Voices({}, {"en": "plain say"}),
    ]
    assert len(set(map(name, given))) == len(given)
    assert len({name(one, "ar") for one in given}) == 1


@pytest.mark.parametrize(
    ("key", "values", "heard"),
    [
        ("number", {"reference": "24"}, "Number two four STOP Again: two four PAUSE"),
        ("told", {"which": "plain"}, "You chose: Hello there. STOP Thank you."),
        ("contact", {"contact": "050"}, "Your phone zero five zero STOP Bye."),
        ("kind", {"code": "RD_HOLE"}, "Pothole it is"),
    ],
)
def test_every_end_of_a_sentence_is_a_pause(
    catalogue: Catalogue, key: str, values: dict[str, str], heard: str
) -> None:
    """Behind a value, and behind a value that is a sentence itself; not behind the last word."""
    marks = {
        catalogue.words["en"][mark].audio: name for mark, name in ((".", "STOP"), (",", "PAUSE"))
    }
    pieces = catalogue.speak("en", Prompt(key, values))
    assert " ".join(marks.get(piece.audio, piece.text) for piece in pieces) == heard


def test_a_sound_keeps_its_name_from_release_to_release(tmp_path: Path) -> None:
    """As long as the voice is the same: else every file would be rendered anew."""
    spoken = loaded(tmp_path).speak("en", Prompt("plain"))
    recorded = loaded(tmp_path, {"en/plain": "a1"}).speak("en", Prompt("plain"))
    cut = loaded(tmp_path).speak("en", Prompt("noinput_1", {}, guarded=True))
    assert [piece.audio for piece in cut] == ["en/0bb52a8e4115", "en/0cf4bbcb1824"]
    assert [piece.audio for piece in (*spoken, *recorded)] == ["en/d40a5644bfd1", "en/e14a131b97c1"]


def test_pieces_are_plain_data() -> None:
    """Two pieces of the same sound are equal."""
    assert Piece("a", "en/1") == Piece("a", "en/1", guarded=False)


def test_a_prompt_is_unsaid_when_no_language_has_all_of_it(catalogue: Catalogue) -> None:
    """A fragment in one language is made good by another; its words and values are not asked."""
    english = {one.audio for one in catalogue.inventory("en") if one.audio.startswith("en/")}
    arabic = {one.audio for one in catalogue.inventory("ar") if one.audio.startswith("ar/")}
    (plain,) = (piece.audio for piece in catalogue.speak("en", Prompt("plain")))
    assert catalogue.unsaid({plain}) == ("mixed",), "which is Arabic's alone, and says it too"
    assert catalogue.unsaid(arabic) == ("answered", "mixed")
    assert "plain" not in catalogue.unsaid(english)
    assert {"number", "noinput_1"} <= set(catalogue.unsaid(english)), "Arabic has none"
    assert {"plain", "within", "queue"} <= set(catalogue.unsaid(english | arabic))
    head, _ = catalogue.speak("en", Prompt("noinput_1", guarded=True))[:2]
    assert catalogue.unsaid({head.audio}) == ("noinput_1",)
    assert catalogue.unsaid(()) == ()

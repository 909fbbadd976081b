"""Menus by voice know the words of their own prompts, in the forms in which people say them."""

from pathlib import Path

import pytest

from call_handlers.twilio.speech import Phrases, menu_phrases
from ivr.prompts import load_catalogue
from tests.fixtures.dialog import FLOW
from tests.fixtures.languages import LANGUAGES
from tests.fixtures.twilio import CATALOGUE

PROMPTS = Path(__file__).parents[3] / "config" / "prompts"
TODAY = menu_phrases(FLOW, CATALOGUE)
FULL_VERB = """
main: >-
  لِتَقْدِيمِ بَلَاغٍ اضْغَطْ وَاحِدْ. لِلشَّكْوَى اضْغَطِ اثْنَيْنْ. لِلِاسْتِفْسَارِ اضْغَطْ ثَلَاثَةْ.
  لِمُتَابَعَةِ بَلَاغٍ سَابِقٍ اضْغَطْ أَرْبَعَةْ. لِلْجِهَاتِ الْأُخْرَى اضْغَطْ خَمْسَةْ.
  لِلتَّحَدُّثِ مَعَ مُوَظَّفٍ اضْغَطْ صِفْرْ.
report_service_2: >-
  لِحُفْرَةٍ فِي الطَّرِيقِ اضْغَطْ وَاحِدْ. لِلرَّصِيفِ اضْغَطِ اثْنَيْنْ. لِلْإِنَارَةِ اضْغَطْ ثَلَاثَةْ.
  لِسِلْكٍ مَكْشُوفٍ أَوْ عَمُودٍ مَائِلٍ اضْغَطْ أَرْبَعَةْ. لِلَّوْحَاتِ اضْغَطْ خَمْسَةْ.
"""
"""Options as they are written where the verb stands in each."""


@pytest.fixture(scope="module")
def full_verb(tmp_path_factory: pytest.TempPathFactory) -> Phrases:
    """The phrases of prompts with the whole verb in each option."""
    path = tmp_path_factory.mktemp("prompts") / "ar.yaml"
    text = (PROMPTS / "ar.yaml").read_text(encoding="utf-8")
    for key in ("main", "report_service_2"):
        text = text.replace(f"\n{key}:", f"\nold_{key}:")
    path.write_text(text + FULL_VERB, encoding="utf-8")
    paths = {code: PROMPTS / f"{code}.yaml" for code in FLOW.languages}
    return menu_phrases(FLOW, load_catalogue({**paths, "ar": path}, LANGUAGES))


def test_a_language_that_has_no_prompts_has_no_phrases() -> None:
    """The menus of the others are understood as they are."""
    fewer = load_catalogue({code: PROMPTS / f"{code}.yaml" for code in ("ar", "en")})
    phrases = menu_phrases(FLOW, fewer)
    assert {language for _, language in phrases.known} == {"ar", "en"}
    assert phrases.key("main", "ar", "بلاغ") == "1"


COMMON = [
    *(("main", "ar", word, "1") for word in ("واحد", "رقم واحد", "اضغط واحد", "١", "1")),
    *(("main", "ar", word, "2") for word in ("اثنين", "إثنين", "اتنين", "تنين", "اثنان", "٢")),
    *(("main", "ar", word, "3") for word in ("ثلاثة", "تلاتة", "ثلاثه", "ثـلاثة")),
    *(("main", "ar", word, "0") for word in ("صفر", "موظف", "الموظف", "ابغى اكلم موظف")),
    *(("main", "ar", word, "1") for word in ("بلاغ", "البلاغ", "أبغى أسوي بلاغ", "لِلْبَلَاغِ")),
    *(("main", "ar", word, "2") for word in ("شكوى", "الشكوي", "شكوى.")),
    ("main", "ar", "متابعة", "4"),
    *(("report_service_2", "ar", word, "1") for word in ("حفرة", "حفره", "في حفرة في الشارع")),
    *(("report_service_2", "ar", word, "2") for word in ("رصيف", "الرصيف", "اثنين")),
    *(("report_service_2", "ar", word, "3") for word in ("إنارة", "الإنارة مطفية", "انارة")),
    ("report_service_2", "ar", "عمود", "4"),
    ("main", "ar", "تسعة", "9"),
    *(
        ("main", "ar", word, "?")
        for word in ("", "مرحبا", "ثمانية", "حفرة", "بلاغ شكوى", "و", "في")
    ),
]


@pytest.mark.parametrize(("node", "language", "heard", "key"), COMMON)
def test_what_a_prompt_says_is_understood(
    node: str, language: str, heard: str, key: str, full_verb: Phrases
) -> None:
    """With the verb in each option and without."""
    assert TODAY.key(node, language, heard) == key
    assert full_verb.key(node, language, heard) == key


def test_of_two_options_with_one_word_that_counts_which_says_less_besides(
    full_verb: Phrases,
) -> None:
    """To report, or to follow up an earlier report."""
    assert full_verb.key("main", "ar", "بلاغ") == "1"
    assert full_verb.key("main", "ar", "متابعة بلاغ") == "4"
    assert full_verb.key("main", "ar", "بلاغ سابق") == "4"


@pytest.mark.parametrize(
    ("node", "language", "heard", "key"),
    [
        *(("main", "en", word, "1") for word in ("one", "number one", "report", "A report.")),
        *(("main", "en", word, "2") for word in ("two", "complaint", "complaints", "two please")),
        *(("main", "en", word, "0") for word in ("zero", "operator", "the operator")),
        *(("main", "en", word, "?") for word in ("to", "for", "too", "a report or a complaint")),
        *(("report_service_2", "en", word, "1") for word in ("pothole", "there is a pothole")),
        *(("report_service_2", "en", word, "3") for word in ("street light", "Street lights")),
        *(("language", "en", word, "2") for word in ("English", "two")),
        *(("language", "ar", word, "1") for word in ("العربية", "واحد")),
        *(("language", "ar", word, "2") for word in ("English", "two")),
        *(("confirm", "ar", word, "1") for word in ("إرسال", "نعم", "ايوه", "واحد")),
        *(("confirm", "ar", word, "9") for word in ("إلغاء", "تسعة")),
        *(("confirm", "ar", word, "?") for word in ("لا", "ثمانية")),
        *(("confirm", "en", word, "1") for word in ("send", "yes", "one")),
    ],
)
def test_what_people_say_is_understood(node: str, language: str, heard: str, key: str) -> None:
    """In either language; what could mean two things is asked again."""
    assert TODAY.key(node, language, heard) == key


@pytest.mark.parametrize(
    ("node", "heard", "key"),
    [
        *(("main", word, "1") for word in ("نئی رپورٹ", "رپورٹ", "ایک", "نمبر ایک", "۱")),
        *(("main", word, "2") for word in ("شکایت", "مجھے شکایت کرنی ہے", "دو دبائیے")),
        *(("main", word, "0") for word in ("آپریٹر", "صفر")),
        *(("main", word, "?") for word in ("", "آٹھ", "کے لیے", "شکایت یا معلومات")),
        *(("report_service_2", word, "1") for word in ("گڑھا", "سڑک میں گڑھا ہے")),
        *(("confirm", word, "1") for word in ("جی ہاں", "بھیجنے")),
    ],
)
def test_urdu_is_understood_whose_verb_stands_behind_the_number(
    node: str, heard: str, key: str
) -> None:
    """`شکایت کے لیے دو دبائیے`: the number is not the last word of an option."""
    assert TODAY.key(node, "ur", heard) == key

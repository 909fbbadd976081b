"""The languages that callers are spoken to in, loaded from their files.

A language is `<code>.yaml`: nothing else names it, but the flow that offers it. Every error names
file, line and key.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from files.yaml_model import Document, FileWrong, load_yaml
from ivr.language_file import (
    ArabicFile,
    CardinalFile,
    CardinalNoun,
    ClockFile,
    DatesFile,
    LanguageFile,
    PluralForms,
    SpeechFile,
)
from ivr.spoken.arabic import Forms as ArabicForms
from ivr.spoken.arabic import arabic
from ivr.spoken.cardinal import Forms, Numbers, cardinal
from ivr.spoken.language import (
    LARGEST,
    NOUNS,
    Calendar,
    Case,
    Clock,
    Count,
    Dates,
    Language,
    Noun,
    Speech,
)
from ivr.spoken.orthography import unvowelled_words
from ivr.spoken.takes import take_of
from ivr.spoken.voice import Voice

_CODE = re.compile("[a-z]{2}")
_Document = Document[LanguageFile]


def load_languages(paths: Iterable[Path]) -> Mapping[str, Language]:
    """The languages of these files, by their codes. Raises FileWrong."""
    return {path.stem: load_language(path) for path in paths}


def load_language(path: Path) -> Language:
    """The language of one file. Raises FileWrong."""
    if not _CODE.fullmatch(path.stem):
        raise FileWrong(f"{path}:1: name the file by the language's two letters (ISO 639-1)")
    document = load_yaml(path, LanguageFile)
    file = document.value
    vowelled = file.spelling == "vowelled"
    language = Language(
        code=path.stem,
        name=file.name,
        locale=file.locale,
        digits=tuple(file.digits),
        letters=tuple(file.letters),
        count=_count(document, path.stem),
        pause=file.pause,
        dates=_dates(file.dates),
        clock=_clock(file.clock),
        voice=Voice(**file.voice.model_dump(), phonemes=vowelled),
        speech=_speech(file.speech),
        vowelled=vowelled,
        right_to_left=file.direction == "rtl",
        romanised=file.romanised,
        twilio_voice=file.twilio_voice,
    )
    _check_words(document, language)
    return language


def _clock(file: ClockFile) -> Clock:
    parts = tuple((part.since, part.word) for part in file.parts)
    past, first = tuple(file.past or ()), file.order == "part time"
    return Clock(tuple(file.hours), tuple(file.minutes), parts, past, first)


def _dates(file: DatesFile) -> Dates:
    months: dict[Calendar, tuple[str, ...]] = {
        "gregorian": tuple(file.months.gregorian),
        "hijri": tuple(file.months.hijri),
    }
    return Dates(tuple(file.days), months, file.order == "month day")


def _speech(file: SpeechFile) -> Speech:
    return Speech(
        yes=tuple(file.yes),
        digits=tuple(_words(row) for row in file.digits),
        around=_words(file.around),
        empty=_words(file.empty),
        agreed=_words(file.agreed),
        prefixes=_words(file.prefixes),
        endings=file.endings,
    )


def _words(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split())


# --- counted nouns ------------------------------------------------------------------------------


def _count(document: _Document, code: str) -> Count:
    counted = document.value.counted
    where: tuple[str | int, ...] = ("counted", "nouns")
    for noun in NOUNS:
        if noun not in counted.nouns:
            raise document.fail((*where, noun), "is missing: write its forms here")
    for name in counted.nouns:
        if name not in NOUNS:
            raise document.fail((*where, name), f"is no noun that is counted: {', '.join(NOUNS)}")
    if isinstance(counted, ArabicFile):
        return arabic({noun: _arabic(counted, noun) for noun in NOUNS})
    if (len(counted.ones), len(counted.tens)) not in ((20, 8), (100, 0)):
        problem = (
            f"{len(counted.ones)} words, and {len(counted.tens)} tens: "
            "write 0 to 19 here and 20 to 90 under tens, or all of 0 to 99 here"
        )
        raise document.fail(("counted", "ones"), problem)
    numbers = Numbers(
        ones=tuple(map(_words, counted.ones)),
        tens=tuple(map(_words, counted.tens)),
        hundreds=tuple(map(_words, counted.hundreds)),
        joint=_words(counted.and_),
    )
    category, categories = _plural(document, code)
    for noun in NOUNS:
        row = counted.nouns[noun]
        _check_forms(document, (*where, noun), row, categories)
        if row.genitive is not None:
            _check_forms(document, (*where, noun, "genitive"), row.genitive, categories)
    nouns = {noun: _forms(counted, noun, categories) for noun in NOUNS}
    return cardinal(numbers, nouns, category)


def _arabic(counted: ArabicFile, noun: Noun) -> ArabicForms:
    row = counted.nouns[noun]
    return ArabicForms(
        feminine=row.feminine,
        nominative=row.nominative,
        genitive=row.genitive,
        accusative=row.accusative,
        dual=row.dual,
        dual_oblique=row.dual_oblique,
        plural_genitive=row.plural_genitive,
        zero_nominative=_words(row.zero_nominative),
        zero_genitive=_words(row.zero_genitive),
    )


def _forms(counted: CardinalFile, noun: Noun, categories: Collection[str]) -> Forms:
    row: CardinalNoun = counted.nouns[noun]
    cases: dict[Case, PluralForms] = {"nominative": row, "genitive": row.genitive or row}
    return Forms(
        {
            case: {name: _words(getattr(forms, name)) for name in categories}
            for case, forms in cases.items()
        },
        {case: _words(forms.none) for case, forms in cases.items() if forms.none},
    )


def _plural(document: _Document, code: str) -> tuple[Callable[[int], str], frozenset[str]]:
    """CLDR's plural rule for the language: the category of a number, and those that are used."""
    from babel import Locale, UnknownLocaleError  # some 50 ms: for who reads such a file alone

    try:
        rule = Locale.parse(code).plural_form
    except (UnknownLocaleError, ValueError):
        problem = f"CLDR has no plural rule for {code}: is it the language's code (ISO 639-1)?"
        raise document.fail(("counted",), problem) from None
    table = tuple(str(rule(number)) for number in range(LARGEST + 1))
    return table.__getitem__, frozenset(table)


def _check_forms(
    document: _Document,
    where: tuple[str | int, ...],
    forms: PluralForms,
    categories: Collection[str],
) -> None:
    """Every category that a number up to 999 may have, and no other; 0 in all cases or in none."""
    for name in ("zero", "one", "two", "few", "many"):
        given = getattr(forms, name) is not None
        if given and name not in categories:
            used = ", ".join(sorted(categories))
            raise document.fail((*where, name), f"no number has this form here, but {used}")
        if not given and name in categories:
            raise document.fail((*where, name), "is missing: some numbers take this form")
    oblique = forms.genitive if isinstance(forms, CardinalNoun) else None
    if oblique is not None and (forms.none is None) is not (oblique.none is None):
        raise document.fail((*where, "genitive"), "write none for both cases, or for neither")


# --- words --------------------------------------------------------------------------------------


def _check_words(document: _Document, language: Language) -> None:
    """Each is told from the others, can be said, and is a take of a name of its own."""
    for key, words in (("digits", language.digits), ("letters", language.letters)):
        for at, word in enumerate(words):
            if word in words[:at] or (key == "letters" and word in language.digits):
                raise document.fail((key, at), f"{word!r} stands for something else too")
    named: dict[str, str] = {}
    for word in language.words:
        if any(map(str.isdigit, word)):
            raise document.fail((), f"{word!r}: write numbers in words")
        if language.vowelled and word != language.pause and (bare := unvowelled_words(word)):
            raise document.fail((), f"vowel marks are missing: {' '.join(bare)}")
        other = named.setdefault(take_of(language, word).lower() or word, word)
        if other != word:
            problem = f"{other!r} and {word!r} would be one take: tell their letters apart"
            raise document.fail(("romanised",), problem)

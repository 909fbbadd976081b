"""The form of a language's file (`config/languages/<code>.yaml`)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

Text = Annotated[str, StringConstraints(strict=True, min_length=1, strip_whitespace=True)]
"""A word as it is said, or several with blanks between them where each is a word of its own."""
Digits = Annotated[list[Text], Field(min_length=10, max_length=10)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class VoiceFile(_Strict):
    """`ivr.spoken.voice.Voice`."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+_-]+$")]
    pitch: Annotated[int, Field(ge=0, le=99)]
    speed: Annotated[int, Field(ge=80, le=500)]
    word_speed: Annotated[int, Field(ge=80, le=500)]


class ArabicNoun(_Strict):
    """`ivr.spoken.arabic.Forms`; what is said for 0 is one text."""

    feminine: bool
    nominative: Text
    genitive: Text
    accusative: Text
    dual: Text
    dual_oblique: Text
    plural_genitive: Text
    zero_nominative: Text
    zero_genitive: Text


class ArabicFile(_Strict):
    """Counted nouns by the rule for vowelled Arabic."""

    rule: Literal["arabic"]
    nouns: dict[str, ArabicNoun]


class PluralForms(_Strict):
    """A noun behind a number, by the plural categories of CLDR that its language has."""

    zero: Text | None = None
    one: Text | None = None
    two: Text | None = None
    few: Text | None = None
    many: Text | None = None
    other: Text
    none: Text | None = None
    """All that is said for 0."""


class CardinalNoun(PluralForms):
    """A noun in the nominative, and in the genitive (or oblique) where that differs."""

    genitive: PluralForms | None = None


class CardinalFile(_Strict):
    """Counted nouns by number words and plural forms alone (`ivr.spoken.cardinal`)."""

    rule: Literal["cardinal"]
    ones: list[Text]
    tens: list[Text] = []
    hundreds: Annotated[list[Text], Field(min_length=9, max_length=9)]
    and_: Text | None = Field(default=None, alias="and")
    nouns: dict[str, CardinalNoun]


class MonthsFile(_Strict):
    """The twelve of each calendar."""

    gregorian: Annotated[list[Text], Field(min_length=12, max_length=12)]
    hijri: Annotated[list[Text], Field(min_length=12, max_length=12)]


class DatesFile(_Strict):
    """`ivr.spoken.language.Dates`; each text is said as one, blanks and all."""

    days: Annotated[list[Text], Field(min_length=31, max_length=31)]
    months: MonthsFile
    order: Literal["day month", "month day"] = "day month"


class PartFile(_Strict):
    """A part of the day: `word` is said of times `since` that hour on."""

    since: Annotated[int, Field(ge=0, le=23)]
    word: Text


class ClockFile(_Strict):
    """`ivr.spoken.language.Clock`; `minutes` are those of 5, 10 and on to 55."""

    hours: Annotated[list[Text], Field(min_length=12, max_length=12)]
    minutes: Annotated[list[Text], Field(min_length=11, max_length=11)]
    past: Annotated[list[Text], Field(min_length=12, max_length=12)] | None = None
    parts: Annotated[list[PartFile], Field(min_length=1)]
    order: Literal["time part", "part time"] = "time part"

    @field_validator("parts")
    @classmethod
    def _through_the_day(cls, parts: list[PartFile]) -> list[PartFile]:
        since = [part.since for part in parts]
        if since[0] != 0 or since != sorted(set(since)):
            raise ValueError("write the parts in the order of the day, the first since 0")
        return parts


class SpeechFile(_Strict):
    """`ivr.spoken.language.Speech`; but for `yes` each text is words with blanks between them."""

    yes: list[Text] = []
    digits: Digits
    around: str = ""
    empty: str = ""
    agreed: str = ""
    prefixes: str = ""
    endings: dict[Text, str] = {}


class LanguageFile(_Strict):
    """One language."""

    name: Text
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}-[A-Z]{2}$")]
    direction: Literal["ltr", "rtl"] = "ltr"
    spelling: Literal["plain", "vowelled"] = "plain"
    voice: VoiceFile
    twilio_voice: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9._-]+ [a-z]{2,3}-[A-Z0-9]{2,3})?$")
    ] = ""
    pause: Annotated[str, StringConstraints(pattern=r"^[,،、]$")] = ","
    digits: Digits
    letters: Annotated[list[Text], Field(min_length=26, max_length=26)]
    counted: Annotated[ArabicFile | CardinalFile, Field(discriminator="rule")]
    dates: DatesFile
    clock: ClockFile
    speech: SpeechFile
    romanised: dict[str, Annotated[str, StringConstraints(pattern="^[a-z0-9]*$")]] = {}

"""The text of one prompt: literal fragments, changes of language, placeholders.

رَقْمُ بَلَاغِكْ {reference|digits}. نُجِيبُكَ خِلَالَ {target_hours|hours}.
لِلْعَرَبِيَّةِ اضْغَطْ وَاحِدْ. [[en]] For English, press two.
"""

import re
import unicodedata
from dataclasses import dataclass

from ivr.spoken.sentences import ENDS

KINDS = frozenset(
    {
        *("digits", "dictated", "spelled", "phone", "last4", "recording", "key"),
        *("service", "status", "agency", "sub_municipality", "complaint"),
        *("hours", "days", "minutes", "years", "place", "tickets", "date", "clock", "text"),
    }
)
"""What a placeholder's value is, and so how it is spoken (see `ivr.catalogue`)."""

_TOKEN = re.compile(r"(\{[^{}]*\}|\[\[[^\[\]]*\]\])")
_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\|([a-z][a-z0-9_]*)\}")
_LANGUAGE = re.compile(r"\[\[([a-z]{2})\]\]")
_STRAY = re.compile(r"[{}\[\]<>|]")
_STOPS = (".", "\u06d4", "\u0964")
_PUNCTUATION = tuple("،؛.,:;!?؟۔।")
_LEADING = "".join(_PUNCTUATION) + " "


class TextError(ValueError):
    """The text is not written as a prompt must be; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Words to say as they stand, in `language`."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence behind a value: a short one, or that behind a sentence."""

    sentence: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value, and how it is spoken."""

    name: str
    kind: str


Part = Literal | Slot | Pause


def parse(text: str, language: str, languages: frozenset[str]) -> tuple[Part, ...]:
    """The parts of a prompt that begins in `language`. Raises TextError.

    `[[en]]` changes the language from there to the end, or to the next change. Punctuation behind a
    placeholder is a `Pause`, and so is a full stop before all else, in a prompt that goes on where
    another has ended; elsewhere at the beginning of a fragment it is dropped.
    """
    _refuse_unspeakable(text)
    parts: list[Part] = [Pause(sentence=True)] if text.lstrip()[:1] in _STOPS else []
    for token in _TOKEN.split(" ".join(unicodedata.normalize("NFC", text).split())):
        if change := _LANGUAGE.fullmatch(token):
            language = change[1]
            if language not in languages:
                raise TextError(f"[[{language}]]: there is no such language here")
        elif slot := _SLOT.fullmatch(token):
            if slot[2] not in KINDS:
                raise TextError(
                    f"{token}: {slot[2]} is no kind; there are {', '.join(sorted(KINDS))}"
                )
            parts.append(Slot(slot[1], slot[2]))
        elif _STRAY.search(token):
            raise TextError(f"{token!r}: a placeholder is written {{name|kind}}, a voice [[en]]")
        else:
            literal = token.lstrip(_LEADING).rstrip()
            if parts and isinstance(parts[-1], Slot) and token.strip()[:1] in _PUNCTUATION:
                parts.append(Pause(token.strip()[0] in ENDS))
            if literal:
                parts.append(Literal(language, literal))
    if all(isinstance(part, Pause) for part in parts):
        raise TextError("there is nothing to say")
    return tuple(parts)


LONGEST_TEXT = 500
"""Characters of a text that is made on the spot."""


def text_fault(text: str) -> str:
    """What keeps `text` from being said as it stands, whoever wrote it; empty for nothing.

    For texts that no prompt file has: names of the gazetteer, announcements.
    """
    if not any(char.isalnum() for char in text):
        return "there is nothing to say"
    if len(text) > LONGEST_TEXT:
        return f"has {len(text)} characters; at most {LONGEST_TEXT} can be said"
    if stray := _STRAY.search(text):
        return f"the character {stray[0]} cannot be said"
    if any(char in "\r\n\t" for char in text):
        return "a text is one line"
    try:
        _refuse_unspeakable(text)
    except TextError as error:
        return str(error)
    if any(unicodedata.category(char) == "Cs" for char in text):
        return "holds bytes that are no text in this encoding"
    return ""


def _refuse_unspeakable(text: str) -> None:
    for char in text:
        # Cc: controls; Cf: invisible ones, such as right-to-left overrides
        if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t":
            raise TextError(f"the invisible character U+{ord(char):04X} must go")

"""The prompt catalogue: what is said to callers, as pieces of recorded sound.

A prompt is cut where its placeholders stand. Each literal fragment is one sound, and the values are
put together from the vocabulary of `ivr.spoken`, so every sound there can ever be is known before.
Sounds are named after their content: a text that did not change keeps its sound.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ivr.prompt_text import Part, Slot, text_fault
from ivr.spoken.language import Language
from ivr.spoken.sentences import ENDS
from ivr.spoken.takes import take_of
from ivr.spoken_values import local_number, spoken_value
from ivr.turn import Prompt
from ivr.voices import DEFAULT, Voices

WITHHELD = "phone_withheld"
"""Key of what is said in place of a number that was not shown."""
ENDING = "phone_ending"
"""Key of what stands before the last digits of a number."""
UNSAID = "recording_none"
"""Key of what is said in place of a recording that was not made."""
NO_RECORDING = "none"
"""The answer that stands for "no recording": the question was asked and answered."""
UNPLAYED = "recording_unplayed"
"""Key of what is said in place of a recording that cannot be played."""
BY_VALUE = (WITHHELD, ENDING, UNSAID, UNPLAYED)
"""Keys that no flow names: what a value is said with."""
NAMED = frozenset({"service", "status", "agency", "sub_municipality", "complaint"})
"""Kinds of values that are codes: each is said by the prompt `KIND.CODE`."""
ERROR_KEYS = ("noinput_", "nomatch_")
"""How the keys of error messages begin: the prompts that exist with a guarded head."""
_ENDS = frozenset(ENDS)
STOP = "."
"""The pause behind a sentence, among the words of a language."""


class PromptError(Exception):
    """A prompt cannot be said: the key, or a value, is not what the catalogue knows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One sound: `audio` is its file's stem below the sounds folder.

    Keys are not heard over a `guarded` one. Of a prompt cut in head and tail, the head carries the
    whole text and the tail none. One that has a `recording` is what the caller has said there, by
    its reference, and has neither. An `optional` one is a text made on the spot, whose sound may
    not be there yet: then the rest of the prompt is said without it.
    """

    text: str
    audio: str
    guarded: bool = False
    recording: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where a sound comes from: `recording` (a name such as `ar/welcome`), else `text` spoken.

    `voice` is who says it: one of `ivr.voices`, empty for silence.

    `form` is empty for a fragment, `word` for one of the vocabulary, `dictated` for one that is to
    be written down (punctuation alone: the pause between groups of them), or `head` or `tail` of
    the sound `whole`.
    """

    language: str
    text: str
    recording: str = ""
    form: str = ""
    whole: str = ""
    voice: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Line:
    """One prompt in one language. `heads`: head and tail of its first piece, in error messages."""

    parts: tuple[Piece | Slot, ...]
    heads: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All prompts in all languages, cut and named beforehand: `speak` only looks up."""

    lines: Mapping[str, Mapping[str, Line]]
    words: Mapping[str, Mapping[str, Piece]]
    sources: Mapping[str, Source]
    literals: Mapping[str, Mapping[str, tuple[Part, ...]]] = field(repr=False)
    spoken: Mapping[str, Language] = field(repr=False)
    voices: Voices = field(repr=False)
    """Who says what, also of texts that are made on the spot."""
    unused_recordings: tuple[str, ...] = ()
    dictated: Mapping[str, Mapping[str, Piece]] = field(default_factory=dict)
    """Digits, and the pause between their groups, as they are said to who writes them down."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages there are, in the order in which they were given."""
        return tuple(self.lines)

    def keys(self, language: str) -> frozenset[str]:
        """The keys of all prompts in `language`."""
        return frozenset(self.lines[language])

    def placeholders(self, language: str, key: str) -> frozenset[str]:
        """The names of the values that this prompt needs. Raises PromptError for an unknown key."""
        parts = self._line(language, key).parts
        return frozenset(part.name for part in parts if isinstance(part, Slot))

    def speak(self, language: str, prompt: Prompt) -> tuple[Piece, ...]:
        """The sounds of `prompt`, in order; in `language`, unless the prompt names its own.

        Over the first of a guarded prompt (exactly `GUARD_MS` long) keys are not heard. Raises
        PromptError for an unknown key or language, and for a missing or impossible value.
        """
        language = prompt.language or language
        line = self._line(language, prompt.key)
        pieces: list[Piece] = []
        for part, behind in zip(line.parts, (*line.parts[1:], None), strict=True):
            if isinstance(part, Piece):
                said: tuple[Piece, ...] = (part,)
            else:
                said = self._value(language, prompt, part, self._pauses(language, behind))
            if pieces and pieces[-1].text[-1:] in _ENDS and pieces[-1].text != STOP != said[0].text:
                spoken_in = pieces[-1].audio.partition("/")[0]
                pieces.append(Piece("", self.words[spoken_in][STOP].audio))
            pieces += said
        if not prompt.guarded:
            return tuple(pieces)
        if line.heads:
            return (*line.heads, *pieces[1:])
        # No head was cut for this one: better its whole first piece guarded than none of it.
        return (Piece(pieces[0].text, pieces[0].audio, guarded=True), *pieces[1:])

    def text(self, language: str, prompt: Prompt) -> str:
        """The whole prompt, for people to read. Raises PromptError as `speak` does."""
        pause = self.spoken[language].pause
        texts = [piece.text for piece in self.speak(language, prompt) if piece.text]
        return " ".join(texts).replace(f" {pause}", pause).replace(f" {STOP}", STOP)

    def inventory(self, language: str) -> tuple[Piece, ...]:
        """Every piece that can be heard in calls in `language`, each once: heads and tails too."""
        words = (*self.words[language].values(), *self.dictated.get(language, {}).values())
        pieces = dict.fromkeys(words)
        for line in self.lines[language].values():
            spoken = (part for part in line.parts if isinstance(part, Piece))
            pieces.update(dict.fromkeys((*spoken, *line.heads)))
        return tuple(pieces)

    def unsaid(self, lost: Collection[str]) -> tuple[str, ...]:
        """The prompts that no language can say without the sounds `lost`, whatever their values."""
        said = {
            key
            for prompts in self.lines.values()
            for key, line in prompts.items()
            if not any(
                isinstance(part, Piece) and part.audio in lost
                for part in (*line.parts, *line.heads)
            )
        }
        return tuple(sorted(set().union(*self.lines.values()) - said))

    def words_for(self, language: str, kind: str, value: str) -> tuple[str, ...]:
        """The words by which a value of this kind is spoken; none for what is a prompt itself.

        Raises ValueError for a value that is none of that kind.
        """
        if kind == "phone":
            value = local_number(value)
        return spoken_value(self.spoken[language], kind, value) if value else ()

    def _line(self, language: str, key: str) -> Line:
        try:
            return self.lines[language][key]
        except KeyError:
            raise PromptError(f"there is no prompt {key} in {language}") from None

    def _pauses(self, language: str, behind: Piece | Slot | None) -> bool:
        """Whether a value is followed by a pause: by that, or by nothing."""
        pauses = (self.spoken[language].pause, STOP)
        return behind is None or (isinstance(behind, Piece) and behind.text in pauses)

    def _value(self, language: str, prompt: Prompt, slot: Slot, pauses: bool) -> tuple[Piece, ...]:
        value = prompt.values.get(slot.name)
        if value is None:
            raise PromptError(f"prompt {prompt.key} needs a value for {slot.name}")
        if slot.kind == "recording":
            given = value not in ("", NO_RECORDING)
            return (Piece("", "", recording=value),) if given else self._other(language, UNSAID)
        if slot.kind == "text":
            spoken_in, text = self._made_text(language, prompt, slot, value)
            audio = stem(spoken_in, text, voices=self.voices)
            return (Piece(text, audio, optional=True),)
        if slot.kind in NAMED:
            return self._other(language, f"{slot.kind}.{value.upper()}")
        if slot.kind == "key":
            return self._other(language, value)
        if slot.kind in ("phone", "last4"):
            value = local_number(value)
            if not value:
                return self._other(language, WITHHELD)
        try:
            words = spoken_value(self.spoken[language], slot.kind, value, pauses)
        except ValueError as error:  # the value itself stays out of the message: it may be personal
            raise PromptError(f"prompt {prompt.key}: {slot.name} is no {slot.kind}") from error
        known = (self.dictated if slot.kind == "dictated" else self.words)[language]
        before = self._other(language, ENDING) if slot.kind == "last4" else ()
        return (*before, *(known[word] for word in words))

    def _made_text(self, language: str, prompt: Prompt, slot: Slot, value: str) -> tuple[str, str]:
        """The text of a value that `text_value` made, and the language that it is said in."""
        told = texts_of(value)
        for code in (language, *told):
            text = told.get(code, "")
            if code in self.lines and text and not text_fault(text):
                return code, text
        raise PromptError(f"prompt {prompt.key}: {slot.name} is no text")

    def _other(self, language: str, key: str) -> tuple[Piece, ...]:
        parts = self._line(language, key).parts
        if any(isinstance(part, Slot) for part in parts):
            raise PromptError(f"prompt {key} has placeholders of its own: it cannot be a value")
        return tuple(part for part in parts if isinstance(part, Piece))


def text_value(texts: Mapping[str, str]) -> str:
    """The value of a placeholder of kind `text`: what is said in each language, by its code.

    A language that has none hears the first there is, in the voice of that one's language.
    """
    return json.dumps(dict(texts), ensure_ascii=False)


def texts_of(value: str) -> Mapping[str, str]:
    """The texts of a value that `text_value` made, by language; none of any other value."""
    try:
        texts = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    told = texts.items() if isinstance(texts, dict) else ()
    return {code: text for code, text in told if isinstance(text, str)}


def stem(language: str, text: str, form: str = "", recording: str = "", *, voices: Voices) -> str:
    """The name of a sound: its language, and a hash of all that decides how it sounds.

    `voices` are those of the catalogue, which know the voice of each of its languages.
    """
    _, voice = voices.of(language, text, form, recording)
    digest = hashlib.sha256(f"{voice}\n{form}".encode()).hexdigest()
    return f"{language}/{digest[:12]}"


def words_of(
    language: Language,
    recordings: Mapping[str, str],
    voices: Voices,
    form: str = "word",
) -> dict[str, tuple[Piece, Source]]:
    """The vocabulary of a language as pieces of that form, and where each sound comes from.

    `recordings` are those that there are: name → hash of the content (`ivr.spoken.takes` has the
    names of words).
    """
    made, code = {}, language.code
    for word in (*language.words, STOP):
        name = f"{code}/{take_of(language, word)}"
        content = recordings.get(name, "")
        piece = Piece(word, stem(code, word, form, content, voices=voices))
        voice, _ = voices.of(code, word, form, content)
        made[word] = piece, Source(code, word, name if content else "", form, voice=voice)
    return made


def dictated_of(
    language: Language, recordings: Mapping[str, str], voices: Voices
) -> dict[str, tuple[Piece, Source]]:
    """The digits of a language, and its pause, as they are said to who writes them down."""
    made = words_of(language, recordings, voices, "dictated")
    return {word: made[word] for word in (*language.digits, language.pause)}

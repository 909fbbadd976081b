"""Fully vowelled Arabic, read letter by letter.

With all its marks written, Arabic spelling leaves no doubt about the sound. `sounds` reads a word,
and refuses one that leaves a doubt: what this module reads can be spoken, and nothing else counts
as vowelled.

Two conventions of the texts:

- Before a pause a word is written as it is then said, with a sukun: `وَاحِدْ`, and `خَمْسَةْ`, which is
  heard as khamsah.
- A linking alif without a mark (`الْبَيْتِ`, `اضْغَطْ`) is silent after another word. With a mark
  (`اِثْنَيْنْ`) it is always heard.
"""

import re
import unicodedata

FATHATAN, DAMMATAN, KASRATAN = "\u064b", "\u064c", "\u064d"
FATHA, DAMMA, KASRA, SHADDA, SUKUN = "\u064e", "\u064f", "\u0650", "\u0651", "\u0652"
DAGGER = "\u0670"

LINK_A, LINK_I, LINK_U = "~a", "~i", "~u"
"""First sound of a word that begins with a linking alif: the vowel it has when it is heard."""

_VOWELS = {FATHA: "a", DAMMA: "u", KASRA: "i", DAGGER: "aa"}
_NUNATION = {FATHATAN: "a", DAMMATAN: "u", KASRATAN: "i"}
_MARKS = {*_VOWELS, *_NUNATION, SHADDA, SUKUN}
_CONSONANTS = set("بتثجحخدذرزسشصضطظعغفقكلمنهوي")
_HAMZAS = set("ءأإؤئ")
_SUN = set("تثدذرزسشصضطظلن")
_CLITICS = {"و" + FATHA, "ف" + FATHA, "ك" + FATHA, "ب" + KASRA, "ل" + KASRA}
_PUNCTUATION = re.compile(r"[،؛؟.,:?!«»]+")
_LONG = {"a": "aa", "i": "ii", "u": "uu"}

_Letter = tuple[str, frozenset[str]]


class NotVowelled(ValueError):
    """A word cannot be read because a mark is missing or out of place."""


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, without punctuation."""
    return tuple(_PUNCTUATION.sub(" ", text).split())


def unvowelled_words(text: str) -> tuple[str, ...]:
    """The words of an Arabic text that cannot be read without a guess, Latin and figures too."""
    return tuple(word for word in words(text) if not _readable(word))


def _readable(word: str) -> bool:
    try:
        sounds(word)
    except NotVowelled:
        return False
    return True


def pausal(word: str) -> str:
    """A vowelled word as it is said before a pause (الوقف): no last short vowel, no nunation.

    But -an is then heard as ā (يَوْمَا), and ة as h; a long vowel stays (Wright, A Grammar of the
    Arabic Language, II, § 223-226).
    """
    word = unicodedata.normalize("NFC", word)
    if word.endswith((f"{FATHATAN}ا", f"{FATHATAN}ى")):
        return f"{word[:-2]}{FATHA}{word[-1]}"
    *_, (letter, marks) = _letters(word)
    if not marks - {SHADDA}:
        return word
    kept = SHADDA if SHADDA in marks else ""
    return f"{word[: word.rindex(letter)]}{letter}{kept}{SUKUN}"


def sounds(word: str) -> tuple[str, ...]:
    """The sounds of one word: consonants as letters (every hamza as ء), vowels a, i, u, aa, ii, uu.

    A doubled consonant comes twice. Raises NotVowelled, which says what is wrong.
    """
    return _Reader(word).read()


def _letters(word: str) -> list[_Letter]:
    letters: list[tuple[str, set[str]]] = []
    for char in unicodedata.normalize("NFC", word):
        if char not in _MARKS:
            letters.append((char, set()))
        elif not letters or char in letters[-1][1]:
            raise NotVowelled(f"{word}: a mark without a letter of its own")
        else:
            letters[-1][1].add(char)
    return [(letter, frozenset(marks)) for letter, marks in letters]


class _Reader:
    """One reading of one word, from its first letter to its last."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.letters = _letters(word)
        self.heard: list[str] = []

    def read(self) -> tuple[str, ...]:
        for position, (letter, marks) in enumerate(self.letters):
            if letter == "ا":
                self._alif(position, marks)
            elif letter == "ى":
                self._alif_maqsura(position, marks)
            elif letter == "آ":
                self._plain(marks, position)
                self.heard += ["ء", "aa"]
            elif letter in "وي" and not marks:
                self._lengthen("u" if letter == "و" else "i", letter)
            elif letter == "ل" and not marks:
                self._assimilated(position)
            else:
                self._consonant(position, letter, marks)
        return tuple(self.heard)

    def _fail(self, why: str) -> NotVowelled:
        return NotVowelled(f"{self.word}: {why}")

    def _letter(self, position: int) -> _Letter:
        return self.letters[position] if position < len(self.letters) else ("", frozenset())

    def _plain(self, marks: frozenset[str], position: int) -> None:
        if marks:
            raise self._fail(f"letter {position + 1} takes no mark")

    def _lengthen(self, vowel: str, letter: str) -> None:
        if not self.heard or self.heard[-1] != vowel:
            raise self._fail(f"{letter} has no mark, and does not lengthen the vowel before it")
        self.heard[-1] = _LONG[vowel]

    def _alif(self, position: int, marks: frozenset[str]) -> None:
        if position == 0:
            self._first_alif(marks)
            return
        self._plain(marks, position)
        if self._links(position):
            return
        if self.heard[-1] == "a":
            self.heard[-1] = "aa"
        elif position != len(self.letters) - 1 or not (
            self.heard[-1] == "uu"  # the silent alif of a verb's plural: اتَّصِلُوا
            or FATHATAN in self.letters[position - 1][1]
        ):
            raise self._fail(f"alif in place {position + 1} after {self.heard[-1]}")

    def _first_alif(self, marks: frozenset[str]) -> None:
        vowels = [_VOWELS[mark] for mark in marks if mark in (FATHA, DAMMA, KASRA)]
        if vowels:
            self.heard += ["ء", vowels[0]]
        elif marks:
            raise self._fail("the first alif")
        elif self._letter(1)[0] == "ل":
            self._moon_letter_after(1)
            self.heard.append(LINK_A)
        elif self._letter(1)[1] & {SUKUN, SHADDA}:
            self.heard.append(LINK_U if DAMMA in self._letter(2)[1] else LINK_I)
        else:
            raise self._fail("the first alif needs a mark, or a sukun after it")

    def _links(self, position: int) -> bool:
        """Whether the alif here is a linking one: وَالْبَيْتِ, بِاسْمِ, لِلِاسْتِفْسَارِ, الِاسْتِفْسَارُ, فَاتَّصِلْ."""
        before = [letter + "".join(marks) for letter, marks in self.letters[:position]]
        if before[-2:-1] == ["ا"]:  # the article stands before it
            before = before[:-2]
        if not all(letter in _CLITICS for letter in before):
            return False
        letter, marks = self._letter(position + 1)
        after, after_marks = self._letter(position + 2)
        if letter == "ل" and not marks:
            return SHADDA in after_marks
        if letter == "ل" and KASRA in marks and after == "ا":
            return True
        if letter == "ل":
            self._moon_letter_after(position + 1)
        return bool(after) and (SUKUN in marks or (letter == "ت" and SHADDA in marks))

    def _moon_letter_after(self, position: int) -> None:
        """A lam with a sukun behind a linking alif is the article's: not before a sun letter.

        But before ت it may be a verb's own, as in الْتَزَمَ.
        """
        if SUKUN in self.letters[position][1] and self._letter(position + 1)[0] in _SUN - {"ت"}:
            raise self._fail("the article's ل is silent here: no sukun on it, a shadda behind it")

    def _alif_maqsura(self, position: int, marks: frozenset[str]) -> None:
        self._plain(marks, position)
        if position != len(self.letters) - 1:
            raise self._fail("ى stands at the end only")
        if self.heard[-2:] == ["a", "ن"] and FATHATAN in self._letter(position - 1)[1]:
            return
        self._lengthen("a", "ى")

    def _assimilated(self, position: int) -> None:
        """The article's lam, silent before a sun letter that is written doubled."""
        before = self.letters[:position]
        behind_alif = bool(before) and before[-1][0] == "ا"
        behind_lam = bool(before) and before[-1] == ("ل", frozenset(KASRA))
        letter, marks = self._letter(position + 1)
        if not (behind_alif or behind_lam) or SHADDA not in marks or letter not in _SUN:
            raise self._fail("ل has no mark")

    def _consonant(self, position: int, letter: str, marks: frozenset[str]) -> None:
        last = position == len(self.letters) - 1
        if letter in _HAMZAS:
            letter = "ء"
        elif letter == "ة":
            if not last:
                raise self._fail("ة stands at the end only")
            letter = "ه" if SUKUN in marks else "ت"
        elif letter not in _CONSONANTS:
            raise self._fail(f"{letter!r} is not an Arabic letter")
        rest = marks - {SHADDA}
        if rest == {FATHA, DAGGER}:
            rest = frozenset(DAGGER)
        if len(rest) != 1:
            raise self._fail(f"{letter} in place {position + 1} needs one mark")
        (mark,) = rest
        if position == 0 and (mark == SUKUN or SHADDA in marks):
            raise self._fail("a word does not begin with a sukun or a shadda")
        self.heard += [letter] * (2 if SHADDA in marks else 1)
        if mark in _VOWELS:
            self.heard.append(_VOWELS[mark])
        elif mark in _NUNATION:
            self._nunation(position, mark)

    def _nunation(self, position: int, mark: str) -> None:
        rest = [letter for letter, _ in self.letters[position + 1 :]]
        if rest and not (mark == FATHATAN and rest in (["ا"], ["ى"])):
            raise self._fail("nunation stands at the end only")
        if mark == FATHATAN and not rest and self.letters[position][0] not in "ةءأ":
            raise self._fail("an alif is missing behind the nunation")
        self.heard += [_NUNATION[mark], "ن"]

"""Vowelled Arabic, read letter by letter."""

import pytest

from ivr.spoken.orthography import NotVowelled, sounds, unvowelled_words


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        ("بَيْتٌ", "ب a ي ت u ن"),
        ("الشَّمْسُ", "~a ش ش a م س u"),
        ("الْقَمَرُ", "~a ل ق a م a ر u"),
        ("وَالشَّمْسِ", "و a ش ش a م س i"),
        ("بِالرَّقْمِ", "ب i ر ر a ق م i"),
        ("لِلنَّظَافَةِ", "ل i ن ن a ظ aa ف a ت i"),
        ("لِلْمَبَانِي", "ل i ل م a ب aa ن ii"),
        ("لِلِاسْتِفْسَارْ", "ل i ل i س ت i ف س aa ر"),
        ("الِاخْتِيَارُ", "~a ل i خ ت i ي aa ر u"),
        ("وَاضْغَطْ", "و a ض غ a ط"),
        ("فَاتَّصِلْ", "ف a ت ت a ص i ل"),
        ("وَاثْنَتَا", "و a ث ن a ت aa"),
        ("اضْغَطْ", "~i ض غ a ط"),
        ("اِثْنَيْنْ", "ء i ث ن a ي ن"),
        ("اُتْرُكْ", "ء u ت ر u ك"),
        ("وَاحِدْ", "و aa ح i د"),
        ("بَابْ", "ب aa ب"),
        ("خَمْسَةْ", "خ a م س a ه"),
        ("خَمْسَةُ", "خ a م س a ت u"),
        ("سِتَّةْ", "س i ت ت a ه"),
        ("ضَالّْ", "ض aa ل ل"),
        ("مَبْنًى", "م a ب ن a ن"),
        ("يَوْمًا", "ي a و م a ن"),
        ("هٰذَا", "ه aa ذ aa"),
        ("الْآنْ", "~a ل ء aa ن"),
        ("شَكْوَى", "ش a ك و aa"),
        ("الطَّوَارِئِ", "~a ط ط a و aa ر i ء i"),
        ("اتَّصِلُوا", "~i ت ت a ص i ل uu"),
        ("الْتَزَمَ", "~a ل ت a ز a م a"),
        ("وَالِاخْتِيَارُ", "و a ل i خ ت i ي aa ر u"),
        ("كَاتِبٌ", "ك aa ت i ب u ن"),
        ("كَانْ", "ك aa ن"),
        ("وَاحَاتٌ", "و aa ح aa ت u ن"),
        ("ادْخُلْ", "~u د خ u ل"),
    ],
)
def test_words_are_heard_as_they_are_said(word: str, heard: str) -> None:
    """Shadda doubles, the article joins, alif, waw and ya lengthen, ة is h before a pause."""
    assert " ".join(sounds(word)) == heard


def test_the_order_of_marks_on_a_letter_makes_no_difference() -> None:
    """Shadda before or after its vowel is the same spelling."""
    assert sounds("س\u0650ت\u064e\u0651ة\u0652") == sounds("س\u0650ت\u0651\u064eة\u0652")


@pytest.mark.parametrize(
    "word",
    [
        *("الشمس", "شَمس", "يَوم", "وَاحد", "لَوحَةْ", "بَيْت", "قَال", "بلَد", "خَمْسَة", "مُتَّصِل"),
        *("الْشَمْسُ", "وَالْشَمْسُ", "الشَمْسُ", "بَّيْتٌ", "ْبَيْتٌ", "بََيْتٌ", "بَيْتٌَ", "بَيْتً", "يَوْماً"),
        *("ابَدًا", "اْسْمُ", "اّسْمُ", "بَيْتِا", "مَنْى", "لسَّلَامُ", "بَلشَّمْسُ", "بَيْتًم", "بَيْتًمَ", "قَالِاسْمُ"),
        *("خَمْسَةٌا", "سَبْعَةَم", "شَىْءٌ", "ا", "أ", "َ", "940", "٩٤٠", "hello", "OK", "گُلْ", "بَيْتٌ9"),
    ],
)
def test_a_word_that_leaves_a_doubt_is_refused(word: str) -> None:
    """A missing, doubled or misplaced mark, a figure, a foreign letter: none is guessed at."""
    with pytest.raises(NotVowelled):
        sounds(word)
    assert unvowelled_words(f"بَيْتٌ، {word}. بَيْتٌ") == (word,)


def test_punctuation_is_no_part_of_a_word() -> None:
    """A vowelled sentence has no unvowelled word."""
    assert unvowelled_words("مَا الْمُشْكِلَةْ؟ لِلْبَلَاغِ، اضْغَطْ: «وَاحِدْ».") == ()

"""The sample that ships: invented, whole, and said with all its vowel marks."""

import io
from pathlib import Path

from ivr.prompt_text import text_fault
from ivr.spoken.orthography import unvowelled_words
from places.csv_read import Reader, folded
from places.keypad import keys_of
from places.spoken_names import load_spoken_names, said
from tickets.catalogue import load_sub_municipalities

CONFIG = Path(__file__).parents[3] / "config"
SAMPLE = CONFIG / "gazetteer.sample.csv"
SUBS = load_sub_municipalities(CONFIG / "sub_municipalities.yaml")
CODES = {
    folded(name): one.code for one in SUBS.values() for name in (one.code, one.name_ar, one.name_en)
}


def test_every_row_of_the_sample_is_good() -> None:
    """And those are there that the transcripts speak of."""
    source = io.BytesIO(SAMPLE.read_bytes())
    found = [row for _, row in Reader(source, codes=CODES, unsayable=text_fault).rows()]
    rows = [row for row in found if isinstance(row, tuple)]
    assert rows == found
    assert ("7421", "23218") in {row[:2] for row in rows}
    alike = [row[3] for row in rows if row[4] == keys_of("RRRD2929")]
    assert alike == ["RRRD2929", "SRPE2929"]


def test_every_name_of_the_sample_is_said_with_its_vowel_marks() -> None:
    """No voice has to guess."""
    known = load_spoken_names(CONFIG / "spoken_names.yaml")
    source = io.BytesIO(SAMPLE.read_bytes())
    for _, row in Reader(source, codes=CODES, unsayable=text_fault).rows():
        assert isinstance(row, tuple)
        for name in (str(row[5]), str(row[7])):
            assert unvowelled_words(said({"ar": name}, known)["ar"]) == ()

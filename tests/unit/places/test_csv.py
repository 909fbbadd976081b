"""The gazetteer's CSV, cell by cell: what is read, and the mend for what is not."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.csv_lines import FileUnusable
from ivr.prompt_text import text_fault
from places.csv_read import COLUMNS, CellError, Reader, Row, folded

HEAD = ",".join(COLUMNS)
GOOD = "7421,23218,0043,RASD7421,شارع المرجان,Al Marjan Street,حي المرفأ,Al Marfa,AZZ,21.5,39.2"
CODES = {folded(name): "AZZ" for name in ("AZZ", "العزيزية", "Al-Aziziyah")}
ROW: Row = (
    *("7421", "23218", "0043", "RASD7421", "72737421"),
    *("شارع المرجان", "Al Marjan Street", "حي المرفأ", "Al Marfa", "AZZ", 21.5, 39.2),
)


def read(text: str | bytes, encoding: str = "utf-8") -> list[tuple[int, Row | list[CellError]]]:
    """The rows of a file."""
    source = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return list(Reader(source, codes=CODES, unsayable=text_fault, encoding=encoding).rows())


def errors(**cells: str) -> list[tuple[int, str, str]]:
    """What is told of one row that is good but for these cells."""
    given = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | cells
    text = "\n".join([HEAD, ",".join(given.values())])
    ((_, found),) = read(text)
    assert isinstance(found, list), found
    return [(error.row, error.column, error.message) for error in found]


def test_a_good_row_is_read_whole() -> None:
    """With the keys of its short address."""
    assert read(f"{HEAD}\n{GOOD}\n") == [(2, ROW)]


def test_columns_stand_in_any_order_and_most_may_be_missing() -> None:
    """Semicolons, capitals, blanks and empty rows are as spreadsheets leave them."""
    text = " Postal_Code ;BUILDING_NUMBER;short_address;\r\n\r\n;;\r\n23218; 7421 ;rasd7421\r\n"
    bare = ("7421", "23218", "", "RASD7421", "72737421", "", "", "", "", None, None, None)
    assert read(text) == [(4, bare)]


@pytest.mark.parametrize("name", ["AZZ", "azz", "العزيزية", "Al Aziziyah", "al-aziziyah"])
def test_a_sub_municipality_is_told_by_its_code_or_its_name(name: str) -> None:
    """In capitals or not, with a hyphen or a blank."""
    assert read(f"{HEAD}\n{GOOD.replace('AZZ', name)}\n") == [(2, ROW)]


def test_windows_1256_is_read_when_it_is_said_and_its_mend_told_when_not() -> None:
    """As older Arabic systems export."""
    legacy = f"{HEAD}\n{GOOD}\n".encode("windows-1256")
    assert read(legacy, "windows-1256") == [(2, ROW)]
    ((_, found),) = read(legacy)
    assert found == [
        CellError(2, column, "holds bytes that are not UTF-8: is the file --encoding windows-1256?")
        for column in ("street_ar", "district_ar")
    ]


def test_utf_8_is_not_read_as_another_encoding() -> None:
    """Callers would hear letters of nobody's language."""
    ((_, found),) = read(f"{HEAD}\n{GOOD}\n", "windows-1256")
    assert isinstance(found, list)
    assert [error.column for error in found] == ["street_ar", "district_ar"]
    assert found[0].message == "is UTF-8 and no windows-1256: import it without --encoding"


@pytest.mark.parametrize(
    ("column", "cell", "told"),
    [
        ("building_number", "", "is missing: write its 4 digits"),
        ("building_number", "74210", "must be 4 digits 0-9"),
        ("building_number", "٧٤٢١", "must be 4 digits 0-9"),
        (
            *("building_number", "421"),
            "has 3 digits of 4: a spreadsheet drops leading zeros, so make the column text "
            "and write 0421",
        ),
        ("postal_code", "2321", "has 4 digits of 5"),
        ("postal_code", "232 8", "must be 5 digits 0-9"),
        ("secondary_number", "43a0", "must be 4 digits 0-9"),
        ("short_address", "RAS7421", "must be four letters A-Z and four digits: RRRD2929"),
        ("short_address", "ＲASD7421", "must be four letters"),
        ("street_ar", "[[en]] street", "the character [ cannot be said"),
        ("street_en", "<b>Street</b>", "the character < cannot be said"),
        ("district_en", "Al\u202eMarfa", "the invisible character U+202E must go"),
        ("district_ar", "...", "there is nothing to say"),
        ("street_en", "x" * 101, "has 101 characters: at most 100"),
        ("sub_municipality", "XYZ", "is no code or name of sub_municipalities.yaml"),
        ("lat", "21,5", "must be degrees with a point, as 21.5433"),
        ("lat", "nan", "must be degrees with a point"),
        ("lat", "39.2", "39.2 is not between 16 and 33: are lat and long exchanged?"),
        ("lat", "", "is missing: give lat and long, or neither"),
        ("long", "", "is missing: give lat and long, or neither"),
    ],
)
def test_a_wrong_cell_is_told_with_its_row_its_column_and_the_mend(
    column: str, cell: str, told: str
) -> None:
    """So that whoever has the spreadsheet finds it."""
    ((row, where, message),) = errors(**{column: f'"{cell}"' if "," in cell else cell})
    assert (row, where) == (2, column)
    assert message.startswith(told)


def test_everything_wrong_with_a_row_is_told_at_once() -> None:
    """Nobody imports five times for five slips."""
    told = errors(building_number="1", postal_code="2", lat="x")
    assert [column for _, column, _ in told] == ["building_number", "postal_code", "lat"]


def test_more_cells_than_columns_is_a_comma_that_was_not_quoted() -> None:
    """The whole row is told."""
    ((_, found),) = read(f"{HEAD}\n{GOOD},more\n")
    assert found == [CellError(2, "", "12 cells, the header has 11: quote what has a comma")]


@pytest.mark.parametrize(
    "head", ["", "street_ar", "building_number", f"{HEAD},name", "building_number,building_number"]
)
def test_a_file_without_its_columns_is_no_gazetteer(head: str) -> None:
    """The message says which there are, and which are not known."""
    with pytest.raises(FileUnusable, match="row 1 must name columns, once each: building_number"):
        read(f"{head}\n")


CELLS = st.text(st.sampled_from("0123456789ABRز ,;\"'[]<\u202e\n\x00"), max_size=9)
ROWS = st.lists(st.lists(CELLS, max_size=13).map(",".join), max_size=5).map("\n".join)


@given(st.one_of(st.binary(max_size=300), ROWS.map(lambda rows: f"{HEAD}\n{rows}".encode())))
def test_whatever_the_bytes_a_file_is_read_or_refused(data: bytes) -> None:
    """Each row is whole or has what is wrong with it; no other error, and no row twice."""
    for encoding in ("utf-8", "windows-1256"):
        try:
            found = read(data, encoding)
        except FileUnusable:
            continue
        numbers = [number for number, _ in found]
        assert numbers == sorted(set(numbers))
        assert all(len(row) == 12 if isinstance(row, tuple) else row for _, row in found)

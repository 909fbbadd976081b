"""Listings at every width: nothing is cut."""

import pytest

from hotline.cli.columns import laid_out

HEAD = ("number", "disposition", "until", "who", "note")
NOTE = "called forty times in one night and said nothing, then threatened the operator who answered"
ROWS = [
    ("+966501234567", "block", "2026-12-31 23:59", "supervisor-of-the-night-shift", NOTE),
    ("+966509876543", "low_priority", "2026-12-01 08:00", "amal", ""),
]


def test_a_record_is_a_line_in_a_pipe() -> None:
    """However long it is: what reads it splits lines, and greps for a number."""
    head, *lines = laid_out(HEAD, ROWS)
    assert head.split() == list(HEAD)
    assert [line.split()[0] for line in lines] == [row[0] for row in ROWS]
    assert lines[0].endswith(NOTE)


@pytest.mark.parametrize("width", [40, 80, 132])
def test_what_has_no_room_goes_to_the_next_line(width: int) -> None:
    """No line is wider than the terminal, and every word is there, beginning with the number."""
    lines = list(laid_out(HEAD, ROWS, width))
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    assert sorted(words) == sorted(" ".join((*HEAD, *ROWS[0], *ROWS[1])).split())
    assert [line.split()[0] for line in lines if line.startswith("+")] == [row[0] for row in ROWS]


def test_a_key_that_is_wider_than_the_terminal_is_whole_all_the_same() -> None:
    """It can still be copied; half of it could not be."""
    assert "0123456789abcdef" * 2 in laid_out(("id", "x"), [("0123456789abcdef" * 2, "y")], 20)


def test_text_of_people_drives_no_terminal() -> None:
    """Neither a line break nor an escape sequence of a note comes through."""
    lines = list(laid_out(("n", "note"), [("1", "a\n\x1b[2Jb")]))
    assert lines[1] == "1  a  [2Jb"

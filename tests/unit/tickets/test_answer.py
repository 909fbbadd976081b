"""What is kept of an answer for people: its first line, and nothing of a person in it."""

import pytest

from tickets.destinations.answer import first_line, remote_id


@pytest.mark.parametrize(
    ("body", "page", "line"),
    [
        (None, False, None),
        (b"", False, None),
        (b" \n\n  no such queue \nmore", False, "no such queue"),
        (b'{"error": "phone +966 50 123 4567 unknown"}', False, '{"error": "phone … unknown"}'),
        (b"user a.b@example.sa is gone", False, "user … is gone"),
        (b"ticket 572400002 refused", False, "ticket … refused"),
        (b"error 40123 at 12:30", False, "error 40123 at 12:30"),
        (b"<html><head><title>Back at 6</title>", True, "Back at 6"),
        (b"<html><body>nothing", True, None),
        ("\u202eevil\x1b[2J\x00".encode(), False, " evil [2J "),
        (b"x" * 5000, False, "x" * 200),
        (b"\xff\xfe", False, "��"),
        (
            b'<?xml version="1.0"?>\n<errors><error>\n<code>403</code>\n<description>No key'
            b"</description></error></errors>",
            False,
            "403 No key",
        ),
        (b"<" * 300_000, False, "<" * 200),
        (b"[" * 300_000, False, "[" * 200),  # for which some patterns would take an hour
        (b"<title" * 50_000, True, None),
    ],
)
def test_the_first_line_tells_why_and_of_nobody(
    body: bytes | None, page: bool, line: str | None
) -> None:
    """Receivers repeat what they were sent: numbers and addresses go, and what is no text."""
    assert first_line(body, page=page) == line


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("A-1", "A-1"),
        (17, "17"),
        ("x" * 100, "x" * 100),
        ("x" * 101, None),
        ("a b", None),
        ("A-1\n", None),
        ("", None),
        (True, None),
        (1.5, None),
        (None, None),
        (["A-1"], None),
    ],
)
def test_a_receivers_number_is_kept_where_it_is_plain(value: object, known: str | None) -> None:
    """It is shown to people, and stands in addresses of later requests."""
    assert remote_id(value) == known

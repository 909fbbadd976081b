"""The mark by which what was sent is found again; and texts that fit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures import contract
from tickets.destination import Message
from tickets.destinations.mark import begins_with, mark_of, marked_for
from tickets.destinations.plain import cut
from tickets.model import UPDATED

OPENED = Message(contract.pothole())
THIRD = replace(OPENED, event=UPDATED, version=3)


def test_each_message_has_a_mark_of_its_own() -> None:
    """And the reference is read out of it."""
    assert (mark_of(OPENED), mark_of(THIRD)) == ("[940-989036781]", "[940-989036781/3]")
    for message in (OPENED, THIRD):
        found = marked_for(f"\n {mark_of(message)} a [940-123456782]")
        assert found == ("989036781", message.version)
    assert not begins_with(mark_of(THIRD), mark_of(OPENED))
    assert begins_with(f" {mark_of(OPENED)}\nx", mark_of(OPENED))


@pytest.mark.parametrize(
    ("text", "begins"),
    [("a-1", True), ("a-1 x", True), ("a-1\nx", True), ("a-12", False), ("a-1-v2", False),
     ("a-1/2", False)],
)  # fmt: skip
def test_a_mark_is_read_whole(text: str, begins: bool) -> None:
    """Whoever marks by a number alone does not take a longer one for it."""
    assert begins_with(text, "a-1") is begins


@pytest.mark.parametrize(
    ("value", "is_it"),
    [(989036781, True), (98903678, False), (9890367812, False), (-989036781, False),
     (989036781.0, False), (True, False), ([989036781], False)],
)  # fmt: skip
def test_a_number_is_compared_whole(value: object, is_it: bool) -> None:
    """Systems that have our reference in a field of numbers give it back as one."""
    assert begins_with(value, "989036781") is is_it
    assert not begins_with(True, "1")
    assert not begins_with(value, mark_of(OPENED))


@pytest.mark.parametrize(
    "text",
    [None, 1, "", "a [940-989036781]", "[940-98903678]", "[940-٩89036781]", "[940-989036781"],
)
def test_what_does_not_begin_with_one_has_none(text: object) -> None:
    """Further on stand the words of callers."""
    assert marked_for(text) is None
    assert not begins_with(text, mark_of(OPENED))


@given(st.text(alphabet="ab حُ\n", max_size=60), st.integers(10, 40))
def test_a_cut_text_fits_and_says_so(text: str, most: int) -> None:
    """It is the beginning of the whole one."""
    made = cut(text, most)
    assert len(made) <= most
    if made != text:
        assert made.endswith(" …")
        assert text.startswith(made.removesuffix(" …"))
        assert len(made) > most // 2

"""Frozen data with some fields changed."""

from dataclasses import replace

import pytest

from ivr.changed import changed
from ivr.session import Session
from tests.fixtures.dialog import at_confirm


def test_it_is_what_replace_gives() -> None:
    """The same fields, whichever are changed; the one before stays as it was."""
    session = at_confirm().session
    before = replace(session)
    for changes in ({}, {"turn": 7}, {"node": "main", "answers": {"a": "b"}, "path": ("x",)}):
        assert changed(session, **changes) == replace(session, **changes)
    assert session == before


def test_a_name_that_is_no_field_is_refused() -> None:
    """As by the class itself."""
    with pytest.raises(TypeError, match="colour"):
        changed(Session("c", "940", "1", "n", "ar"), colour="red")

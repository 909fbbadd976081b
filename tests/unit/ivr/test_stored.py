"""What another release stored is read as far as it is understood."""

from dataclasses import dataclass, field

import pytest

from ivr.stored import Unreadable, from_stored


@dataclass(frozen=True)
class Kept:
    """A form with a field of each kind."""

    name: str
    number: int = 1
    text: str | None = None
    many: tuple[str, ...] = field(default_factory=tuple)


def test_what_is_not_known_is_left_out_and_what_is_missing_is_filled_in() -> None:
    """A release later wrote more, a release earlier wrote less."""
    assert from_stored(Kept, {"name": "a", "new": 1}) == Kept("a")
    assert from_stored(Kept, {"many": ["x"]}, name="b") == Kept("b", many=("x",))


def test_null_is_a_value_only_where_the_default_is_null() -> None:
    """Elsewhere it says no more than a name that is missing."""
    stored = {"name": "a", "number": None, "text": None, "many": None}
    assert from_stored(Kept, stored, number=7, text="else", many=("y",)) == Kept(
        "a", 7, None, ("y",)
    )


@pytest.mark.parametrize("stored", [{}, {"name": None}, None, ["name"], "name"])
def test_what_lacks_something_that_has_no_default_is_set_aside(stored: object) -> None:
    """It, and it alone."""
    with pytest.raises(Unreadable):
        from_stored(Kept, stored)

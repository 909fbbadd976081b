"""Keys become entries as the hotline collects them."""

import pytest

from hotline.callers.player import first_entry
from ivr.turn import Collect


@pytest.mark.parametrize(
    ("keys", "most", "entry"),
    [
        ("1", 1, "1"),
        ("74", 1, "7"),
        ("7421", 4, "7421"),
        ("7421#", 4, "7421"),
        ("74#21", 4, "74#"),
        ("74", 4, "74"),
        ("#", 4, "#"),
        ("*1", 4, "*1"),
        ("*1", 1, "*"),
    ],
)
def test_an_entry_ends_when_it_is_full_or_terminated(keys: str, most: int, entry: str) -> None:
    """What is left over is typed ahead into the next turn."""
    assert first_entry(keys, Collect(max_digits=most)) == entry

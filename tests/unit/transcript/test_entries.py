"""Keys become entries as the hotline collects them."""

import pytest

from ivr.turn import Collect, HangUp, Prompt, Record, Turn
from lab.callers.player import first_entry


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
    assert first_entry(keys, Turn(1, "n", "ar", (), Collect(max_digits=most))) == entry


def test_before_a_recording_a_key_is_an_entry_over_what_may_be_skipped() -> None:
    """Over the notice it is none, and where nobody is listened to neither."""
    notice = Prompt("notice", whole=True)
    assert first_entry("12", Turn(1, "n", "ar", (Prompt("describe"), notice), Record(60))) == "1"
    assert first_entry("12", Turn(1, "n", "ar", (notice,), Record(60))) == ""
    assert first_entry("12", Turn(1, "n", "ar", (notice,), HangUp())) == ""

"""A long replay says how far it is; a short one says nothing."""

import pytest

from hotline.cli.progress import told


def test_a_long_replay_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Every two seconds, and at its end."""
    seconds = iter(range(100))
    assert list(told(iter(range(1, 6001)), 6000, clock=lambda: next(seconds)))[-1] == 6000
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[0] == "2,000 of 6,000 calls"
    assert said.err.splitlines()[-1] == "6,000 calls replayed"


def test_a_short_one_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """And gives every count all the same."""
    assert len(list(told(iter(range(6000)), None, clock=lambda: 0.0))) == 6000
    assert capsys.readouterr().err == ""

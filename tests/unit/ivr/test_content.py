"""A flow is known by what it says, and by nothing else."""

from pathlib import Path

import pytest

from ivr.content import SHOWN
from ivr.load import load_flow
from tests.fixtures.flows import small_flow


def version(path: Path) -> str:
    """The version of the flow there."""
    return load_flow(path).version


def edited(path: Path, old: str, new: str) -> Path:
    """The flow there with the first `old` replaced."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_it_is_a_short_sum(tmp_path: Path) -> None:
    """Short enough to be read out, and the same wherever the file lies."""
    found = version(small_flow(tmp_path))
    (tmp_path / "other").mkdir()
    assert len(found) == SHOWN == len(found.strip("ghijklmnopqrstuvwxyz-"))
    assert found == version(small_flow(tmp_path / "other"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  bye:\n", "  # a remark\n  bye:\n"),
        ("version: 1\n", ""),
        ("version: 1\n", "version: 2\n"),
        ("flow: small\nversion: 1\n", "version: 1\nflow: 'small'\n"),
    ],
)
def test_what_no_caller_meets_does_not_count(tmp_path: Path, old: str, new: str) -> None:
    """Comments, quotes, the order of the head, and the number that told versions before."""
    path = small_flow(tmp_path)
    before = version(path)
    assert version(edited(path, old, new)) == before


def test_the_file_that_a_node_stands_in_does_not_count(tmp_path: Path) -> None:
    """A branch is a matter of who reads it."""
    path = small_flow(tmp_path)
    before, text = version(path), path.read_text(encoding="utf-8")
    at = text.index("  bye:")
    path.write_text(text[:at], encoding="utf-8")
    path.with_suffix("").mkdir()
    (path.with_suffix("") / "end.yaml").write_text("nodes:\n" + text[at:], encoding="utf-8")
    assert version(path) == before


def test_anything_else_counts(tmp_path: Path) -> None:
    """Every value of a node and of the head."""
    path = small_flow(tmp_path)
    found = {version(path)}
    for old, new in (("say: [", "say: [repeat, "), ("language: ar", "language: en")):
        found.add(version(edited(path, old, new)))
    assert len(found) == 3

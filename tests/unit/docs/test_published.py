"""What documents publish of the code is what the code does."""

import pytest

from tests.fixtures import contract
from tests.fixtures.published import ROOT, made_vectors, parts, with_parts

RENEW = "stale: `.venv/bin/python -m tests.fixtures.published` makes it anew"


@pytest.mark.parametrize("name", list(parts()))
def test_what_is_made_of_the_code_is_as_the_code_makes_it(name: str) -> None:
    """Tables of fields, of attempts, of metrics."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for part in parts()[name]:
        assert f"<!-- {part}: " in text
    assert with_parts(text, parts()[name]) == text, RENEW


def test_the_published_vectors_are_signed_as_deliveries_are() -> None:
    """By the same function."""
    assert (contract.FOLDER / "vectors.json").read_text("utf-8") == made_vectors(), RENEW

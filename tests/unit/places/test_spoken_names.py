"""Names of the gazetteer as they are said."""

from pathlib import Path

import pytest

from files.yaml_model import FileWrong
from places.spoken_names import load_spoken_names, said

NAMES = "ar:\n  شارع: شَارِعُ\n  شارع المرجان: شَارِعُ الْمَرْجَانْ\n"


def written(folder: Path, text: str) -> Path:
    """A file with this text."""
    path = folder / "spoken_names.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_name_counts_before_its_words(tmp_path: Path) -> None:
    """And a language that nobody wrote for is said as it is written."""
    known = load_spoken_names(written(tmp_path, NAMES))
    names = {"ar": "شارع المرجان", "en": "Al Marjan Street"}
    assert said(names, known) == {"ar": "شَارِعُ الْمَرْجَانْ", "en": "Al Marjan Street"}
    assert said({"ar": "شارع النخيل"}, known) == {"ar": "شَارِعُ النخيل"}


def test_no_file_is_no_name(tmp_path: Path) -> None:
    """Every name is said as it is written."""
    assert said({"ar": "شارع"}, load_spoken_names(tmp_path / "none.yaml")) == {"ar": "شارع"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ar:\n  شارع: شَارِعُ\n  حي: بَحْرْ\n", ":3: ar.حي: بَحْرْ has other letters than حي: correct one"),
        ("ar:\n  حي: 1\n", ":2: ar.حي: must be text: put it in double quotes"),
        ("ar: [\n", "expected the node content"),
    ],
)
def test_a_mistake_names_its_line_and_the_mend(tmp_path: Path, text: str, told: str) -> None:
    """A slip of the pen would be said to callers."""
    with pytest.raises(FileWrong, match=f"spoken_names.yaml:.*{told.removeprefix(':')}"):
        load_spoken_names(written(tmp_path, text))

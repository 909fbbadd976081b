"""The README's table of settings is the settings."""

import re
from pathlib import Path

from pydantic import BaseModel

from hotline.settings import PREFIX, SECRET_NAMES, Settings

README = Path(__file__).resolve().parents[3] / "README.md"
ROW = re.compile(r"^\| `([A-Z_]+)`( \*)? \| ", re.MULTILINE)


def names() -> set[str]:
    """Every variable that can be set."""
    found = {"REDIS_URL", "DATABASE_URL"}
    for name, field in Settings.model_fields.items():
        if name in {"redis_url", "database_url"}:
            continue
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseModel):
            found |= {f"{PREFIX}{name}__{inner}".upper() for inner in group.model_fields}
        else:
            found.add(f"{PREFIX}{name}".upper())
    return found


def test_the_readme_names_every_setting_and_no_other() -> None:
    """Neither a forgotten setting nor one that is gone."""
    assert {name for name, _ in ROW.findall(README.read_text())} == names()


def test_the_readme_marks_exactly_the_secrets() -> None:
    """The ones that may come from a file."""
    assert {name for name, mark in ROW.findall(README.read_text()) if mark} == SECRET_NAMES

"""Names as they are said: what a gazetteer writes without vowel marks, by people's own hand.

`config/spoken_names.yaml` has them by language. A whole name counts before its words; what is in
neither is said as it is written, as well as a voice can guess.
"""

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import RootModel, StringConstraints

from files.yaml_model import load_yaml

SpokenNames = Mapping[str, Mapping[str, str]]
"""Language → written name, or one word of names → how it is said."""

_Language = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z]{2}\z")]
_Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=100)]
_STROKE = "\u0640"


class _File(RootModel[dict[_Language, dict[_Name, _Name]]]):
    """The whole file."""


def load_spoken_names(path: Path) -> SpokenNames:
    """The names of that file; none where there is no such file.

    Raises FileWrong, naming file, line and key: also for a name that has other letters than what is
    said for it, which is a slip of the pen.
    """
    if not path.exists():
        return {}
    document = load_yaml(path, _File)
    for language, names in document.value.root.items():
        for written, said in names.items():
            if _letters(written) != _letters(said):
                raise document.fail(
                    (language, written), f"{said} has other letters than {written}: correct one"
                )
    return document.value.root


def said(names: Mapping[str, str], known: SpokenNames) -> dict[str, str]:
    """The names of a place (by language) as they are said, for a placeholder of kind `text`."""
    return {language: _said(name, known.get(language, {})) for language, name in names.items()}


def _said(name: str, known: Mapping[str, str]) -> str:
    if name in known:
        return known[name]
    return re.sub(r"\S+", lambda word: known.get(word[0], word[0]), name)


def _letters(text: str) -> str:
    """Without vowel marks, lengthening strokes and blanks too many."""
    marked = unicodedata.normalize("NFC", text)
    bare = "".join(c for c in marked if unicodedata.category(c) != "Mn" and c != _STROKE)
    return " ".join(bare.split())

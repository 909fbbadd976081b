"""Which studio recordings there are: `recordings/{language}/{key}.wav` beside the prompt files.

Apart from `voice`, because every server must know their names and none needs to render.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path


def recording_hashes(folder: Path) -> dict[str, str]:
    """Name (`ar/welcome`) → hash of the content, of each recording in `folder`, if there is one."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _found(folder)}


def recorded_texts(folder: Path) -> dict[str, str]:
    """Name → the wording that its take was imported for, of those that have it beside them."""
    return {
        f"{path.parent.name}/{path.stem}": path.read_text(
            encoding="utf-8", errors="replace"
        ).strip()
        for path in sorted(folder.glob("*/*.txt"))
    }


def same_words(one: str, other: str) -> bool:
    """Whether two wordings have the same letters: marks and punctuation change nobody's take."""
    return _letters(one) == _letters(other)


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def _found(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*/*.wav")):
        yield f"{path.parent.name}/{path.stem}", path

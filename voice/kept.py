"""Audio kept with the prompts: a voice that nobody has to install, rendered once.

`prompts/voices/<language>/manifest.json` says of each sentence and word which file it is; a file is
named by its content. Every server must know which there are, so nothing here decodes sound.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from ivr.voices import Kept

MANIFEST = "manifest.json"
SUFFIX = ".opus"


class KeptWrong(Exception):
    """A manifest is not one; the message names the file."""


def kept_audio(folder: Path) -> dict[str, Kept]:
    """What is kept below `folder`, by language. Raises KeptWrong."""
    return {path.parent.name: _read(path) for path in sorted(folder.glob(f"*/{MANIFEST}"))}


def kept_file(folder: Path, language: str, content: str) -> Path:
    """Where the audio of that hash lies."""
    return folder / language / f"{content}{SUFFIX}"


def _read(path: Path) -> Kept:
    try:
        audio = json.loads(path.read_text(encoding="utf-8"))["audio"]
        return {(_text(row, "form"), _text(row, "text")): _text(row, "content") for row in audio}
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise KeptWrong(f"{path}: cannot be read ({why}): take it from the release") from error


def _text(row: Mapping[str, object], name: str) -> str:
    value = row[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} must be text")
    return value

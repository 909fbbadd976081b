"""Which studio recordings there are: `recordings/{language}/{key}.wav` beside the prompt files.

Apart from `voice`, because every server must know their names and none needs to render.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path


def recording_hashes(folder: Path) -> dict[str, str]:
    """Name (`ar/welcome`) → hash of the content, of each recording in `folder`, if there is one."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _found(folder)}


def _found(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*/*.wav")):
        yield f"{path.parent.name}/{path.stem}", path

"""What tells one state of the edited files from another: a sum over the bytes of each."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

TAKEN_UP = (
    *(
        "agencies.yaml",
        "destinations.yaml",
        "screening.yaml",
        "services.yaml",
        "sms.yaml",
        "sub_municipalities.yaml",
    ),
    *("hours.yaml", "spoken_names.yaml"),
    *("flows/*.yaml", "flows/*/*.yaml", "flows/earlier/*/*.yaml"),
    *("prompts/*.yaml", "prompts/recordings/*/*.wav"),
    "prompts/voices/*/manifest.json",
)
"""What a role that runs takes up when it has changed."""
ASTERISK = ("asterisk/*.conf",)
"""What only Asterisk takes up."""
_SHOWN = 16

Prints = Mapping[str, str]
"""The sums by the names of the files, below the folder of the configuration."""


def prints_of(folder: Path, patterns: Iterable[str] = TAKEN_UP) -> Prints:
    """The sums as they are now. Raises OSError when one cannot be read."""
    paths = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    return {str(path.relative_to(folder)): _sum(path.read_bytes()) for path in paths}


def digest(prints: Prints) -> str:
    """One sum of all."""
    return _sum("\n".join(f"{name} {value}" for name, value in sorted(prints.items())).encode())


def changed(before: Prints, after: Prints) -> list[str]:
    """The names of what is another, new or gone."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_SHOWN]

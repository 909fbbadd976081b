"""A folder that a studio sends: which file is which take, and which is none."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voice.script import Take

KINDS = (".wav", ".flac", ".mp3")
_BESIDE = frozenset({"", ".txt", ".csv", ".html", ".htm", ".pdf", ".md", ".ini", ".xlsx", ".docx"})
"""What lies beside takes and is none: notes, the script itself."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The files by their takes (`ar/welcome`), and what is wrong with the others, by path."""

    takes: Mapping[str, tuple[Path, Take]] = field(default_factory=dict)
    refused: tuple[tuple[Path, str], ...] = ()


def incoming(folder: Path, scripts: Mapping[str, list[Take]], language: str | None) -> Incoming:
    """What lies in `folder`: takes of one language in it, or in a folder for each language.

    `scripts` are the takes of every language; `language` is that of files that lie in `folder`
    itself. Raises OSError when it cannot be read.
    """
    names = {one: {take.name.lower(): take for take in takes} for one, takes in scripts.items()}
    found: dict[str, list[tuple[Path, Take]]] = {}
    refused: list[tuple[Path, str]] = []
    for path, spoken, why in _files(folder, tuple(scripts), language):
        take = names[spoken].get(path.stem.lower()) if spoken else None
        if not path.is_file():  # a pipe would be waited for without end
            refused.append((path, "is no regular file"))
        elif why or take is None:
            refused.append((path, why or _nearest(path.stem, spoken, names)))
        elif path.suffix.lower() not in KINDS:
            refused.append((path, "is no WAV, FLAC or MP3"))
        else:
            found.setdefault(take.full_name, []).append((path, take))
    takes = {}
    for name, files in found.items():
        if len(files) == 1:
            takes[name] = files[0]
        else:
            others = ", ".join(path.name for path, _ in files)
            refused += ((path, f"one of several of this name: {others}") for path, _ in files)
    return Incoming(takes, tuple(sorted(refused)))


def _files(
    folder: Path, languages: tuple[str, ...], language: str | None
) -> Iterator[tuple[Path, str, str]]:
    """Each file, the language that it is of, and what is wrong with where it lies."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if not path.is_dir():
            if path.suffix.lower() not in _BESIDE:
                why = "" if language else "say its language: --language, or a folder named by it"
                yield path, language or "", why
            continue
        for inner in sorted(path.rglob("*")):
            if inner.is_dir() or inner.name.startswith(".") or inner.suffix.lower() in _BESIDE:
                continue
            if path.name not in languages:
                yield inner, "", f"{path.name} is no language: name the folder {_or(languages)}"
            elif language not in (None, path.name):
                yield inner, "", f"is in the folder of {path.name}, and --language is {language}"
            elif inner.parent != path:
                yield inner, "", f"lies too deep: put it into {path.name} itself"
            else:
                yield inner, path.name, ""


def _nearest(stem: str, language: str, names: Mapping[str, Mapping[str, Take]]) -> str:
    """What is wrong with a name that no take of the language has."""
    for other, takes in names.items():
        if other != language and stem.lower() in takes:
            return f"is the name of a take in {other}: put it into the folder {other}"
    near = difflib.get_close_matches(stem.lower(), names[language], n=1, cutoff=0.5)
    guess = f"; the nearest is {names[language][near[0]].name}" if near else ""
    return f"no take of {language} has this name{guess}"


def _or(names: tuple[str, ...]) -> str:
    return " or ".join(names)

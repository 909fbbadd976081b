"""The prompt catalogue, loaded from the files that people write; and its public names.

Every error names file, line and key.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml.comments import CommentedMap

from files.yaml_model import FileWrong
from files.yaml_tree import NotYaml, read_tree
from ivr.catalogue import (
    ERROR_KEYS,
    STOP,
    Catalogue,
    Line,
    Piece,
    PromptError,
    Source,
    dictated_of,
    stem,
    words_of,
)
from ivr.languages import load_languages
from ivr.prompt_lint import prompt_findings
from ivr.prompt_text import Literal, Part, Pause, Slot, TextError, parse
from ivr.spoken.language import Language
from ivr.spoken.takes import takes
from ivr.voices import Voices

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Piece",
    "PromptError",
    "Source",
    "load_catalogue",
    "prompt_findings",
]

_KEY = re.compile(r"[a-z][a-z0-9_]*(\.[A-Z0-9][A-Z0-9_]*)?")
_Parts = tuple[Part, ...]
_NO_VOICES = Voices()


class CatalogueError(Exception):
    """A prompt file is wrong: `file:line: key: what to mend`."""


def load_catalogue(
    paths: Mapping[str, Path],
    spoken: Mapping[str, Language] | None = None,
    recordings: Mapping[str, str] = MappingProxyType({}),
    voices: Voices = _NO_VOICES,
) -> Catalogue:
    """The catalogue of these files, one for each of these languages at most.

    Where `spoken` is left out, it is the languages beside: for `prompts/ar.yaml` all that there are
    in `languages/`. `recordings` are the studio recordings there are: name (`ar/welcome`; with
    several fragments `ar/reference.1`, `ar/reference.2`, in the order of the text; of the
    vocabulary `ar/digit.2`) → hash of the content. A recording wins over `voices`, which say
    all else; one of the language's own file is heard where another file says the same in it. Raises
    CatalogueError.
    """
    spoken = _beside(paths) if spoken is None else spoken
    languages = frozenset(spoken)
    for language, path in paths.items():
        if language not in spoken:
            known = ", ".join(spoken) or "none"
            raise CatalogueError(
                f"{path}: there is no language {language!r} (but {known}): "
                f"write languages/{language}.yaml"
            )
    voices = replace(voices, own={code: one.voice for code, one in spoken.items()})
    literals = {language: _read(path, language, languages) for language, path in paths.items()}
    said = {language: words_of(spoken[language], recordings, voices) for language in paths}
    words = {
        language: {word: piece for word, (piece, _) in made.items()}
        for language, made in said.items()
    }
    shared = _shared(literals)
    sources: dict[str, Source] = {}
    lines: dict[str, dict[str, Line]] = {}
    used: set[str] = set()
    for language, prompts in literals.items():
        lines[language] = {}
        for key, parts in prompts.items():
            names = recording_names(language, key, parts)
            used.update(names)
            names = [
                name if name in recordings else shared.get((key, part), name)
                for name, part in zip(names, _literals(parts), strict=True)
            ]
            hashes = [recordings.get(name, "") for name in names]
            pauses = words[language][spoken[language].pause], words[language][STOP]
            lines[language][key] = _line(key, parts, pauses, names, hashes, voices, sources)
    for language, made in said.items():
        used.update(f"{language}/{name}" for name in takes(spoken[language]))
        for piece, source in made.values():
            sources.setdefault(piece.audio, source)
    slowly = {language: dictated_of(spoken[language], recordings, voices) for language in paths}
    for made in slowly.values():
        for piece, source in made.values():
            sources.setdefault(piece.audio, source)
    dictated = {
        language: {word: piece for word, (piece, _) in made.items()}
        for language, made in slowly.items()
    }
    unused = tuple(sorted(set(recordings) - used))
    heard = {language: spoken[language] for language in paths}
    return Catalogue(lines, words, sources, literals, heard, voices, unused, dictated)


def _shared(literals: Mapping[str, Mapping[str, _Parts]]) -> dict[tuple[str, Literal], str]:
    """Fragments in a language by the names that they have in its own file.

    `[[en]] For English, press two.` stands in every file, and is said once.
    """
    found: dict[tuple[str, Literal], str] = {}
    for language, prompts in literals.items():
        for key, parts in prompts.items():
            own = zip(recording_names(language, key, parts), _literals(parts), strict=True)
            found |= {(key, part): name for name, part in own if part.language == language}
    return found


def _literals(parts: _Parts) -> list[Literal]:
    return [part for part in parts if isinstance(part, Literal)]


def recording_names(language: str, key: str, parts: _Parts) -> list[str]:
    """What the takes of a prompt's fragments are called, in their order, with the language."""
    fragments = sum(isinstance(part, Literal) for part in parts)
    if sum(not isinstance(part, Pause) for part in parts) == 1:
        return [f"{language}/{key}"] * fragments
    return [f"{language}/{key}.{number + 1}" for number in range(fragments)]


def _line(
    key: str,
    parts: _Parts,
    pauses: tuple[Piece, Piece],
    names: list[str],
    hashes: list[str],
    voices: Voices,
    sources: dict[str, Source],
) -> Line:
    made: list[Piece | Slot] = []
    heads: tuple[Piece, ...] = ()
    recorded = iter(zip(names, hashes, strict=True))
    for position, part in enumerate(parts):
        if isinstance(part, Slot):
            made.append(part)
            continue
        if isinstance(part, Pause):
            # Behind the last value nothing follows that a long pause would set apart.
            made.append(pauses[part.sentence and position + 1 < len(parts)])
            continue
        name, content = next(recorded)
        recording = name if content else ""
        said = (part.language, part.text)
        voice, _ = voices.of(*said, recording=content)
        piece = Piece(part.text, stem(*said, "", content, voices=voices))
        sources[piece.audio] = Source(*said, recording, voice=voice)
        made.append(piece)
        if position == 0 and key.startswith(ERROR_KEYS):
            head, tail = (stem(*said, cut, content, voices=voices) for cut in ("head", "tail"))
            for audio, cut in ((head, "head"), (tail, "tail")):
                sources[audio] = Source(*said, recording, cut, piece.audio, voice)
            heads = (Piece(part.text, head, guarded=True), Piece("", tail))
    return Line(tuple(made), heads)


def _beside(paths: Mapping[str, Path]) -> Mapping[str, Language]:
    folders = {path.parent.with_name("languages") for path in paths.values()}
    try:
        return load_languages(file for folder in folders for file in sorted(folder.glob("*.yaml")))
    except FileWrong as error:
        raise CatalogueError(str(error)) from error


def _read(path: Path, language: str, languages: frozenset[str]) -> dict[str, _Parts]:
    try:
        data = read_tree(path)
    except NotYaml as error:
        raise CatalogueError(f"{path}:{error.line}: {error}") from error
    except OSError as error:
        raise CatalogueError(f"{path}:1: cannot be read: {error.strerror}") from error
    if not isinstance(data, CommentedMap) or not data:
        raise CatalogueError(f"{path}:1: the file must be `key: text` lines")
    return {key: _prompt(path, data, key, language, languages) for key in data}


def _prompt(
    path: Path, data: CommentedMap, key: object, language: str, languages: frozenset[str]
) -> _Parts:
    where = f"{path}:{data.lc.key(key)[0] + 1}: {key}"
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise CatalogueError(f"{where}: a key is written like `welcome` or `service.RD_HOLE`")
    text = data[key]
    if not isinstance(text, str):
        raise CatalogueError(f"{where}: the text must be in quotes; this is {type(text).__name__}")
    try:
        return parse(text, language, languages)
    except TextError as error:
        raise CatalogueError(f"{where}: {error}") from error

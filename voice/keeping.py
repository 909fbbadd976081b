"""Keeping a voice with the prompts: each sentence and word said once, as compressed audio.

What is kept is in `voice.kept`; this makes it, which needs the voice and nobody else does.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ivr.prompts import Catalogue
from ivr.spoken.sentences import sentences
from voice.command import Command, check_length
from voice.kept import MANIFEST, SUFFIX
from voice.sound import decoded
from voice.wav import WIDE, AudioError

RATE = 24000
"""Of kept audio: one that Opus has, and more than any line carries."""

Spoken = tuple[str, str]
"""Form (empty, or `word`) and text."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class About:
    """What the manifest says of a voice: what it is, where it is from, who may use it, how made."""

    voice: str
    source: str
    licence: str
    made_by: str


@dataclass(frozen=True, slots=True)
class KeepReport:
    """How many were said now, how many were kept before, taken away; and text → why it failed."""

    said: int
    kept: int
    pruned: int
    failures: Mapping[str, str]


def texts_of(catalogue: Catalogue, language: str) -> list[Spoken]:
    """Every sentence and every word that is said in `language`, each once, sorted."""
    found: set[Spoken] = set()
    for source in catalogue.sources.values():
        if source.language == language and not source.whole:
            form = "word" if source.form in ("word", "dictated") else ""
            found |= {(form, sentence) for sentence in sentences(source.text)}
    return sorted(found)


def keep(
    texts: Iterable[Spoken],
    command: Command,
    folder: Path,
    about: About,
    progress: Progress = lambda *_: None,
) -> KeepReport:
    """Have `command` say each of `texts` that `folder` does not keep of the same voice yet.

    Files of other texts are taken away. Raises OSError.
    """
    before = _before(folder, about)
    rows: dict[Spoken, str] = {}
    failures: dict[str, str] = {}
    wanted = []
    for spoken in texts:
        content = before.get(spoken, "")
        if content and (folder / f"{content}{SUFFIX}").is_file():
            rows[spoken] = content
        else:
            wanted.append(spoken)
    kept = len(rows)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        futures = {pool.submit(_said, command, spoken[1]): spoken for spoken in wanted}
        for done, future in enumerate(as_completed(futures), start=1):
            spoken = futures[future]
            try:
                audio = future.result()
            except AudioError as error:
                failures[spoken[1]] = str(error)
            else:
                rows[spoken] = content = hashlib.sha256(audio).hexdigest()[:16]
                (folder / f"{content}{SUFFIX}").write_bytes(audio)
                _write_manifest(folder, about, rows)  # what was said stays, however this ends
            progress(done, len(futures), spoken[1])
    _write_manifest(folder, about, rows)
    doomed = [path for path in folder.glob(f"*{SUFFIX}") if path.stem not in rows.values()]
    for path in doomed:
        path.unlink()
    return KeepReport(len(rows) - kept, kept, len(doomed), failures)


def _said(command: Command, text: str) -> bytes:
    wav = command.say(text)
    check_length(text, len(decoded(wav)) / WIDE)
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float64", always_2d=True)
    mixed = soxr.resample(samples.mean(axis=1), rate, RATE, quality="VHQ")
    file = io.BytesIO()
    soundfile.write(file, np.clip(mixed, -1, 1), RATE, format="OGG", subtype="OPUS")
    return file.getvalue()


def _before(folder: Path, about: About) -> dict[Spoken, str]:
    """What the manifest there has, if it is of the same voice."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if manifest["made_by"] != about.made_by:
        return {}
    return {(row["form"], row["text"]): row["content"] for row in manifest["audio"]}


def _write_manifest(folder: Path, about: About, rows: Mapping[Spoken, str]) -> None:
    audio = [
        {"form": form, "text": text, "content": content}
        for (form, text), content in sorted(rows.items())
    ]
    told = {
        "voice": about.voice,
        "source": about.source,
        "licence": about.licence,
        "made_by": about.made_by,
        "audio": audio,
    }
    draft = folder / f".{MANIFEST}.part"
    draft.write_text(f"{json.dumps(told, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    draft.replace(folder / MANIFEST)

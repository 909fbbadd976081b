"""The folder of sounds, brought into line with the catalogue."""

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from ivr.prompts import Catalogue, Source
from ivr.spoken.voice import Voice
from ivr.turn import GUARD_MS
from ivr.voices import BUNDLED, COMMAND, Kept, kept_of
from voice.bundled import bundled
from voice.command import SECONDS
from voice.kept import kept_audio
from voice.ready import check
from voice.recordings import recorded
from voice.sound import Sound, cut, read, write
from voice.voice import default_command, shaped, spoken
from voice.wav import RATES, AudioError
from voice.writing import command_of

Progress = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and what was done last."""

_WORKERS = max(2, os.cpu_count() or 1)
_NO_RECORDINGS = Path("config/prompts/recordings")
_NO_VOICES = Path("config/prompts/voices")


@dataclass(frozen=True, slots=True)
class Origins:
    """Where sounds come from: folders, what is kept in the second, and by language programs, and
    the voices that languages come with.

    A program may take `seconds` for one text.
    """

    recordings: Path
    kept_voices: Path
    kept: Mapping[str, Kept]
    commands: Mapping[str, str]
    own: Mapping[str, Voice]
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Failure:
    """A text whose sound could not be made, and why; `sounds` are missing for it."""

    language: str
    text: str
    why: str
    sounds: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.language}: {self.text!r}: {self.why}"


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: sounds made, found ready, taken away; recordings of no prompt; failures."""

    made: int
    kept: int
    pruned: int
    unused_recordings: tuple[str, ...]
    failures: tuple[Failure, ...] = ()

    def whole(self) -> "BuildReport":
        """This report, when nothing failed. Raises AudioError, which tells every failure."""
        if self.failures:
            raise AudioError("\n".join(map(str, self.failures)))
        return self


def build(
    catalogue: Catalogue,
    folder: Path,
    progress: Progress = lambda *_: None,
    *,
    recordings: Path = _NO_RECORDINGS,
    kept_voices: Path = _NO_VOICES,
    commands: Mapping[str, str] = MappingProxyType({}),
    prune: bool = False,
    in_use: Collection[str] = (),
) -> BuildReport:
    """Make every sound of `catalogue` that is not in `folder`; with `prune`, take away all others.

    `recordings`, `kept_voices` and `commands` are what the catalogue was loaded with, `in_use` the
    stems of texts made on the spot, which stay. What cannot be made is in the report; all else is
    made, each sound whole. Raises KeptWrong.
    """
    own = catalogue.voices.own
    origins = Origins(recordings, kept_voices, kept_audio(kept_voices), commands, own)
    missing = {item.audio for item in check(catalogue, folder)}
    jobs = _jobs(catalogue, missing)
    failures = []
    with ThreadPoolExecutor(_WORKERS) as pool:  # most of the work is outside of Python
        futures = {
            pool.submit(_make, folder, origins, whole, cuts, catalogue.sources): whole
            for whole, cuts in jobs.items()
        }
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                whole = futures[future]
                source = catalogue.sources[whole]
                try:
                    future.result()
                except AudioError as error:
                    lost = tuple(jobs[whole])
                    failures.append(Failure(source.language, source.text, str(error), lost))
                progress(done, len(futures), source.text)
        except BaseException:  # an interrupt too starts no further program
            pool.shutdown(cancel_futures=True)
            raise
    pruned = _prune(folder, {*catalogue.sources, *in_use}) if prune else 0
    kept = len(catalogue.sources) - len(missing)
    unmade = sum(len(failure.sounds) for failure in failures)
    failures.sort(key=lambda failure: (failure.language, failure.text))
    return BuildReport(
        len(missing) - unmade, kept, pruned, catalogue.unused_recordings, tuple(failures)
    )


def _jobs(catalogue: Catalogue, missing: set[str]) -> dict[str, list[str]]:
    """Whole sound → the missing ones to be made with it: itself, its head, its tail."""
    jobs: dict[str, list[str]] = {}
    for audio in catalogue.sources:
        if audio in missing:
            jobs.setdefault(catalogue.sources[audio].whole or audio, []).append(audio)
    return jobs


def _make(
    folder: Path, origins: Origins, whole: str, wanted: list[str], sources: Mapping[str, Source]
) -> None:
    source = sources[whole]
    sound = sound_of(origins, source) if whole in wanted else read(folder, whole)
    parts: dict[str, Sound] = {}
    if any(sources[audio].whole for audio in wanted):
        parts["head"], parts["tail"] = cut(sound, GUARD_MS)
    for audio in wanted:
        write(folder, audio, parts.get(sources[audio].form, sound))


def sound_of(origins: Origins, source: Source) -> Sound:
    """The sound of one source, made now. Raises AudioError."""
    language, text, form = source.language, source.text, source.form
    if source.recording:
        return shaped([recorded(origins.recordings, source.recording)], form)
    if source.voice == BUNDLED:
        contents = kept_of(origins.kept.get(language, {}), text, form)
        return shaped(list(bundled(origins.kept_voices, language, contents)), form)
    by_command = source.voice == COMMAND
    command = (
        command_of(origins.commands[language])
        if by_command
        else default_command(origins.own[language], form)
    )
    return spoken(replace(command, seconds=origins.seconds), text, form)


def _prune(folder: Path, known: set[str]) -> int:
    """Take away what no prompt uses, and what a killed build left half made; how many sounds."""
    doomed = list(folder.glob("*/.*.part"))
    for suffix in RATES:
        doomed += [
            path
            for path in folder.glob(f"*/*{suffix}")
            if f"{path.parent.name}/{path.stem}" not in known
        ]
    for path in doomed:
        path.unlink(missing_ok=True)
    return len({path.with_suffix("") for path in doomed})

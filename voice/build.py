"""The folder of sounds, brought into line with the catalogue."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from ivr.prompts import Catalogue, Source
from ivr.turn import GUARD_MS
from voice.ready import check
from voice.recordings import recorded
from voice.sound import Samples, cut, read, write
from voice.voice import spoken
from voice.wav import AudioError

Progress = Callable[[int, int, str], None]
"""Called with how many are done, of how many, and what was done last."""

_WORKERS = 2
_NO_RECORDINGS = Path("config/prompts/recordings")


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: sounds made, found ready, taken away, and recordings of no prompt."""

    made: int
    kept: int
    pruned: int
    unused_recordings: tuple[str, ...]


def build(
    catalogue: Catalogue,
    folder: Path,
    progress: Progress = lambda *_: None,
    *,
    recordings: Path = _NO_RECORDINGS,
    prune: bool = False,
) -> BuildReport:
    """Make every sound of `catalogue` that is not in `folder`; with `prune`, take away all others.

    `recordings` is the folder whose hashes the catalogue was loaded with. Raises AudioError, which
    names the prompt's text, when a sound cannot be made; those made so far stay, each whole.
    """
    missing = {item.audio for item in check(catalogue, folder)}
    jobs = _jobs(catalogue, missing)
    with ThreadPoolExecutor(_WORKERS) as pool:  # the work is done by programs, outside of Python
        futures = {
            pool.submit(_make, folder, recordings, whole, cuts, catalogue.sources): whole
            for whole, cuts in jobs.items()
        }
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress(done, len(futures), catalogue.sources[futures[future]].text)
        except BaseException:  # an interrupt too starts no further program
            pool.shutdown(cancel_futures=True)
            raise
    pruned = _prune(folder, set(catalogue.sources)) if prune else 0
    kept = len(catalogue.sources) - len(missing)
    return BuildReport(len(missing), kept, pruned, catalogue.unused_recordings)


def _jobs(catalogue: Catalogue, missing: set[str]) -> dict[str, list[str]]:
    """Whole sound → the missing ones to be made with it: itself, its head, its tail."""
    jobs: dict[str, list[str]] = {}
    for audio in catalogue.sources:
        if audio in missing:
            jobs.setdefault(catalogue.sources[audio].whole or audio, []).append(audio)
    return jobs


def _make(
    folder: Path, recordings: Path, whole: str, wanted: list[str], sources: Mapping[str, Source]
) -> None:
    source = sources[whole]
    parts: dict[str, Samples] = {}
    try:
        samples = _sound(recordings, source) if whole in wanted else read(folder / f"{whole}.wav")
        if any(sources[audio].whole for audio in wanted):
            parts["head"], parts["tail"] = cut(samples, GUARD_MS)
    except AudioError as error:
        raise AudioError(f"{source.language}: {source.text!r}: {error}") from error
    for audio in wanted:
        write(folder / f"{audio}.wav", parts.get(sources[audio].form, samples))


def _sound(recordings: Path, source: Source) -> Samples:
    if source.recording:
        return recorded(recordings, source.recording)
    return spoken(source.language, source.text, word=source.form == "word")


def _prune(folder: Path, known: set[str]) -> int:
    """Take away what no prompt uses, and what a killed build left half made."""
    doomed = [
        path
        for path in (*folder.glob("*/*.wav"), *folder.glob("*/.*.part"))
        if f"{path.parent.name}/{path.stem}" not in known
    ]
    for path in doomed:
        path.unlink(missing_ok=True)
    return len(doomed)

"""What a studio has to say for this house, and its takes put where callers hear them."""

import hashlib
import io
import os
import wave
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hotline.bootstrap import Services
from hotline.menu import flows
from voice.build import Progress, build
from voice.exchange import put_in_place, staged
from voice.incoming import incoming
from voice.samples import Samples
from voice.script import Take, script
from voice.studio import recording_hashes
from voice.takes import judged
from voice.wav import WIDE

SENT = "open_report"
"""The node at which a report is sent."""


def script_of(services: Services, language: str) -> list[Take]:
    """Every take in `language`, those that a caller who reports hears first.

    Raises what is in `hotline.menu.WRONG_FILE`.
    """
    hours = sorted({str(one.target_hours) for one in services.services.values()})
    days = [str(services.settings.retention.recordings_days)]
    counted = {"hours": hours, "days": days}

    def values(_name: str, kind: str) -> Iterable[str]:
        """All that this placeholder can be here: digits, and the spans of time that there are."""
        if kind in ("digits", "dictated", "last4", "phone"):
            return ("0123456789",)
        return counted.get(kind, ())

    return script(
        services.catalogue,
        flows(services),
        language,
        to=SENT,
        counted=values,
        recorded=recording_hashes(services.recorded_prompts),
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """A take that was imported: `new`, `changed`, or the `same` as is kept. `seconds` long."""

    name: str
    outcome: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of a folder. `missing` are the takes of its languages that nobody has sent yet."""

    taken: tuple[Taken, ...]
    refused: tuple[tuple[Path, str], ...]
    missing: tuple[Take, ...]

    @property
    def changed(self) -> bool:
        """Whether callers hear anything else than before."""
        return any(one.outcome != "same" for one in self.taken)


def import_takes(
    services: Services,
    folder: Path,
    language: str | None,
    progress: Progress = lambda *_: None,
    as_roles: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> ImportReport:
    """Put the takes of `folder` that are fit to be heard where recordings live, all at once.

    Their sounds are made before, as the roles (`as_roles`), so that who takes the new recordings up
    finds them. Nothing of a take that is refused is kept. Raises OSError when the disk refuses,
    and what is in `hotline.menu.WRONG_FILE`: then nothing was changed.
    """
    scripts = {one: script_of(services, one) for one in services.catalogue.languages}
    found = incoming(folder, scripts, language)
    refused = list(found.refused)
    ready: dict[str, bytes] = {}
    seconds: dict[str, float] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        names = list(found.takes)
        results = pool.map(lambda name: _judged(*found.takes[name]), names)
        for done, (name, (sound, lasts, why)) in enumerate(
            zip(names, results, strict=True), start=1
        ):
            progress(done, len(names), name)
            if sound:
                ready[name], seconds[name] = sound, lasts
            else:
                refused.append((found.takes[name][0], why))
    kept = recording_hashes(services.recorded_prompts)
    outcomes = {name: _outcome(sound, kept.get(name)) for name, sound in ready.items()}
    changes = {name: ready[name] for name, outcome in outcomes.items() if outcome != "same"}
    for name, why in _put(services, changes, progress, as_roles).items():
        refused.append((found.takes[name][0], why))
        del outcomes[name]
    about = {take.language for _, take in found.takes.values()} | (
        {language} if language else set()
    )
    missing = tuple(
        take
        for one in sorted(about)
        for take in scripts.get(one, ())
        if take.full_name not in kept and take.full_name not in outcomes
    )
    taken = tuple(Taken(name, how, seconds[name]) for name, how in sorted(outcomes.items()))
    return ImportReport(taken, tuple(sorted(refused)), missing)


def _judged(path: Path, take: Take) -> tuple[bytes, float, str]:
    """The take as it is kept (a WAV file), its length; or why it is not."""
    try:
        found = judged(path.read_bytes(), take)
    except OSError as error:
        return b"", 0.0, (error.strerror or "cannot be read").lower()
    if found.samples is None:
        return b"", 0.0, "; ".join(found.faults)
    return _wav(found.samples), found.seconds, ""


def _wav(samples: Samples) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(WIDE)
        file.writeframes(np.rint(samples * 32767).astype("<i2").tobytes())
    return out.getvalue()


def _outcome(sound: bytes, kept: str | None) -> str:
    if kept is None:
        return "new"
    return "same" if hashlib.sha256(sound).hexdigest() == kept else "changed"


def _put(
    services: Services,
    changes: Mapping[str, bytes],
    progress: Progress,
    as_roles: Callable[[], AbstractContextManager[None]],
) -> Mapping[str, str]:
    """Make the sounds of `changes`, then exchange the folder; what could not be made, and why."""
    if not changes:
        return {}
    folder, sounds = services.recorded_prompts, services.settings.sounds
    with staged(folder, changes) as stage:
        catalogue = services.files.catalogue_with(stage)
        with as_roles():
            report = build(
                catalogue,
                sounds,
                progress,
                recordings=stage,
                kept_voices=services.kept_voices,
                commands=services.settings.voice_commands,
            )
        lost = {
            catalogue.sources[sound].recording: failure.why
            for failure in report.failures
            for sound in failure.sounds
        }
        wrong = {name: why for name, why in lost.items() if name in changes}
        for name in wrong:
            (stage / f"{name}.wav").unlink()
            before = folder / f"{name}.wav"
            if before.exists():
                (stage / f"{name}.wav").hardlink_to(before)
        if len(wrong) < len(changes):
            put_in_place(stage, folder)
    return wrong

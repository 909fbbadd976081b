"""A studio's takes, put where callers hear them."""

import hashlib
import io
import os
import wave
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hotline.bootstrap import Services
from hotline.studio import script_of
from voice.build import Progress, build
from voice.exchange import one_at_a_time, put_in_place, staged
from voice.incoming import incoming
from voice.samples import Samples
from voice.script import Take
from voice.studio import recorded_texts, recording_hashes
from voice.takes import judged
from voice.wav import WIDE


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
    with one_at_a_time(services.recorded_prompts):
        kept = recording_hashes(services.recorded_prompts)
        outcomes = {name: _outcome(sound, kept.get(name)) for name, sound in ready.items()}
        changes = {name: ready[name] for name, outcome in outcomes.items() if outcome != "same"}
        texts = {name: found.takes[name][1].text for name in outcomes}
        lost = _put(services, changes, texts, progress, as_roles)
    for name, why in lost.items():
        refused.append((found.takes[name][0], why))
        del outcomes[name]
    about = {take.language for _, take in found.takes.values()} | (
        {language} if language else set()
    )
    missing = tuple(
        take
        for one in sorted(about)
        for take in scripts.get(one, ())
        if take.full_name not in outcomes and (take.outdated or not take.recording)
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
    texts: Mapping[str, str],
    progress: Progress,
    as_roles: Callable[[], AbstractContextManager[None]],
) -> Mapping[str, str]:
    """Make the sounds of `changes`, then exchange the folder; what could not be made, and why.

    `texts` is what all the takes were imported for: it is kept beside them.
    """
    folder, sounds = services.recorded_prompts, services.settings.sounds
    known = recorded_texts(folder)
    files = {f"{name}.wav": sound for name, sound in changes.items()}
    files |= {
        f"{name}.txt": text.encode() for name, text in texts.items() if known.get(name) != text
    }
    if not files:
        return {}
    with staged(folder, files) as stage:
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
            for suffix in (".wav", ".txt"):
                (stage / f"{name}{suffix}").unlink(missing_ok=True)
                before = folder / f"{name}{suffix}"
                if before.exists():
                    (stage / f"{name}{suffix}").hardlink_to(before)
        put_in_place(stage, folder)
    return wrong

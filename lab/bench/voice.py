"""What a recogniser understands of the prompts, as a telephone carries them."""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
import soundfile

from ivr.catalogue import Source
from ivr.prompts import Catalogue
from ivr.spoken.language import Language
from ivr.voices import DEFAULT
from lab.bench.figures import Figure, Measured, difference
from lab.bench.house import BenchFailed, NotHere
from lab.bench.reading import error_rate
from lab.bench.setting import Bench
from voice.samples import Samples
from voice.sound import read
from voice.voice import default_command, spoken
from voice.wav import RATE, AudioError
from voice.writing import without_marks

NOTES = (
    "texts of three words and more, the same in every run; 8 kHz, coded and decoded as G.711 does; "
    "heard by Whisper base (tools/whisper/setup), which knows Arabic less well than people do: "
    "compare with figures of the same recogniser alone",
)
_HEAR = Path(__file__).parents[2] / "tools" / "whisper" / "hear.py"
_WORDS = 3
_MU = 255


@dataclass(frozen=True, slots=True)
class _Heard:
    """How much of what was said was lost (of all characters), and how sure the recogniser was."""

    lost: float
    sure: float


def measure(bench: Bench) -> Iterator[Figure]:
    """The prompts of each language, as they are built, beside what they are compared with."""
    services = bench.services
    python = services.settings.cache_dir / "whisper" / "bin" / "python"
    if not python.exists() or not _HEAR.exists():
        raise NotHere("no recogniser is installed: tools/whisper/setup")
    built: dict[str, _Heard] = {}
    for language in services.catalogue.languages:
        spoken_in = services.catalogue.spoken[language]
        texts = chosen(services.catalogue, language, bench.sizes.voice_texts)
        bench.say(f"{len(texts)} prompts in {language}")
        try:
            sounds = services.settings.sounds
            ours = [(source.text, read(sounds, audio).narrow) for audio, source in texts]
            command = default_command(spoken_in.voice)
            plain = [(text, spoken(command, text).narrow) for text, _ in ours]
        except AudioError as error:
            raise BenchFailed(str(error)) from error
        built[language] = _hear(python, spoken_in, ours)
        voices = sorted({source.voice for _, source in texts})
        if voices != [DEFAULT]:
            name = f"prompts in {language}, by {' and '.join(voices)}"
            espeak = _hear(python, spoken_in, plain)
            yield from _figures(name, built[language], f"the same by {DEFAULT}", espeak)
    if {"ar", "en"} <= built.keys():
        yield from _figures("prompts in ar", built["ar"], "prompts in en", built["en"])


def chosen(catalogue: Catalogue, language: str, count: int) -> list[tuple[str, Source]]:
    """So many of the texts of a language that are sentences, the same in every run."""
    found = [
        (audio, source)
        for audio, source in catalogue.sources.items()
        if source.language == language and not source.form and len(source.text.split()) >= _WORDS
    ]
    # In the order of a sum over the text: one of every kind, and the same ones in every run.
    found.sort(key=lambda item: hashlib.sha256(item[1].text.encode()).digest())
    return found[:count]


def by_telephone(samples: Samples) -> Samples:
    """Coded and decoded as G.711 µ-law does, by its curve in 256 steps."""
    curved = np.sign(samples) * np.log1p(_MU * np.abs(samples)) / np.log1p(_MU)
    stepped = np.round((curved + 1) / 2 * _MU) / _MU * 2 - 1
    heard: Samples = np.sign(stepped) * ((1 + _MU) ** np.abs(stepped) - 1) / _MU
    return heard


def _figures(name: str, ours: _Heard, than: str, against: _Heard) -> Iterator[Figure]:
    yield difference(
        "characters lost to a recogniser",
        Measured(name, 100 * ours.lost, "%"),
        Measured(than, 100 * against.lost, "%"),
    )
    yield difference(
        "how sure it is of the words that were said (0: certain)",
        Measured(name, ours.sure, "ln p"),
        Measured(than, against.sure, "ln p"),
    )


def _hear(python: Path, language: Language, said: Sequence[tuple[str, Samples]]) -> _Heard:
    with tempfile.TemporaryDirectory() as folder:
        lines = []
        for number, (text, samples) in enumerate(said):
            path = Path(folder, f"{number}.wav")
            soundfile.write(path, by_telephone(samples), RATE, subtype="FLOAT")
            asked = {"file": str(path), "language": language.code, "text": without_marks(text)}
            lines.append(json.dumps(asked, ensure_ascii=False))
        done = subprocess.run(
            [python, _HEAR], input="\n".join(lines), capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise BenchFailed(f"the recogniser failed: {done.stderr.strip().splitlines()[-1:]}")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    lengths = [len(text) for text, _ in said]
    lost = sum(
        length * error_rate(text, answer["heard"], language)
        for length, (text, _), answer in zip(lengths, said, answers, strict=True)
    )
    return _Heard(lost / sum(lengths), mean(answer["sure"] for answer in answers))

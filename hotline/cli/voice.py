"""`hotline voice try`: what callers would hear of a text, by any voice."""

import math
import subprocess
import sys
import tempfile
from pathlib import Path

import rich_click as click

from files.yaml_model import FileWrong
from hotline.bootstrap import Services
from hotline.cli.players import player_here
from hotline.logs import is_terminal
from ivr.prompts import CatalogueError
from ivr.voices import BUNDLED, COMMAND, DEFAULT, kept_of
from voice.bundled import bundled
from voice.keeping import About, keep, texts_of
from voice.kept import KeptWrong, kept_audio
from voice.loudness import loudness, peak
from voice.sound import Sound, write
from voice.voice import default_command, shaped, spoken
from voice.wav import RATE, AudioError
from voice.writing import WRITTEN, command_of

_UNPLAYED = Path("voice-try.wav")


@click.group("voice")
def voice_group() -> None:
    """The voice that says prompts: hear it."""


@voice_group.command("try")
@click.argument("text")
@click.option("--language", help="Of which language, by its code: ar")
@click.option("--ar", "arabic", is_flag=True, help="The same as --language ar")
@click.option("--en", "english", is_flag=True, help="The same as --language en")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a WAV file")
@click.option("--command", "line", help="Another program than that of the settings")
@click.option("--text", "written", type=click.Choice(tuple(WRITTEN)), help="How it is handed over")
@click.pass_obj
def try_command(
    services: Services,
    text: str,
    language: str | None,
    arabic: bool,
    english: bool,
    out: Path | None,
    line: str | None,
    written: str | None,
) -> None:
    """Say TEXT as callers would hear it: 8 kHz, level, with pauses between sentences.

    By the program that is named, else by the language's own voice: what is kept with the prompts
    is heard as it is kept, all else by espeak-ng. It is played, or written where nothing plays it.
    The text is said as it stands: {values} are none here. Exit status: 0 done, 1 the voice failed,
    2 wrong words.
    """
    chosen = {language} if language else set()
    chosen |= {"ar"} if arabic else set()
    chosen |= {"en"} if english else set()
    if len(chosen) != 1:
        raise click.UsageError("say which language: --ar, --en or --language CODE")
    (code,) = chosen
    if not any(map(str.isalnum, text)):
        raise click.UsageError("there is nothing to say in it: no letter and no digit")
    _check_known(services, code)
    try:
        by, sound = _said(services, code, text, line, written)
    except ValueError as error:
        raise click.UsageError(f"--command: {error}") from error
    except (AudioError, KeptWrong) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    heard = sound.narrow
    peak_db = 20 * math.log10(peak(heard, RATE))
    click.echo(
        f"by {by}: {len(heard) / RATE:.1f} s, {loudness(heard, RATE):.1f} LUFS, "
        f"peak {peak_db:.1f} dBFS"
    )
    _hand_over(sound, out)


@voice_group.command("keep")
@click.option("--language", required=True, help="Which, by its code: ar")
@click.option("--command", "line", required=True, help="The program that says it")
@click.option("--voice", required=True, help="What the voice is, as in 'Kokoro-82M v1.0, af_heart'")
@click.option("--source", required=True, help="Where it is from")
@click.option("--licence", required=True, help="Under which terms")
@click.pass_obj
def keep_command(
    services: Services, language: str, line: str, voice: str, source: str, licence: str
) -> None:
    """Have a program say every sentence and word once, and keep it with the prompts (Opus).

    What is kept of the same command already is not said again; what no prompt says any more goes.
    Exit status: 0 done, 1 for any text that failed, 2 wrong words.
    """
    _check_known(services, language)
    folder = services.kept_voices / language
    try:
        command = command_of(f"marks {line}")
        report = keep(
            texts_of(services.catalogue, language),
            command,
            folder,
            About(voice, source, licence, line),
            lambda done, total, text: click.echo(f"{done}/{total} {text}", err=True),
        )
    except ValueError as error:
        raise click.UsageError(f"--command: {error}") from error
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"{folder}: {error.strerror}", err=True)
        sys.exit(1)
    for text, why in sorted(report.failures.items()):
        click.echo(f"{text!r}: {why}", err=True)
    click.echo(
        f"{report.said} said, {report.kept} kept before, {report.pruned} taken away; {folder}"
    )
    sys.exit(1 if report.failures else 0)


def _check_known(services: Services, language: str) -> None:
    try:
        known = services.languages
    except FileWrong as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if language not in known:
        raise click.UsageError(f"{language}: there are {', '.join(known)}")


def _said(
    services: Services, language: str, text: str, line: str | None, written: str | None
) -> tuple[str, Sound]:
    """Who said it, and the sound.

    Raises AudioError, KeptWrong, and ValueError for a line that is none.
    """
    settings = services.settings
    if line is None:
        line = settings.voice.get(language) or None
    if line is not None:
        command = command_of(f"{written or settings.voice_text.get(language, 'marks')} {line}")
        return f"{COMMAND} {command.argv[0]}", spoken(command, text)
    kept = kept_audio(services.kept_voices).get(language, {})
    contents = kept_of(kept, text) or kept_of(kept, text, "word")
    if contents:
        return BUNDLED, shaped(list(bundled(services.kept_voices, language, contents)), "")
    return DEFAULT, spoken(default_command(services.languages[language].voice), text)


def _hand_over(sound: Sound, out: Path | None) -> None:
    player = player_here()
    if out is None and player is not None and is_terminal(sys.stdout):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), "said", sound)
            subprocess.run([*player, f"{folder}/said.wav"], check=False)
        return
    path = out or _UNPLAYED
    with tempfile.TemporaryDirectory(dir=path.absolute().parent) as folder:
        write(Path(folder), "said", sound)
        Path(folder, "said.wav").replace(path)
    click.echo(f"written to {path}")

"""`hotline call`: play a caller transcript, or a folder of them; or call what runs (`--to`)."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import rich_click as click

from embedded.asterisk.install import AsteriskUnavailable
from embedded.asterisk.instance import AsteriskFailed
from files.yaml_model import FileWrong
from hotline.bootstrap import Services
from hotline.logs import configure
from ivr.load import FlowFileError
from ivr.prompts import CatalogueError
from lab.callers.agi_driver import AgiDriver
from lab.callers.engine_driver import EngineDriver
from lab.callers.line import Driver
from lab.callers.runs import Result, run_all
from lab.transcript import Transcript, TranscriptError, find_transcripts, load_transcript
from voice.wav import AudioError

SIP_JOBS = 3
NUMBER = "94000"
"""What a canary shows when it is told nothing else: no telephone has it."""


@click.command("call")
@click.option(
    "--transcript",
    "path",
    type=click.Path(exists=True, path_type=Path),
    help="A transcript, or a folder of them",
)
@click.option("--to", metavar="sip:940@HOST", help="Call an installation that runs, as a canary")
@click.option(
    "--from", "number", default=NUMBER, show_default=True, help="The number that --to shows"
)
@click.option(
    "--within",
    type=click.FloatRange(1, 600),
    default=30.0,
    show_default=True,
    help="Seconds for --to: the answer, the welcome and the record",
)
@click.option("--no-record", is_flag=True, help="With --to: do not look for the call's record")
@click.option(
    "--via",
    type=click.Choice(["engine", "agi", "twilio", "sip"]),
    default="engine",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a transcript, or a call")
@click.option("--jobs", type=click.IntRange(1, 16), help="Calls at once (a folder by sip: 3)")
@click.pass_obj
def call_command(
    services: Services,
    path: Path | None,
    to: str | None,
    number: str,
    within: float,
    no_record: bool,
    via: str,
    as_json: bool,
    jobs: int | None,
) -> None:
    """Play a caller transcript; exit 0 as written, 1 at a difference, 2 when the file is wrong.

    With --to, call an installation that runs: 0 when the welcome was heard and the call recorded,
    1 when not, with the reason. Let HOTLINE_SCREENING__EXEMPT name the number that it shows.
    """
    if services.settings.log.level == "info":
        configure("warning", services.settings.log.format)  # what the calls log is not the result
    if (path is None) == (to is None):
        raise click.UsageError("name a transcript (--transcript) or whom to call (--to)")
    if path is None:
        from hotline.installation.rights import become_steward
        from lab.cli.canary import call_canary  # numpy is needed by this one alone

        assert to is not None
        if services.settings.home is not None:  # it reads the database, and enters no Asterisk
            become_steward(services.settings.state_dir)
        return call_canary(services, to, number, within, record=not no_record, as_json=as_json)
    return _play(services, path, via, as_json=as_json, jobs=jobs)


def _play(services: Services, path: Path, via: str, *, as_json: bool, jobs: int | None) -> None:
    transcripts = _load(path)
    at_once = jobs or (SIP_JOBS if path.is_dir() and via == "sip" else 1)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        for result in run_all(services, _driver(via, services), transcripts, at_once):
            counts[_told(result, as_json=as_json)] += 1
    except (TranscriptError, FlowFileError, CatalogueError, FileWrong) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except (AsteriskUnavailable, AsteriskFailed, AudioError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if path.is_dir():
        skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
        line = f"{counts['passed']} passed, {counts['failed']} failed{skipped}"
        click.echo(line, err=as_json)
    sys.exit(1 if counts["failed"] else 0)


def _load(path: Path) -> list[Transcript]:
    """Every transcript; all mistakes of all files are told before any call is made."""
    transcripts: list[Transcript] = []
    messages: list[str] = []
    for file in find_transcripts(path):
        try:
            transcripts.append(load_transcript(file))
        except TranscriptError as error:
            messages += error.messages
    if not transcripts and not messages:
        messages = [f"{path}:0: no *.yaml in this folder"]
    if messages:
        click.echo("\n".join(messages), err=True)
        sys.exit(2)
    return transcripts


def _driver(via: str, services: Services) -> Callable[[], AbstractContextManager[Driver]]:
    match via:
        case "sip":
            # Imported here: numpy and the rest are not needed by the others.
            from hotline.cli.building import build_with_progress
            from lab.callers.sip_driver import open_sip_driver

            build_with_progress(services).whole()
            return lambda: open_sip_driver(services)
        case "twilio":
            from hotline.cli.building import build_with_progress
            from lab.callers.twilio_driver import TwilioDriver
            from lab.callers.twilio_server import application

            try:
                build_with_progress(services).whole()
            except AudioError as error:  # what has no sound is said by a voice of Twilio's
                click.echo(f"synthetic voices: {error}", err=True)
            made = application(services)
            return lambda: nullcontext(TwilioDriver(services.catalogue, made))
        case "agi":
            return lambda: nullcontext(AgiDriver(services.catalogue))
        case _:
            return lambda: nullcontext(EngineDriver())


def _told(result: Result, *, as_json: bool) -> str:
    """Print one result; whether it is passed, failed or skipped."""
    transcript = result.transcript
    title = f"{transcript.name} ({transcript.path.name})"
    if as_json and result.facts is not None:
        click.echo(result.facts.to_json())
    if result.skipped:
        click.echo(f"skipped  {title}\n  {result.skipped}", err=as_json)
        return "skipped"
    if result.difference is not None:
        difference = result.difference
        at = f", line {difference.line}" if difference.line else ""
        click.echo(
            f"FAILED   {title}\n"
            f"  {difference.where}{at}\n"
            f"  expected: {difference.expected}\n"
            f"  heard:    {difference.heard}",
            err=as_json,
        )
        return "failed"
    if not as_json:
        click.echo(f"passed   {title}")
    return "passed"

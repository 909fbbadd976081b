"""`hotline prompts`: the prompts' audio, built and checked; what a studio says, and its takes."""

import io
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from host.word import words
from hotline.bootstrap import Services
from hotline.cli.building import bar, build_with_progress
from hotline.cli.reload import reload_roles, tell_answer
from hotline.installation.rights import for_the_roles
from ivr.prompts import CatalogueError, prompt_findings
from voice.ready import check

if TYPE_CHECKING:
    from hotline.takes import ImportReport

_SHOWN = 8
_RELOAD_S = 30.0


@click.group("prompts")
def prompts_group() -> None:
    """The prompts' audio: build and check; script and import for a studio."""


@prompts_group.command("build")
@click.option("--prune", is_flag=True, help="Take away sounds that no prompt uses any more")
@click.pass_obj
def build_command(services: Services, prune: bool) -> None:
    """Make the sound of every prompt, digit and word that is not there yet."""
    try:
        with for_the_roles(services.settings):
            report = build_with_progress(services, prune=prune)
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for failure in report.failures:
        click.echo(str(failure), err=True)
    for name in report.unused_recordings:
        click.echo(f"{name}: a recording that no prompt uses", err=True)
    click.echo(
        f"{report.made} sounds made, {report.kept} there already, {report.pruned} taken away; "
        f"in {services.settings.sounds}"
    )
    if report.failures:
        click.echo(f"{len(report.failures)} texts could not be said", err=True)
        sys.exit(1)


@prompts_group.command("check")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
@click.pass_obj
def check_command(services: Services, as_json: bool) -> None:
    """List prompts that have no audio, texts that a voice would say wrong, and a studio's takes of
    words that have changed since; exit 1 for any.
    """
    from hotline.studio import outdated_takes

    try:
        missing = check(services.catalogue, services.settings.sounds)
        findings = prompt_findings(services.catalogue)
        outdated = [take.full_name for take in outdated_takes(services)]
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        rows = [asdict(item) for item in missing]
        texts = [str(finding) for finding in findings]
        shown = {"missing": rows, "texts": texts, "outdated_takes": outdated}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for item in missing:
            click.echo(f"{item.language} {item.audio}: {item.why}: {item.text}")
        for finding in findings:
            click.echo(str(finding))
        for name in outdated:
            click.echo(f"{name}: its take says other words than the prompt does now")
        click.echo(
            f"{len(missing)} sounds missing, {len(findings)} texts to mend, "
            f"{len(outdated)} takes to say anew"
        )
    sys.exit(1 if missing or findings or outdated else 0)


@prompts_group.command("script")
@click.option("--language", required=True, help="Of the voice, by its code: ar")
@click.option("--core", is_flag=True, help="Only what a caller who reports hears")
@click.option(
    "--csv", "as_csv", is_flag=True, help="For a spreadsheet, in place of a page to print"
)
@click.option("--missing", is_flag=True, help="Only what is not recorded, or in other words")
@click.pass_obj
def script_command(
    services: Services, language: str, core: bool, as_csv: bool, missing: bool
) -> None:
    """Write what a studio must say, on the standard output: a page to print (HTML), or CSV.

    Every fragment of every prompt, every digit, counted word and letter; those that a caller who
    reports hears come first.
    """
    from hotline.menu import WRONG_FILE
    from hotline.script_page import script_page, write_script_csv
    from hotline.studio import script_of

    try:
        if language not in services.catalogue.languages:
            known = ", ".join(services.catalogue.languages)
            raise click.UsageError(f"{language}: there are prompts in {known}")
        takes = script_of(services, language)
    except WRONG_FILE as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    takes = [take for take in takes if take.core or not core]
    if missing:
        takes = [take for take in takes if take.outdated or not take.recording]
    if as_csv:
        out = io.StringIO(newline="")
        write_script_csv(takes, out)
        click.echo(out.getvalue().encode(), nl=False)
    else:
        click.echo(script_page(takes, services.catalogue.spoken[language]).encode(), nl=False)


@prompts_group.command("voices")
@click.option("--language", help="Only this one, by its code: ar")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of all ways, with every sound")
@click.pass_obj
def voices_command(services: Services, language: str | None, as_json: bool) -> None:
    """Tell whose voice is heard on each way to a sent report; exit 1 where voices are mixed.

    Each way by number plate, in each language, the most mixed first.
    """
    from hotline.menu import WRONG_FILE
    from hotline.voices_heard import heard_ways

    try:
        ways = [way for way in heard_ways(services) if language in (None, way.language)]
    except WRONG_FILE as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps([asdict(way) for way in ways], ensure_ascii=False, indent=2))
    else:
        for way in ways:
            keys = " ".join(way.presses)
            one = ", ".join(sorted(set(way.sounds.values())))
            told = str(way) if way.mixed else f"{way.service}: {len(way.sounds)} sounds by {one}"
            click.echo(f"{way.language} {keys}: {told}")
        odd = dict.fromkeys(name for way in ways if way.mixed for name in way.odd)
        if odd:
            click.echo(f"{len(odd)} sounds in another voice: {', '.join(odd)}")
    sys.exit(1 if any(way.mixed for way in ways) else 0)


@prompts_group.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--language", help="Of files that lie in FOLDER itself: ar, en")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines")
@click.pass_obj
def import_command(services: Services, folder: Path, language: str | None, as_json: bool) -> None:
    """Take over a studio's takes: WAV, FLAC or MP3 files named as `hotline prompts script` says.

    They lie in FOLDER, or in a folder for each language in it. Ends are cut, loudness is evened
    (EBU R 128), and the next call hears them: roles of this machine take them up at once, but where
    Asterisk has a copy of its own. A take that is clipped, noisy, too quiet, too long or of an
    unknown name is told and left out; the others are imported. Exit 1 when any was left out, 2 for
    a folder or language that is not there.
    """
    from hotline.menu import WRONG_FILE
    from hotline.takes import import_takes

    try:
        languages = services.catalogue.languages
        if language is not None and language not in languages:
            raise click.UsageError(f"{language}: there are prompts in {', '.join(languages)}")
        with bar("takes") as progress:
            report = import_takes(
                services, folder, language, progress, lambda: for_the_roles(services.settings)
            )
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except WRONG_FILE as error:
        wrong_input = not isinstance(error, OSError)
        click.echo(str(error), err=True)
        sys.exit(2 if wrong_input else 1)
    if as_json:
        click.echo(json.dumps(_import_told(report), ensure_ascii=False, indent=2))
    else:
        _tell_import(report)
    heard = not report.changed or _heard(services)
    sys.exit(1 if report.refused or not heard else 0)


def _import_told(report: "ImportReport") -> dict[str, object]:
    return {
        "taken": [asdict(one) for one in report.taken],
        "refused": [{"file": str(path), "why": why} for path, why in report.refused],
        "missing": [take.full_name for take in report.missing],
    }


def _tell_import(report: "ImportReport") -> None:
    for one in report.taken:
        click.echo(f"{one.outcome:<8} {one.name}: {one.seconds:.1f} s")
    for path, why in report.refused:
        click.echo(f"LEFT OUT {path}: {why}", err=True)
    counts = Counter(one.outcome for one in report.taken)
    click.echo(
        f"{counts['new']} new, {counts['changed']} changed, {counts['same']} the same as before, "
        f"{len(report.refused)} left out"
    )
    lost = [take.full_name for take in report.missing]
    if lost:
        core = sum(take.core for take in report.missing)
        shown = ", ".join(lost[:_SHOWN]) + (", …" if len(lost) > _SHOWN else "")
        click.echo(
            f"{len(lost)} takes are missing, {core} of them of what a caller who reports hears: "
            f"{shown}; all by `hotline prompts script --missing`"
        )


def _heard(services: Services) -> bool:
    """Have the roles of this machine take the recordings up; whether that can be said of all."""
    if services.settings.agi.sounds_prefix:
        mend = "`hotline asterisk install --to /`, then `hotline reload`"
        click.echo(f"Asterisk plays a copy: {mend}", err=True)
        return True
    if not any(said.what for said in words(services.settings.state_dir)):
        return True
    faults, answers = reload_roles(services.read_again(), _RELOAD_S)
    for fault in faults:
        click.echo(fault, err=True)
    for answer in answers:
        tell_answer(answer, as_json=False)
    return not faults and all(answer.well for answer in answers)

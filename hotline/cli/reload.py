"""`hotline reload`: check what people edit, and have this machine's roles take it up."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rich_click as click

from host.word import Said, words
from hotline.bootstrap import Services
from hotline.menu import WRONG_FILE, written_findings
from hotline.prints import digest, prints_of

DELIVERS = "worker"
"""The role that has the secrets of destinations."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it in one process.

    `taken`, `same`, `refused`, `silent`, `gone`, `elsewhere`, or `untold`: a worker has refused.
    """

    role: str
    pid: int
    outcome: str
    files: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether it goes by the files as they are; who has ended reads them when it starts."""
        return self.outcome in ("taken", "same", "gone")


within_option = click.option(
    "--within",
    type=click.FloatRange(1, 600),
    default=30.0,
    show_default=True,
    help="Seconds to wait for the roles' answers",
)


@click.command("reload")
@within_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a process")
@click.pass_obj
def reload_command(services: Services, within: float, as_json: bool) -> None:
    """Have this machine's roles take up changed prompts, flows, services and policy.

    Calls in progress go on. Exit 1, and nothing is changed, where the files have mistakes; 1 too
    when a role does not take them up, or none runs here. What workers would miss is told.
    """
    faults, answers = reload_roles(services, within)
    if faults:
        click.echo("\n".join([*faults, "nothing was changed"]), err=True)
        sys.exit(1)
    findings = services.outbound.unbuilt()
    for finding in findings:
        click.echo(finding, err=True)
    if not answers:
        known = "workers need what is missing" if findings else "the files are right"
        state = services.settings.state_dir
        click.echo(f"{known}; no role runs here (state in {state})", err=True)
        sys.exit(1)
    for answer in answers:
        tell_answer(answer, as_json=as_json)
    sys.exit(0 if all(answer.well for answer in answers) else 1)


def reload_roles(services: Services, within: float) -> tuple[list[str], list[Answer]]:
    """Have this machine's roles take up the files that `services` has read.

    What is wrong with the files, and then nobody was told; else what each role answered within so
    many seconds, none where none runs.
    """
    faults = mistakes(services)
    return faults, [] if faults else tell_roles(services, within)


def mistakes(services: Services) -> list[str]:
    """What stands in the way of taking up the files that `services` reads."""
    asked = [said for said in words(services.settings.state_dir) if said.what]
    try:
        return [*_mistakes(services, asked)]
    except WRONG_FILE as error:
        return str(error).splitlines()


def tell_roles(services: Services, within: float) -> list[Answer]:
    """Have this machine's roles take up the files as they are; what each answered in time (s).

    A secret that is not in our environment may be in the workers'. So where one is missing they are
    told first; and where one of them refuses, nobody else sends tickets where they cannot go.
    """
    state = services.settings.state_dir
    asked = [said for said in words(state) if said.what]
    wanted = digest(prints_of(services.settings.config_dir))
    first = [said for said in asked if said.role == DELIVERS]
    if not first or not services.outbound.unbuilt():
        return list(_answers(state, asked, wanted, within))
    rest = [said for said in asked if said not in first]
    answers = list(_answers(state, first, wanted, within))
    if any(answer.outcome == "refused" for answer in answers):
        return [*answers, *(Answer(said.role, said.pid, "untold") for said in rest)]
    return [*answers, *_answers(state, rest, wanted, within)]


def _mistakes(services: Services, asked: list[Said]) -> Iterator[str]:
    for finding in written_findings(services):
        if finding.loses_callers:
            yield str(finding)
    if any(said.role == "agi" for said in asked):
        has = services.sound_folder.has
        lost = [audio for audio in services.catalogue.sources if not has(audio)]
        if lost:
            first = services.settings.sounds / f"{lost[0]}.wav"
            yield f"{first}: one of {len(lost)} sounds that are away: `hotline prompts build` first"


def _answers(state: Path, asked: list[Said], wanted: str, within: float) -> Iterator[Answer]:
    """Tell each process, then wait for what it says."""
    told = [said for said in asked if said.here and _hang_up(said.pid)]
    for said in asked:
        if not said.here:
            yield Answer(said.role, said.pid, "elsewhere")
        elif said not in told:
            yield Answer(said.role, said.pid, "gone")
    deadline = time.monotonic() + within
    while told:
        late = time.monotonic() > deadline
        now = {(said.role, said.pid): said for said in words(state) if said.here}
        for before in tuple(told):
            answer = _answer(before, now.get((before.role, before.pid)), wanted, late=late)
            if answer is not None:
                told.remove(before)
                yield answer
        if told:
            time.sleep(_POLL_S)


def _answer(before: Said, after: Said | None, wanted: str, *, late: bool) -> Answer | None:
    """What it has answered; None while it may still."""
    if after is None:
        return Answer(before.role, before.pid, "gone")
    what = after.what
    if what["looks"] <= before.what["looks"] or what["looked_at"] != wanted:
        return Answer(before.role, before.pid, "silent") if late else None
    files, faults = tuple(what["changed"]), tuple(what["faults"])
    outcome = "refused" if faults else "taken" if before.what["running"] != wanted else "same"
    return Answer(before.role, before.pid, outcome, files, faults, restart=tuple(what["restart"]))


def _hang_up(pid: int) -> bool:
    """Whether it could be told. Raises PermissionError where it is another user's."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGHUP)
        return True
    return False


def tell_answer(answer: Answer, *, as_json: bool) -> None:
    """A line of what one process answered."""
    if as_json:
        fields: dict[str, Any] = {name: getattr(answer, name) for name in answer.__slots__}
        click.echo(json.dumps(fields))
        return
    words_of = {
        "taken": f"took up {', '.join(answer.files)}",
        "same": "has these files already",
        "refused": "REFUSED them, and goes on with those it has",
        "silent": "gave NO ANSWER in time: see its log",
        "gone": "has ended: it reads them when it starts",
        "untold": "was not told: it has what it had",
        "elsewhere": "runs in another container: send SIGHUP to it there",
    }
    click.echo(f"{answer.role:<8}{answer.pid:>8}  {words_of[answer.outcome]}")
    for fault in answer.faults:
        click.echo(f"{'':18}{fault}")
    for name in answer.restart:
        click.echo(f"{'':18}{name} has changed too, and needs a restart")

"""`hotline flow publish`, `history` and `rollback`: which version of the menu leads calls."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

import rich_click as click

from blacklist.entry import EntryRefused
from host.word import words
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import print_columns
from hotline.cli.reload import Answer, mistakes, tell_answer, tell_roles, within_option
from hotline.flow_changes import Changed, NoVersion, Unfit, history_of, publish, roll_back
from hotline.flow_history import Change, Step
from hotline.measured import tedious
from hotline.menu import WRONG_FILE
from ivr.load import FlowFileError

note_option = click.option("--note", default="", help="Why, for those who read the history")


@click.command("publish")
@note_option
@asking.who_option
@within_option
@click.option("--dry-run", is_flag=True, help="Check, and tell what would change")
@asking.json_option
@click.pass_obj
def publish_command(
    services: Services, note: str, who: str | None, within: float, dry_run: bool, as_json: bool
) -> None:
    """Have calls that begin from now on be led by the menu as its files have it.

    All files are checked first, as `hotline reload` does; with a mistake nothing is changed. Calls
    in progress go on in the version that they began with. A version is kept, and named by what it
    says: `hotline flow rollback` brings back an earlier one. A menu that asks more of callers than
    its limits is published all the same, and told of.

    Exit 1 where the files have mistakes, or a role does not take them up; 2 for an unreadable one.
    """
    with _plain_errors():
        by = asking.person(who, "manager").name
        done = publish(services, mistakes, by, note, dry_run=dry_run)
        answers = [] if dry_run else tell_roles(services, within)
        for finding in tedious(services):
            click.echo(str(finding), err=True)
    said = "would be published" if dry_run else "published"
    _tell(done, "leads calls already" if done.same else said, answers, as_json=as_json)


@click.command("rollback")
@click.argument("version", required=False)
@note_option
@asking.who_option
@within_option
@asking.json_option
@click.pass_obj
def rollback_command(
    services: Services,
    version: str | None,
    note: str,
    who: str | None,
    within: float,
    as_json: bool,
) -> None:
    """Have calls that begin from now on be led by an earlier VERSION [default: the one before].

    Its files take the place of those in config/flows; changes there that have led no call are kept
    too. It is checked first, with the prompts and services of now; with a mistake nothing is
    changed. Calls in progress go on in the version that they began with.

    Exit 1 where it does not go with the other files, or a role does not take it up; 2 where
    there is no such version.
    """
    with _plain_errors():
        by = asking.person(who, "manager").name
        done = roll_back(services, mistakes, by, note, version)
        answers = tell_roles(services, within)
    _tell(done, "leads calls again", answers, as_json=as_json)


@click.command("history")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest steps")
@asking.json_option
@click.pass_obj
def history_command(services: Services, limit: int, as_json: bool) -> None:
    """Tell which versions of the menu have led calls, since when, by whom, and what changed.

    * marks the version in which calls begin now. Steps: published; rolled back; taken up (a role
    found the files changed, at its start or by `hotline reload`); put aside (changes that a
    rollback replaced before they led a call).
    """
    with _plain_errors():
        history = history_of(services)
        steps, last = history.steps()[-limit:][::-1], history.leading()
    leading = _leading(services) or {last}
    if as_json:
        rows = [{**asdict(step), "leads_calls": step.version in leading} for step in steps]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    elif steps:
        head = ("", "version", "since", "step", "by", "changes", "note")
        print_columns(head, [_row(services, step, leading) for step in steps])
    else:
        click.echo("no role has led calls here yet, and nothing was published", err=True)
    try:
        edited = services.flow.version
    except FlowFileError as error:
        click.echo(f"the files have mistakes:\n{error}", err=True)
        return
    if steps and edited not in leading:
        click.echo(f"the files have another ({edited}): `hotline flow publish`", err=True)


def _row(services: Services, step: Step, leading: set[str]) -> tuple[str, ...]:
    at = asking.local(datetime.fromisoformat(step.at), services.zone)
    mark = "*" if step.version in leading and step.led else ""
    return mark, step.version, at, step.action, step.by, _counted(step.change), step.note


def _counted(change: Change) -> str:
    """The change in a few characters."""
    signs = (("+", change.added), ("~", change.changed), ("-", change.gone))
    told = [f"{sign}{len(names)}" for sign, names in signs if names]
    return " ".join([*told, *(["head"] if change.head else [])])


def _leading(services: Services) -> set[str]:
    """The versions in which calls begin now, as the roles that run here say."""
    said = (one.what.get("flow") for one in words(services.settings.state_dir) if one.what)
    return {version for version in said if version}


def _tell(done: Changed, said: str, answers: Sequence[Answer], *, as_json: bool) -> None:
    """What was done and what each role answered; exit 1 when one did not take it up."""
    version = done.flow.version
    if as_json:
        told = {"version": version, "former": done.former, "aside": done.aside}
        rows = [asdict(answer) for answer in answers]
        click.echo(json.dumps({**told, **asdict(done.change), "roles": rows}, indent=2))
    else:
        parts = (("added", done.change.added), ("changed", done.change.changed))
        for name, nodes in (*parts, ("gone", done.change.gone)):
            if nodes:
                click.echo(f"{name}: {', '.join(nodes)}")
        if done.change.head:
            click.echo("changed: what all nodes share, at the head of the file")
        if done.aside:
            click.echo(f"the files that it replaced are kept: {done.aside}")
        for answer in answers:
            tell_answer(answer, as_json=False)
        before = f"; calls in progress go on in {done.former}" if done.former else ""
        click.echo(f"{version} {said}{'' if done.same else before}")
    sys.exit(0 if all(answer.well for answer in answers) else 1)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Errors as lines, and an exit status."""
    try:
        yield
    except Unfit as error:
        click.echo(f"{error}\nnothing was changed", err=True)
        sys.exit(1)
    except (NoVersion, EntryRefused, *WRONG_FILE) as error:
        click.echo(str(error), err=True)
        sys.exit(2)

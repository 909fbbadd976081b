"""`hotline blacklist undo`: what it will do is told first, and asked."""

import sys
from typing import Any

import rich_click as click

from blacklist.record.arguments import Undo
from blacklist.record.operations import OPERATIONS
from blacklist.record.undoing import Undone
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.blacklist_changes import print_changes
from hotline.cli.progress import told
from hotline.cli.verbs import options_of
from hotline.register import make_register


@click.command("undo")
@click.argument("number", required=False)
@options_of(Undo)
@click.option("--yes", is_flag=True, help="Do not ask")
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def blacklist_undo(
    services: Services, /, yes: bool, who: str | None, role: str, as_json: bool, **wanted: Any
) -> None:
    """Take back the last change of NUMBER, one by its number in `audit`, or a whole import.

    What the change had ended stands again, and what it had made ends. It says first what it will
    do. What was changed since is refused; taken back again, nothing happens.

    Exit status: 0 done, also before; 1 nothing there, a store is away, or told no; 2 refused.
    """
    run = OPERATIONS["undo"].run
    with asking.plain_errors():
        register, by = make_register(services, told), asking.person(who, role)
        done: Undone = run(register, by, **(wanted | {"dry_run": True}))
        if not (done.already or wanted["dry_run"]):
            if not yes:
                _tell(services, done)
                if not click.confirm("Take this back?", err=True):
                    sys.exit(1)
            if wanted["batch"] is None:  # what was shown is done, and nothing that came since
                wanted |= {"number": None, "change": done.change}
            done = run(register, by, **wanted)
    if as_json:
        asking.print_json(asking.told(done))
    elif done.already or done.written or wanted["dry_run"]:
        _tell(services, done)


def _tell(services: Services, done: Undone) -> None:
    if done.already:
        click.echo("it was taken back already; nothing is done", err=True)
    else:
        print_changes(done.changes, services.zone)
        said = "taken back" if done.written else "to be taken back"
        click.echo(f"{done.count:,} {'change' if done.count == 1 else 'changes'} {said}", err=True)
    for entry in done.restored:
        click.echo("stands again: ", nl=False)
        asking.print_entry(entry, services.zone)
    for number in done.left:
        click.echo(f"{number}: changed since, and left as it is", err=True)

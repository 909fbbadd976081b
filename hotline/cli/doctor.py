"""`hotline doctor`: everything that a call needs, one line each."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import NoReturn

import rich_click as click

from hotline.bootstrap import Services
from hotline.doctor.asterisk_checks import asterisk_checks
from hotline.doctor.check import Check
from hotline.doctor.checks import guarded
from hotline.doctor.roles import ROLES, all_checks
from hotline.installation.rights import as_steward


@click.command()
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    help="Only what this role needs, on a machine that may have no other; may be given again",
)
@click.option(
    "--asterisk",
    "tree",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[DIR]",
    help="Look from Asterisk's side too; DIR is what it sees as /",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
@click.pass_obj
def doctor(services: Services, roles: tuple[str, ...], tree: str | None, as_json: bool) -> None:
    """Check everything that a call needs; exit 1 when anything is missing. A warning is no failure.

    With --asterisk also whether Asterisk, as the user it runs as, can read prompts and music and
    write recordings; without a DIR that is this machine's, or else the embedded one.
    """
    checks = [_as_the_roles(services, roles)]
    if tree is not None:
        found = guarded("asterisk", lambda: asterisk_checks(services, Path(tree) if tree else None))
        checks.append(found)
    tell_checks(chain.from_iterable(checks), as_json=as_json)


def _as_the_roles(services: Services, roles: tuple[str, ...]) -> Iterator[Check]:
    """What root may do says nothing of what the roles of an installation may."""
    theirs = services.settings.home is not None
    with as_steward(services.settings.state_dir) if theirs else nullcontext():
        yield from all_checks(services, roles)


def tell_checks(checks: Iterable[Check], *, as_json: bool) -> NoReturn:
    """Tell of each as it is made, and end with status 1 when one failed."""
    failed = 0
    rows = []
    for check in checks:
        failed += not check.passed
        rows.append(asdict(check))
        if not as_json:
            mark = "FAIL" if not check.passed else "warn" if check.warns else "ok  "
            well = check.passed and not check.warns
            mend = "" if well or not check.mend else f" → {check.mend}"
            click.echo(f"{mark} {check.name}: {check.found}{mend}")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    sys.exit(1 if failed else 0)

"""`hotline doctor`: everything that a call needs, one line each."""

import json
import sys
from dataclasses import asdict
from itertools import chain
from pathlib import Path

import rich_click as click

from hotline.bootstrap import Services
from hotline.doctor.asterisk_checks import asterisk_checks
from hotline.doctor.checks import all_checks, guarded


@click.command()
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
def doctor(services: Services, tree: str | None, as_json: bool) -> None:
    """Check everything that a call needs; exit 1 when anything is missing.

    With --asterisk also whether Asterisk, as the user it runs as, can read prompts and music and
    write recordings; without a DIR that is this machine's, or else the embedded one.
    """
    failed = 0
    rows = []
    checks = [all_checks(services)]
    if tree is not None:
        found = guarded("asterisk", lambda: asterisk_checks(services, Path(tree) if tree else None))
        checks.append(found)
    for check in chain.from_iterable(checks):
        failed += not check.passed
        rows.append(asdict(check))
        if not as_json:
            mark = "ok  " if check.passed else "FAIL"
            mend = "" if check.passed or not check.mend else f" → {check.mend}"
            click.echo(f"{mark} {check.name}: {check.found}{mend}")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    sys.exit(1 if failed else 0)

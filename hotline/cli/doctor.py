"""`hotline doctor`: everything that a call needs, one line each."""

import json
import sys
from dataclasses import asdict

import rich_click as click

from hotline.bootstrap import Services
from hotline.checks import all_checks


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
@click.pass_obj
def doctor(services: Services, as_json: bool) -> None:
    """Check everything that a call needs; exit 1 when anything is missing."""
    failed = 0
    rows = []
    for check in all_checks(services):
        failed += not check.passed
        rows.append(asdict(check))
        if not as_json:
            mark = "ok  " if check.passed else "FAIL"
            mend = "" if check.passed or not check.mend else f" → {check.mend}"
            click.echo(f"{mark} {check.name}: {check.found}{mend}")
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    sys.exit(1 if failed else 0)

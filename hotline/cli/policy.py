"""`hotline blacklist policy`: the policy of screening, checked before it is used."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from blacklist.policy import Policy
from hotline.bootstrap import Services
from hotline.screening_policy import PolicyWrong, load_policy


@click.group("policy")
def policy_group() -> None:
    """Who is queued, warned or stopped, and for how long: `config/screening.yaml`."""


@policy_group.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object")
@click.pass_obj
def policy_check(services: Services, file: Path | None, as_json: bool) -> None:
    """Check FILE [default: the policy in force]; exit 1 with every fault: file:line: key: what."""
    path = file or services.settings.config_dir / "screening.yaml"
    try:
        policy = load_policy(path)
    except PolicyWrong as error:
        if as_json:
            click.echo(json.dumps({"ok": False, "faults": str(error).splitlines()}))
        else:
            click.echo(str(error), err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps({"ok": True, "policy": asdict(policy)}))
    else:
        click.echo(f"{path}: version {policy.version}, nothing to mend")
        for line in _told(policy):
            click.echo(f"  {line}")


def _told(policy: Policy) -> list[str]:
    rate = policy.rate
    windows = ", ".join(f"{w.calls} calls in {_span(w.seconds)}" for w in rate.windows)
    withheld = policy.withheld
    lines = [
        f"{windows}: {rate.disposition} for {_span(rate.measure_seconds)}",
        f"all withheld callers, {withheld.calls} calls in {_span(withheld.seconds)}, "
        f"{withheld.burst} at once, and {withheld.share_percent} % of the calls with a number: "
        f"{withheld.disposition}",
    ]
    for step in policy.strikes.steps:
        people = f" of {step.operators} operators" if step.operators > 1 else ""
        lines.append(
            f"{step.strikes} strikes{people}, {step.role}: "
            f"{step.disposition} for {_span(step.seconds)}"
        )
    again = policy.strikes.again
    lines.append(f"again, or threats, {again.role}: {again.disposition} for {_span(again.seconds)}")
    lines.append(f"requests for review are answered within {_span(policy.reviews.answer_seconds)}")
    return lines


def _span(seconds: int) -> str:
    for size, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"

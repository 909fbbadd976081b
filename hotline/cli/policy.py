"""`hotline blacklist policy`: the policy of screening, checked before it is used."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import rich_click as click

from blacklist.class_policy import ClassLimit, RotationPolicy
from blacklist.policy import Policy
from blacklist.policy_load import PolicyWrong, load_policy
from hotline.bootstrap import Services


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
    lines = [f"{windows}: {rate.disposition} for {_span(rate.measure_seconds)}"]
    if rate.struck is not None:
        struck = rate.struck
        lines.append(
            f"{struck.window.calls} calls in {_span(struck.window.seconds)} by a number struck in "
            f"the last {_span(struck.fresh_seconds)}: {rate.disposition}"
        )
    if rate.trust is not None:
        lines.append(
            f"a number with a call that was served in {_span(rate.trust.seconds)} has "
            f"{rate.trust.times} times the room, and such calls do not count"
        )
    if rate.load is not None:
        load = rate.load
        lines.append(
            f"while many numbers of one trunk call again and again, each has up to {load.most} "
            f"times the room ({load.every} of them, beyond {load.window.calls} in "
            f"{_span(load.window.seconds)}, double it)"
        )
    withheld = policy.withheld
    for who, limit in (
        ("trunk, whom nobody vouches for or against", withheld.unknown),
        ("trunk, vouched for (A)", withheld.trunk.attested),
        ("trunk, not vouched for in full (B, C)", withheld.trunk.gateway),
        ("origin that is named, vouched for (A)", withheld.origin.attested),
        ("origin that is named, not vouched for in full (B, C)", withheld.origin.gateway),
    ):
        lines.append(f"withheld callers of one {who}, {_limit(limit)}: {withheld.disposition}")
    if policy.rotation is not None:
        lines += _rotation(policy.rotation)
    for step in policy.strikes.steps:
        people = f" of {step.operators} operators" if step.operators > 1 else ""
        lines.append(
            f"{step.strikes} strikes{people}, {step.role}: "
            f"{step.disposition} for {_span(step.seconds)}"
        )
    if policy.strikes.forgiven:
        lines.append(
            f"a strike weighs nothing for each call of the number that was served, "
            f"{policy.strikes.forgiven} at most"
        )
    again = policy.strikes.again
    lines.append(f"again, or threats, {again.role}: {again.disposition} for {_span(again.seconds)}")
    lines.append(f"requests for review are answered within {_span(policy.reviews.answer_seconds)}")
    return lines


def _rotation(rotation: RotationPolicy) -> list[str]:
    """Numbers that change with every call."""
    quiet, within = rotation.quiet, _span(rotation.within_seconds)
    return [
        f"numbers of {rotation.home} that nobody vouches for in full (B, C), by one origin, "
        f"{_limit(rotation.origin)}: {rotation.disposition} where fewer than {quiet.calls} calls "
        f"in {_span(quiet.seconds)} come to something; else ({rotation.busy_percent} % of the "
        f"others) for who comes again within {within}",
        f"such numbers in a row, {rotation.block.calls} calls in "
        f"{_span(rotation.block.seconds)} that came to nothing: {rotation.disposition}",
        f"where no origin is named, numbers by a gateway (C), {_limit(rotation.gateway)}: "
        f"{rotation.disposition} for those who come again within {within}",
    ]


def _limit(limit: ClassLimit) -> str:
    return (
        f"{limit.calls} calls in {_span(limit.seconds)}, {limit.burst} at once, "
        f"{limit.share_percent} % of the others, and {limit.served} for each that was served"
    )


def _span(seconds: int) -> str:
    for size, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"

"""`hotline flow`: what is wrong with the voice menu, a picture of it, and what callers do there."""

import json
import sys
from collections.abc import Mapping

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli.lazy import LazyGroup
from hotline.menu import WRONG_FILE, all_findings, flows
from ivr.diagram import mermaid
from ivr.load import FlowFileError

COMMANDS: Mapping[str, tuple[str, str]] = {
    "lint": ("hotline.cli.flow:lint_command", "Check the menu against all that it names."),
    "timing": ("hotline.cli.timing:timing_command", "What each way asks: seconds, digits."),
    "diagram": ("hotline.cli.flow:diagram_command", "Print a flow as a Mermaid flowchart."),
    "publish": ("hotline.cli.flow_versions:publish_command", "Put the menu before callers."),
    "history": ("hotline.cli.flow_versions:history_command", "Which versions have led calls."),
    "rollback": ("hotline.cli.flow_versions:rollback_command", "Go back to an earlier version."),
    "simulate": ("lab.cli.flow_simulate:simulate_command", "Call in the terminal: press keys."),
    "report": ("hotline.cli.flow_report:report_command", "What callers did at each node."),
}


@click.group("flow", cls=LazyGroup, commands_by_name=COMMANDS)
def flow_group() -> None:
    """The voice menu: what is wrong with it, what it asks, and what callers do there."""


@click.command("lint")
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
@click.pass_obj
def lint_command(services: Services, as_json: bool) -> None:
    """Check the menu against prompts, services, agencies and dialplan.

    Exit 1 when anything is wrong, 2 when a file cannot be read.
    """
    try:
        findings = all_findings(services)
    except WRONG_FILE as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if as_json:
        rows = [{"where": f.where, "rule": f.rule, "message": f.message} for f in findings]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(str(finding))
        told = ", ".join(f"{flow.name}: {len(flow.nodes)} nodes" for flow in flows(services))
        click.echo(f"flow {told}, {len(findings)} findings")
    sys.exit(1 if findings else 0)


@click.command("diagram")
@click.argument("name", type=click.Choice(["940", "inside"]), default="940")
@click.pass_obj
def diagram_command(services: Services, name: str) -> None:
    """Print a flow as a Mermaid flowchart: of callers (940), or of inside telephones."""
    try:
        click.echo(mermaid(services.flow if name == "940" else services.inside_flow), nl=False)
    except FlowFileError as error:
        click.echo(str(error), err=True)
        sys.exit(2)

"""`hotline flow`: what is wrong with the voice menu, and a picture of it."""

import json
import sys

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli.timing import timing_command
from hotline.menu import WRONG_FILE, all_findings, flows
from ivr.diagram import mermaid
from ivr.load import FlowFileError


@click.group("flow")
def flow_group() -> None:
    """The voice menu: lint, timing and diagram."""


flow_group.add_command(timing_command)


@flow_group.command("lint")
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


@flow_group.command("diagram")
@click.argument("name", type=click.Choice(["940", "inside"]), default="940")
@click.pass_obj
def diagram_command(services: Services, name: str) -> None:
    """Print a flow as a Mermaid flowchart: of callers (940), or of inside telephones."""
    try:
        click.echo(mermaid(services.flow if name == "940" else services.inside_flow), nl=False)
    except FlowFileError as error:
        click.echo(str(error), err=True)
        sys.exit(2)

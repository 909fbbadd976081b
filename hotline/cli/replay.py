"""`hotline blacklist replay`: what a policy would do, before people meet it."""

import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import rich_click as click
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from blacklist.policy import Policy
from blacklist.policy_load import PolicyWrong, load_policy
from blacklist.replay.history import HistoryWrong, PastCall, read_history
from blacklist.replay.report import report
from blacklist.replay.run import Replay, replay
from blacklist.replay.tally import Tally
from call_handlers.recorded_calls import allowed_numbers, count_recorded, recorded_calls
from hotline.bootstrap import Services
from hotline.cli.moments import Moment
from hotline.cli.progress import told
from hotline.cli.replay_tables import print_report
from hotline.trouble import of_database, of_system

_SINCE = timedelta(days=90)
_FIGURE = Path("replay.png")
_NEEDED = "a figure needs matplotlib: pip install 'hotline-940[plots]'"

_input = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
_output = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command("replay")
@click.option("--policy", "policy_file", type=_input, help="The new policy [default: only today's]")
@click.option("--since", type=Moment(), help="Recorded calls from then on [default: 90d ago]")
@click.option("--calls", "calls_file", type=_input, help="A history file in place of the record")
@click.option("--no-strikes", is_flag=True, help="The machine alone: nobody strikes or decides")
@click.option(
    "--plot",
    type=_output,
    help="Where the figure (PNG) goes [default: replay.png, where one can be made]",
)
@click.option("--no-plot", is_flag=True, help="No figure")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables")
@click.pass_obj
def replay_command(
    services: Services,
    /,
    policy_file: Path | None,
    since: datetime | None,
    calls_file: Path | None,
    no_strikes: bool,
    plot: Path | None,
    no_plot: bool,
    as_json: bool,
) -> None:
    """Run a policy over past calls, beside today's; numbers are shown masked.

    Nothing is changed. People are assumed to take every step that the policy offers them. Exit
    status: 0 done, 1 no calls or the database is away, 2 a file is wrong.
    """
    if since is not None and calls_file is not None:
        raise click.UsageError("--since is for recorded calls, --calls is a file: give one of them")
    if plot is not None and not _can_draw():
        raise click.UsageError(f"--plot: {_NEEDED}")
    policies = _policies(services, policy_file)
    with ExitStack() as stack:
        try:
            past, total, allowed = _history(services, stack, since, calls_file)
            replays = {
                name: Replay(policy, allowed, people=not no_strikes)
                for name, policy in policies.items()
            }
            for _ in told(replay(past, *replays.values()), total, "replayed"):
                pass
        except (HistoryWrong, UnicodeDecodeError) as error:
            click.echo(f"{calls_file}: {error}", err=True)
            sys.exit(2)
        except SQLAlchemyError as error:
            click.echo(of_database(error), err=True)
            sys.exit(1)
    tallies = {name: one.tally for name, one in replays.items()}
    if not next(iter(tallies.values())).calls:
        click.echo("no calls to replay", err=True)
        sys.exit(1)
    figures = report(tallies)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        print_report(figures, Console(markup=False))
    if not no_plot:
        _draw(tallies, plot)


def _can_draw() -> bool:
    return find_spec("matplotlib") is not None


def _draw(tallies: Mapping[str, Tally], wanted: Path | None) -> None:
    """Draw the figure; one that nobody asked for may be had or not. Raises OSError if asked for."""
    if not _can_draw():
        click.echo(f"no figure: {_NEEDED}", err=True)
        return
    path = wanted or _FIGURE
    try:
        from blacklist.replay.plot import (
            draw,  # a second's import, and it writes a cache of its own
        )

        draw(tallies, path)
    except OSError as error:
        if wanted is not None:
            raise
        click.echo(f"no figure: {of_system(error)}", err=True)
    else:
        click.echo(f"figure: {path}", err=True)


def _policies(services: Services, new: Path | None) -> dict[str, Policy]:
    """Today's policy, and the new one when there is one; exits 2 when one is wrong."""
    files = {"today": services.settings.config_dir / "screening.yaml"}
    if new is not None:
        files["new"] = new
    try:
        return {name: load_policy(file) for name, file in files.items()}
    except PolicyWrong as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _history(
    services: Services, stack: ExitStack, since: datetime | None, file: Path | None
) -> tuple[Iterable[PastCall], int | None, list[str]]:
    """The calls, how many there are if that is known, and the allowlist."""
    if file is not None:
        lines: TextIO = sys.stdin
        if str(file) != "-":
            lines = stack.enter_context(file.open(encoding="utf-8", newline=""))
        return read_history(lines), None, []
    engine, start = services.engine(), since or datetime.now(UTC) - _SINCE
    return (
        recorded_calls(engine, start),
        count_recorded(engine, start),
        allowed_numbers(engine, datetime.now(UTC)),
    )

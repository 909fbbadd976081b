"""The `hotline` command. A subcommand's module is imported when it is called, and not before.

Exit status: 0 done, 1 checked and failed, 2 wrong usage, settings or input, 130 interrupted.
"""

import codecs
import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import rich_click as click

from hotline.cli.lazy import LazyGroup
from hotline.environment import SettingsWrong
from hotline.installation.rights import become_steward
from hotline.logs import configure
from hotline.refusal import MenuUnfit
from hotline.settings import Settings, load_settings

COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("hotline.cli.serve:serve", "Run the whole embedded stack until Ctrl-C."),
    "init": ("hotline.cli.init:init_command", "Make the folder of an installation."),
    "reload": ("hotline.cli.reload:reload_command", "Have the roles take up changed files."),
    "doctor": ("hotline.cli.doctor:doctor", "Check everything that a call needs."),
    "demo": ("lab.cli.demo:demo", "Place one call and tell its story."),
    "agi": ("hotline.cli.roles:agi", "Run one FastAGI server."),
    "web": ("hotline.cli.web:web", "Serve Twilio's webhooks."),
    "console": ("hotline.cli.console:console", "Serve pages for staff, and the HTTP API."),
    "worker": ("hotline.cli.roles:worker", "Run one delivery worker."),
    "relay": ("hotline.cli.roles:relay", "Run the relay of the outbox."),
    "backoffice": ("lab.cli.backoffice:backoffice", "Run the reference back office."),
    "asterisk": ("hotline.cli.asterisk:asterisk_group", "Install into Asterisk; run one."),
    "call": ("lab.cli.call:call_command", "Play a caller transcript."),
    "flow": ("hotline.cli.flow:flow_group", "The voice menu: lint, simulate, report."),
    "voice": ("hotline.cli.voice:voice_group", "Hear what a voice makes of a text."),
    "prompts": ("hotline.cli.prompts:prompts_group", "The prompts' audio, and a studio's takes."),
    "records": ("hotline.cli.records:records_group", "Call records: list, show, export."),
    "tickets": ("hotline.cli.tickets:tickets_group", "Tickets: list and show."),
    "deliveries": (
        "hotline.cli.deliveries:deliveries_group",
        "Deliveries: list, explain, retry.",
    ),
    "destinations": (
        "hotline.cli.destinations:destinations_group",
        "Where tickets go: check, test, list.",
    ),
    "blacklist": ("hotline.cli.blacklist:blacklist_group", "Blocked numbers."),
    "announce": ("hotline.cli.announce:announce_group", "What every caller hears for a time."),
    "gazetteer": ("hotline.cli.gazetteer:gazetteer_group", "The city's addresses: import, find."),
    "hours": ("hotline.cli.hours:hours_command", "Whether the offices are open, and when."),
    "personal-data": ("hotline.cli.personal:personal_group", "What is kept of one caller."),
    "twilio": ("hotline.cli.twilio:twilio_group", "The number at Twilio: configure and check."),
    "users": ("hotline.cli.users:users_group", "Who signs in to the console."),
    "token": ("hotline.cli.token:token_group", "Tokens of the HTTP API."),
    "pin": ("hotline.cli.pin:pin_group", "PINs of the telephone codes."),
    "secrets": (
        "hotline.cli.secrets:secrets_group",
        "Secrets of deliveries: list, rotate, retire.",
    ),
    "db": ("hotline.cli.database:db_group", "The database: upgrade and revision."),
    "bench": ("lab.cli.bench:bench", "Measure costs as ratios."),
    "seed": ("lab.cli.seed:seed_command", "Fill a database with made-up calls and tickets."),
}

AS_ROOT = frozenset({"init", "asterisk", "doctor", "prompts", "serve", "demo", "bench", "call"})
"""Commands that stay root's where root calls them: they enter an Asterisk, give files away, or
write what people edit."""


@click.group(
    cls=LazyGroup,
    commands_by_name=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="hotline-940", prog_name="hotline")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """940: the software that answers a city's hotline."""
    if ctx.invoked_subcommand == "init":
        return  # it makes what the settings name: they may be wrong until then
    settings = ctx.obj if isinstance(ctx.obj, Settings) else load_settings()
    if settings.home is not None and ctx.invoked_subcommand not in AS_ROOT:
        become_steward(settings.state_dir)
    configure(settings.log.level, settings.log.format)
    ctx.obj = _services(ctx, settings)


def _services(ctx: click.Context, settings: Settings) -> Any:
    from hotline.bootstrap import Services

    services = Services(settings)
    ctx.call_on_close(services.close)
    return services


def main() -> None:
    """Run the command and exit with its status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPES)
    try:
        try:
            cli(prog_name="hotline")
        finally:  # what waits to be written can still fail, and then nothing was done
            if sys.stdout is not None:
                sys.stdout.flush()
    except (SettingsWrong, MenuUnfit) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the command line's own voice
        sys.exit(2)
    except BrokenPipeError:  # who read it has read enough
        _leave_output()
        sys.exit(1)
    except OSError as error:
        from hotline.trouble import of_system

        _leave_output()
        _last_line(of_system(error))
        sys.exit(1)
    except Exception as error:  # what is nobody's mistake is raised again below
        from sqlalchemy.exc import SQLAlchemyError

        from hotline.menu import WRONG_FILE
        from hotline.trouble import of_database

        if isinstance(error, WRONG_FILE):  # file, line and key of all that is to be mended
            _last_line(str(error))
            sys.exit(2)
        if not isinstance(error, SQLAlchemyError):
            raise
        _last_line(of_database(error))
        sys.exit(1)


def _leave_output() -> None:
    """Let nothing that is still to be written fail again when the interpreter ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _last_line(text: str) -> None:
    with suppress(OSError):
        print(f"hotline: {text}", file=sys.stderr, flush=True)  # noqa: T201 - likewise


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What an output cannot show, as JSON writes it: right in JSON, and to be read elsewhere."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


ESCAPES = "hotline.escapes"
codecs.register_error(ESCAPES, _escaped)

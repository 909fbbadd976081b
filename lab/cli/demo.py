"""`hotline demo`: one call from the dialling to the back office, in front of your eyes."""

import json
import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import rich_click as click
from rich.console import Console
from rich.markup import escape

from call_handlers.fields import CallEvent, CallRecord
from embedded.asterisk.install import find_asterisk
from embedded.asterisk.instance import AsteriskFailed
from embedded.redis_child import RedisMissing
from embedded.supervisor import StartFailed, Supervisor
from host.signals import signals_told
from hotline.bootstrap import Services
from hotline.cli.serve import first_admin_link, prepare, where_things_are
from hotline.cli.story import story
from hotline.logs import configure
from hotline.settings import Settings
from hotline.stack import stack_children
from lab.callers.line import Differs, Line
from lab.callers.player import CallDiffers, play
from lab.demo.stage import StoredTurns, call_by_agi, call_by_sip
from lab.demo.story import ToldLine
from lab.own_stack import stack_settings, wait_record
from lab.transcript import TranscriptError, load_transcript
from voice.wav import AudioError

RECORD_S = 15.0
DELIVERY_S = 30.0
_FAILURES = (
    AsteriskFailed,
    AudioError,
    CallDiffers,
    Differs,
    RedisMissing,
    StartFailed,
    TranscriptError,
    httpx.HTTPError,
)


@click.command()
@click.option(
    "--via",
    type=click.Choice(["sip", "agi"]),
    default="sip",
    show_default=True,
    help="A real SIP call through a real Asterisk, or a fake Asterisk over real sockets",
)
@click.option("--stay", is_flag=True, help="Keep the stack and its console open until Ctrl-C")
@click.pass_obj
def demo(services: Services, via: str, stay: bool) -> None:
    """Start the embedded stack, place one call, and show the ticket at the back office.

    It ends with the address of the call in the console; `--stay` keeps that open, and gives a link
    to sign in by.
    """
    console = Console(highlight=False, soft_wrap=True)
    if via == "sip" and (why := _no_sip(services)):
        console.print(f"[yellow]{why}: going on with a fake Asterisk (VIA=agi).[/]")
        via = "agi"
    configure("error")  # the roles' own logs are in files; here they would interrupt the story
    folder = services.settings.state_dir.absolute() / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    settings = stack_settings(services.settings, folder)
    own = Services(settings)
    try:
        delivered = _shown(own, console, via, stay=stay)
    except _FAILURES as error:
        console.print(f"[red]The demo failed:[/] {escape(str(error))}")
        console.print(f"Logs: {settings.state_dir / 'log'}")
        sys.exit(1)
    finally:
        own.close()
    sys.exit(0 if delivered else 1)


def _no_sip(services: Services) -> str:
    if find_asterisk(services.settings.cache_dir) is None:
        return "No Asterisk on this machine"
    if shutil.which("baresip") is None:
        return "No SIP telephone (baresip) on this machine"
    return ""


def _shown(own: Services, console: Console, via: str, *, stay: bool) -> bool:
    settings = own.settings
    transcript = load_transcript(settings.config_dir / "demo.yaml")
    with console.status("preparing database and prompts"):
        prepare(own)
    children = stack_children(settings, with_asterisk=via == "sip", with_web=stay)
    names = ", ".join(child.name for child in children)
    console.print(f"[bold]940[/]: starting {names}")
    supervisor = Supervisor(children, log_dir=settings.state_dir / "log")
    started = time.monotonic()
    with console.status("starting the stack"):
        running = supervisor.running()
        running.__enter__()
    try:
        console.print(f"The stack is ready after {time.monotonic() - started:.1f} s.")
        console.print(where_things_are(settings, via == "sip"))
        how = "a real SIP call" if via == "sip" else "a call by a fake Asterisk"
        console.print(f"\n[bold]{escape(transcript.name)}[/] ({how} from {transcript.caller})\n")
        with own.slow_redis as client:
            turns = StoredTurns(client)
            with _call(own, via, turns, transcript.caller) as line:
                play(transcript, ToldLine(line, own.catalogue, _teller(console)), ())
        record, events = _record(own, turns.call_id)
        console.print("\n[bold]The call record[/]")
        for told in story(record, events, ZoneInfo(settings.timezone)):
            console.print(escape(told))
        delivered = _tell_ticket(own, console, record)
        _tell_address(own, console, record, stay=stay)
        return delivered
    finally:
        with console.status("stopping the stack"):
            running.__exit__(None, None, None)
        console.print(f"The stack has ended. Logs and stores stay in {settings.state_dir}")


def _call(own: Services, via: str, turns: StoredTurns, number: str) -> AbstractContextManager[Line]:
    if via == "sip":
        return call_by_sip(own, turns, own.settings.state_dir / "telephone", number)
    return call_by_agi(own, turns, number)


def _teller(console: Console) -> Callable[[float, str, str, str], None]:
    def tell(seconds: float, who: str, what: str, meaning: str) -> None:
        style = "cyan" if who == "940" else "green"
        console.print(f"{seconds:7.2f} s  [{style}]{who:>6}[/]  {escape(what)}")
        if meaning:
            console.print(f"{'':19}[dim]{escape(meaning)}[/]")

    return tell


def _record(own: Services, call_id: str) -> tuple[CallRecord, tuple[CallEvent, ...]]:
    """The call's record, once its end is written. Raises Differs when it is not in time."""
    found = wait_record(own.engine(), call_id, RECORD_S)
    if found is None or found[0].ended_at is None:
        raise Differs("a complete call record", "none in time")
    return found


def _tell_ticket(own: Services, console: Console, record: CallRecord) -> bool:
    """Show the ticket as the back office has it; False when it does not come in time."""
    with console.status("waiting for the ticket at the back office"):
        ticket = _at_backoffice(own.settings, record)
    if ticket is None:
        console.print("[red]The ticket is not at the back office.[/]")
        return False
    console.print("\n[bold]The ticket, as the back office received it[/]")
    console.print_json(json.dumps(ticket, ensure_ascii=False))
    return True


def _tell_address(own: Services, console: Console, record: CallRecord, *, stay: bool) -> None:
    """Where the call is in the console; with `stay` it is there until Ctrl-C."""
    address = f"{own.settings.console.url}/calls/{record.id}"
    console.print(f"\n[bold]This call in the console[/]  {address}")
    if not stay:
        console.print("  `hotline demo --stay` (make demo STAY=1) keeps it open")
        return
    link = first_admin_link(own)
    console.print(f"  first open {link}: it lets you set a password, once" if link else "")
    console.print("  it stays until Ctrl-C")
    stopped = threading.Event()
    with signals_told(stopped.set):
        stopped.wait()


def _at_backoffice(settings: Settings, record: CallRecord) -> dict[str, Any] | None:
    deadline = time.monotonic() + DELIVERY_S
    while record.tickets and time.monotonic() < deadline:
        url = f"{settings.backoffice.url}/{record.tickets[0]}"
        answer = httpx.get(url, timeout=5.0, trust_env=False)
        if answer.status_code == 200:
            found: dict[str, Any] = answer.json()
            return found
        time.sleep(0.1)
    return None

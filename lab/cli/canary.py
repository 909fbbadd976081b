"""`hotline call --to sip:940@host`: whether an installation that runs answers and keeps record."""

import json
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import rich_click as click
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from call_handlers.fields import CallRecord
from hotline.bootstrap import Services
from hotline.trouble import of_database
from ivr.engine import begin
from lab.callers.baresip import CallerFailed
from lab.callers.canary import (
    Address,
    Heard,
    newest_call,
    parse_address,
    parse_caller,
    place,
    wait_recorded,
)
from lab.callers.sip_line import sound_pieces
from lab.own_stack import own_folder

_EXEMPT = "exempt_number"
_RECORD_S = 5.0
"""How long its record is waited for at least, however long the welcome took."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the database has of the call; `fault` is `no_record`, `record_open`, `database`."""

    call_id: str = ""
    rule: str = ""
    fault: str = ""
    why: str = ""


def call_canary(
    services: Services, to: str, number: str, within: float, *, record: bool, as_json: bool
) -> None:
    """Place the call, tell what came of it, and exit."""
    try:
        address, number = parse_address(to), parse_caller(number)
    except ValueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    welcome = _welcome(services)
    before = partial(newest_call, services.engine(), number) if record else None
    try:
        heard, recorded = _called(services, address, number, welcome, within, before)
    except CallerFailed as error:
        click.echo(f"FAILED  no telephone here: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"FAILED  {address.host}: {error.strerror or error}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(_facts(to, number, heard, recorded)))
    _tell(number, heard, recorded, err=as_json)
    sys.exit(1 if heard.fault or (recorded is not None and recorded.fault) else 0)


def _called(
    services: Services,
    address: Address,
    number: str,
    welcome: list[Path],
    within: float,
    newest: Any,
) -> tuple[Heard, Recorded | None]:
    deadline = time.monotonic() + within
    recorded, before = None, ""
    try:
        before = newest() if newest is not None else ""
    except SQLAlchemyError as error:
        recorded = Recorded(fault="database", why=of_database(error))
    with own_folder() as folder:
        heard = place(address, number, welcome, folder / "canary", deadline)
    if newest is not None and recorded is None and heard.answered_s is not None:
        latest = max(deadline, time.monotonic() + _RECORD_S)
        recorded = _recorded(services.engine(), number, before, latest)
    return heard, recorded


def _recorded(engine: sa.Engine, number: str, before: str, deadline: float) -> Recorded:
    try:
        found: CallRecord | None = wait_recorded(engine, number, before, deadline)
    except SQLAlchemyError as error:
        return Recorded(fault="database", why=of_database(error))
    if found is None:
        why = f"no record of a call of {number}: is DATABASE_URL here that of the installation?"
        return Recorded(fault="no_record", why=why)
    if found.ended_at is None:
        why = f"the record {found.id} was not closed in time"
        return Recorded(found.id, found.verdict_rule, "record_open", why)
    return Recorded(found.id, found.verdict_rule)


def _welcome(services: Services) -> list[Path]:
    """The files of what a caller of whom nothing is known hears first; exits where one is away."""
    _, turn = begin(services.flow, "")
    pieces = sound_pieces(services.catalogue, services.settings.sounds)
    files = [piece.path for piece in pieces(turn.language, turn.prompts[0]) if not piece.pause]
    away = next((path for path in files if not path.is_file()), None)
    if away is not None:
        mend = "`hotline prompts build`, or name the installation's HOTLINE_SOUNDS_DIR"
        click.echo(f"FAILED  {away} is not here, so it cannot be recognised: {mend}", err=True)
        sys.exit(1)
    return files


def _facts(to: str, number: str, heard: Heard, recorded: Recorded | None) -> dict[str, Any]:
    of_record = None if recorded is None else {"ok": not recorded.fault, **asdict(recorded)}
    return {"to": to, "from": number, "heard": not heard.fault, **asdict(heard)} | {
        "record": of_record
    }


def _tell(number: str, heard: Heard, recorded: Recorded | None, *, err: bool) -> None:
    tell = partial(click.echo, err=err)
    if heard.fault:
        tell(f"FAILED  {heard.why}")
    else:
        tell(f"heard   the welcome, whole after {heard.welcome_s:.1f} s")
    if recorded is None:
        tell("        whether it was recorded was not looked for")
    elif recorded.fault:
        tell(f"FAILED  {recorded.why}")
    else:
        tell(f"kept    its record is {recorded.call_id}")
    if recorded is not None and recorded.call_id and not recorded.rule.startswith(_EXEMPT):
        mend = f"HOTLINE_SCREENING__EXEMPT={number}"
        tell(f"note    it is screened like a citizen, and may be held in time: {mend}")

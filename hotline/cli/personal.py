"""`hotline personal-data`: everything that is kept of one caller's number, for who asks for it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click
from redis.exceptions import RedisError

import blacklist.record.personal as of_blocklist
import call_handlers.personal as of_calls
import tickets.personal as of_tickets
from blacklist.numbers import normalise
from call_handlers.memory import kept_of
from hotline.bootstrap import Services
from hotline.cli import asking
from people.audit import note_change
from store.sql import reading

ROOMS = (of_calls, of_tickets, of_blocklist)
"""Every room that keeps personal data of callers."""


@click.group("personal-data")
def personal_group() -> None:
    """What is kept of one caller: export it for the person."""


@personal_group.command("export")
@click.argument("number")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout")
@asking.who_option
@click.pass_obj
def personal_export(services: Services, number: str, output: Path | None, who: str | None) -> None:
    """Write everything that is kept of NUMBER as one JSON object, table by table; times in UTC.

    Beside the tables: the `language` that the number chose last, and the `draft` of a report that
    was begun within the last half hour.

    The audit names who asked. Recordings are named, not included. Exit status: 0 also when nothing
    is kept, 1 a store or the disk is away, 2 no such number.
    """
    with asking.plain_errors():
        by, now = asking.person(who, "manager"), datetime.now(UTC)
        e164 = normalise(number).e164
        if e164 is None:
            raise ValueError("write the whole number, as in +966501234567 or 0501234567")
        try:
            remembered = kept_of(services.slow_redis, e164)
        except RedisError as error:
            away = f"Redis does not answer ({type(error).__name__}): it has a part of what is kept"
            raise click.ClickException(away) from None
        with services.engine().begin() as connection:
            note_change(connection, by, "personal_data_exported", e164, now)
        with reading(services.engine()) as connection:
            kept = {
                table: rows
                for room in ROOMS
                for table, rows in room.personal_data(connection, e164).items()
            }
    whole = {
        "number": e164,
        "exported_at": now.isoformat(),
        "language": remembered.language or None,
        "draft": json.loads(remembered.draft or "null"),
        "kept": kept,
    }
    text = json.dumps(whole, ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    try:
        output.touch(mode=0o600)
        output.chmod(0o600)
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from None

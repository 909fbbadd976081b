"""`hotline hours`: whether the offices are open at a moment, and how the days after it are."""

import sys
from datetime import UTC, date, datetime, timedelta

import rich_click as click

from files.yaml_model import FileWrong
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import print_columns
from hotline.cli.moments import Moment
from places.hours import Day, Opening, day_of, opening


@click.command("hours")
@click.option("--at", type=Moment(), help="Then, as 2027-03-09T10:00 or +2h [default: now]")
@click.option("--days", type=click.IntRange(0, 366), default=10, show_default=True)
@asking.json_option
@click.pass_obj
def hours_command(services: Services, at: datetime | None, days: int, as_json: bool) -> None:
    """Tell whether the offices are open, by config/hours.yaml, and the days from then on.

    Exit 0 whether open or not, 2 for a mistake in the file.
    """
    moment = at or datetime.now(UTC)
    try:
        hours = services.files.hours
    except FileWrong as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    now = opening(hours, moment)
    first = moment.astimezone(hours.zone).date()
    listed = [first + timedelta(days=ahead) for ahead in range(days)]
    shown = [(day, day_of(hours, day)) for day in listed]
    if as_json:
        told = [{"date": day.isoformat(), **asking.plain(found)} for day, found in shown]
        asking.print_json({"at": moment.isoformat(), **asking.plain(now), "days": told})
        return
    click.echo(f"{moment.astimezone(hours.zone):%Y-%m-%d %H:%M}: {_told(now)}")
    print_columns(("day", "", "hours", "by", "name"), [_row(day, found) for day, found in shown])


def _told(now: Opening) -> str:
    by = f"{now.reason}, {now.name}" if now.name else now.reason
    if now.open:
        until = f" until {now.closes_at:%Y-%m-%d %H:%M}" if now.closes_at else ""
        return f"open{until} ({by})"
    opens = f", opens {now.opens_at:%Y-%m-%d %H:%M}" if now.opens_at else ""
    return f"closed{opens} ({by})"


def _row(day: date, found: Day) -> tuple[str, ...]:
    if found.spans is None:
        hours = "not known: open"
    else:
        hours = ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in found.spans)
    return f"{day}", f"{day:%a}", hours or "closed", found.reason, found.name


def _clock(minutes: int) -> str:
    if minutes == 24 * 60:
        return "24:00"
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"

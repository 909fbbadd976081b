"""`hotline announce`: what every caller hears before the menu, from a moment on until another."""

import sys
from datetime import UTC, datetime

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line
from hotline.cli.moments import Moment
from places.announcing import Refused, announce, end, latest, not_over, project
from places.fields import Announcement

_ALL = 50


@click.group("announce")
def announce_group() -> None:
    """What every caller hears before the menu for a time: rain, an outage, a holiday."""


@announce_group.command("add")
@click.option("--ar", help="The text in Arabic, with all its vowel marks")
@click.option("--en", help="In English")
@click.option("--ur", help="In Urdu")
@click.option("--text", "others", multiple=True, help="In any language: CODE=TEXT; repeatable")
@click.option("--template", help="One of config/announcements.yaml, such as rain, outage, holiday")
@click.option("--from", "starts_at", type=Moment(), help="As 2026-12-31T23:00 or +2h [now]")
@click.option("--until", type=Moment(whole=True), required=True, help="Likewise; a date: its end")
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def add_command(
    services: Services,
    /,
    ar: str | None,
    en: str | None,
    ur: str | None,
    others: tuple[str, ...],
    template: str | None,
    starts_at: datetime | None,
    until: datetime,
    who: str | None,
    role: str,
    as_json: bool,
) -> None:
    """Put a text on the air: the next call hears it, until its end.

    In each language its own text; a language that has none hears the first there is. A text that is
    given stands in place of the template's. Its sound is made at once; where that fails nothing is
    put on the air.

    Exit status: 0 done, 1 no sound could be made or a store is away, 2 refused.
    """
    from hotline.announcing import make_sounds, texts_of
    from ivr.prompts import CatalogueError
    from voice.wav import AudioError

    given = {code: text for code, text in (("ar", ar), ("en", en), ("ur", ur)) if text is not None}
    try:
        with asking.plain_errors():
            by = asking.person(who, role)
            texts = texts_of(services, template or "", given | _others(others))
            now = datetime.now(UTC)
            make_sounds(services, texts)
            made = announce(
                services.engine(),
                texts,
                starts_at=starts_at or now,
                until=until,
                by=by,
                now=now,
                template=template or "",
            )
    except CatalogueError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except (AudioError, OSError) as error:
        click.echo(f"nothing was put on the air: {error}", err=True)
        sys.exit(1)
    _tell_calls(services)
    for language in services.flow.languages:
        if language not in texts:
            click.echo(f"{language}: has no text, and hears {next(iter(texts))}", err=True)
    if as_json:
        asking.print_json(asking.plain(made))
    else:
        click.echo(f"{made.id}: on the air {_when(services, made)}")


@announce_group.command("list")
@click.option("--all", "every", is_flag=True, help=f"Those that are over too, {_ALL} at most")
@asking.json_option
@click.pass_obj
def list_command(services: Services, every: bool, as_json: bool) -> None:
    """List what is on the air and what is to come."""
    now = datetime.now(UTC)
    with asking.plain_errors():
        engine = services.engine()
        found = latest(engine, _ALL) if every else not_over(engine, now)
    if as_json:
        asking.print_json([asking.plain(one) for one in found])
        return
    for one in found:
        by = f"by {one_line(one.who)}"
        template = f", {one.template}" if one.template else ""
        click.echo(f"{one.id}: {_state(one, now)} {_when(services, one)}, {by}{template}")
        for language, text in one.texts.items():
            click.echo(f"  {language}: {one_line(text)}")
    if not found:
        click.echo("nothing is on the air, and nothing to come", err=True)


@announce_group.command("end")
@click.argument("name", metavar="ID")
@asking.who_option
@asking.role_option
@click.pass_obj
def end_command(services: Services, name: str, who: str | None, role: str) -> None:
    """Take an announcement off the air at once; exit 1 when it is not on the air, nor to come."""
    with asking.plain_errors():
        end(services.engine(), name, by=asking.person(who, role), now=datetime.now(UTC))
    _tell_calls(services)
    click.echo("ended")


def _others(given: tuple[str, ...]) -> dict[str, str]:
    """Texts as CODE=TEXT. Raises Refused."""
    parted = [one.partition("=") for one in given]
    if not all(code and sign for code, sign, _ in parted):
        raise Refused("--text is written CODE=TEXT, as --text fr='…'")
    return {code: text for code, _, text in parted}


def _tell_calls(services: Services) -> None:
    import redis  # who lists needs none

    try:
        project(services.engine(), services.slow_redis, datetime.now(UTC))
    except redis.RedisError:
        told = "Redis does not answer: calls are told by the relay, seconds after it is back"
        click.echo(told, err=True)


def _when(services: Services, one: Announcement) -> str:
    begins, ends = (asking.local(at, services.zone) for at in (one.starts_at, one.until))
    ended = f", ended {asking.local(one.ended_at, services.zone)}" if one.ended_at else ""
    return f"from {begins} until {ends}{ended}"


def _state(one: Announcement, now: datetime) -> str:
    if one.ended_at is not None or one.until <= now:
        return "over"
    return "on the air" if one.starts_at <= now else "to come"

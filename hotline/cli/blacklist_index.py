"""`hotline blacklist rebuild | verify`: the index that calls are screened by, and the record."""

import sys
from datetime import UTC, datetime

import rich_click as click

from blacklist.index import RedisIndex
from blacklist.record.projection import differences, rebuild
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line


@click.command("rebuild")
@asking.json_option
@click.pass_obj
def blacklist_rebuild(services: Services, as_json: bool) -> None:
    """Make the index in Redis anew from SQL; the old one screens calls until it is whole."""
    with asking.plain_errors():
        policy = services.policy.strikes
        index = RedisIndex(services.slow_redis)
        written = rebuild(services.engine(), index, datetime.now(UTC), policy)
    if as_json:
        asking.print_json({"written": written})
    else:
        click.echo(f"{written:,} written")


@click.command("verify")
@asking.json_option
@click.pass_obj
def blacklist_verify(services: Services, as_json: bool) -> None:
    """Compare the index in Redis with SQL; name every difference and exit 1 when there is one."""
    with asking.plain_errors():
        policy = services.policy.strikes
        index = RedisIndex(services.slow_redis)
        found = differences(services.engine(), index, datetime.now(UTC), policy)
        whole = index.built
    if not whole:
        found.append("the index was never built, or was lost: run `hotline blacklist rebuild`")
    if as_json:
        asking.print_json({"agree": not found, "differences": found})
    else:
        for line in found:
            click.echo(one_line(line))
        click.echo(f"{len(found)} differences" if found else "record and index agree")
    sys.exit(1 if found else 0)

"""`hotline blacklist rebuild | verify`: the index that calls are screened by, and the record."""

import sys
from zoneinfo import ZoneInfo

import rich_click as click

from blacklist.record.whole import Rebuilt, verify_index
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line
from hotline.cli.verbs import verb
from hotline.register import make_register


@verb("rebuild")
def blacklist_rebuild(done: Rebuilt, _zone: ZoneInfo) -> None:
    """Make the index in Redis anew from SQL; the old one screens calls until it is whole."""
    click.echo(f"{done.written:,} written")


@click.command("verify")
@asking.json_option
@click.pass_obj
def blacklist_verify(services: Services, as_json: bool) -> None:
    """Compare the index in Redis with SQL; name every difference and exit 1 when there is one."""
    with asking.plain_errors():
        found = verify_index(make_register(services))
    if as_json:
        asking.print_json(asking.told(found))
    else:
        for line in found.differences:
            click.echo(one_line(line))
        count = len(found.differences)
        click.echo("record and index agree" if found.agree else f"{count} differences")
    sys.exit(0 if found.agree else 1)

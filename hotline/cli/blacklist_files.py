"""`hotline blacklist import | export`: the blocklist as CSV."""

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import rich_click as click

from blacklist.record.arguments import ImportHow
from blacklist.record.exporting import export_rows
from blacklist.record.importing import Imported
from blacklist.record.whole import import_file
from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line
from hotline.cli.output import writing
from hotline.cli.progress import rows_bar, told
from hotline.cli.verbs import options_of
from hotline.register import make_register


@click.command("import")
@click.argument("file", type=click.File("rb"))
@options_of(ImportHow)
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def blacklist_import(
    services: Services,
    /,
    file: BinaryIO,
    who: str | None,
    role: str,
    as_json: bool,
    **how: Any,
) -> None:
    """Import FILE (CSV; - for stdin): all of it, or nothing when a row is wrong.

    Columns: number, and any of kind, disposition, reason, until, note, calls, recordings. Importing
    the same file again changes nothing. A number that ends in * is a prefix.

    The blacklist of FreePBX (--from freepbx --reason abuse --days 30) is taken as its Bulk Handler
    exports it, and as Asterisk shows it: asterisk -rx 'database show blacklist'.

    Exit status: 0 done, 1 a store is away, 2 refused.
    """
    with asking.plain_errors():
        register, by = make_register(services, told), asking.person(who, role)
        gc.freeze()  # rows come and go, the program stays: it is not searched each time for garbage
        with rows_bar({"replayed": "prefixes replayed"}) as progress:
            done = import_file(register, file, by=by, zone=services.zone, progress=progress, **how)
    _tell(done, as_json)
    sys.exit(2 if done.refused and not how["keep_going"] else 0)


@click.command("export")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout")
@click.pass_obj
def blacklist_export(services: Services, output: Path | None) -> None:
    """Export every entry in force as CSV, which `import` reads and no spreadsheet computes."""
    with asking.plain_errors(), writing(output) as out:
        for _ in export_rows(services.engine(), out, datetime.now(UTC)):
            pass


def _tell(done: Imported, as_json: bool) -> None:
    if as_json:
        asking.print_json(asking.told(done))
        return
    for error in done.errors:
        click.echo(f"row {error.row}: {one_line(error.message)}", err=True)
    if done.refused > len(done.errors):
        click.echo(f"… and {done.refused - len(done.errors):,} more", err=True)
    for left in done.left:
        click.echo(f"row {left.row}: left out: {one_line(left.message)}", err=True)
    counts = f"{done.added:,} added, {done.replaced:,} replaced, {done.unchanged:,} unchanged"
    if done.written:
        click.echo(f"{done.rows:,} rows: {counts}, {done.refused:,} refused")
        if done.batch is not None:
            click.echo(f"taken back by: hotline blacklist undo --batch {done.batch}", err=True)
    elif done.refused:
        click.echo(f"{done.refused:,} of {done.rows:,} rows are wrong: nothing was imported")
    else:
        click.echo(f"{done.rows:,} rows would be: {counts}; nothing was written")

"""`hotline gazetteer`: the city's addresses, imported and looked at; the sounds of their names."""

import gc
import sys
from datetime import UTC, datetime
from typing import BinaryIO

import rich_click as click

from hotline.bootstrap import Services
from hotline.cli import asking
from hotline.cli.columns import one_line, print_columns
from people.person import NothingThere
from places.csv_read import ENCODINGS, Reader
from places.gazetteer import Place, by_keys, by_plate, by_short
from places.importing import Imported, import_gazetteer
from places.keypad import keys_of
from places.looking import stats


@click.group("gazetteer")
def gazetteer_group() -> None:
    """The addresses of the city: import them, look one up, count them, make their names' sounds."""


@gazetteer_group.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--encoding", type=click.Choice(ENCODINGS), default="utf-8", show_default=True)
@click.option("--dry-run", is_flag=True, help="Check and count; write nothing")
@click.option("--keep-going", is_flag=True, help="Leave rows with errors out, write the others")
@click.option("--audio", is_flag=True, help="Then make the sounds of names that have none yet")
@asking.who_option
@asking.role_option
@asking.json_option
@click.pass_obj
def import_command(
    services: Services,
    /,
    file: BinaryIO,
    encoding: str,
    dry_run: bool,
    keep_going: bool,
    audio: bool,
    who: str | None,
    role: str,
    as_json: bool,
) -> None:
    """Import FILE (CSV; - for stdin): all of it, or nothing when a row is wrong.

    Columns: building_number and postal_code, and any of secondary_number, short_address, street_ar,
    street_en, district_ar, district_en, sub_municipality (a code, or a name in either language),
    lat, long. An address is known by building number, postal code and secondary number together:
    importing the same file again changes nothing, a changed row is updated, and an address that the
    file does not have stays.

    Exit status: 0 done, 1 a store is away, 2 refused.
    """
    from hotline.cli.progress import rows_bar
    from hotline.gazetteer import sub_municipality_codes
    from ivr.prompt_text import text_fault

    with asking.plain_errors():
        by = asking.person(who, role)
        codes = sub_municipality_codes(services)
        gc.freeze()  # rows come and go, the program stays
        reader = Reader(file, codes=codes, unsayable=text_fault, encoding=encoding)
        with rows_bar() as progress:
            done = import_gazetteer(
                services.engine(),
                reader,
                by=by,
                now=datetime.now(UTC),
                keep_going=keep_going,
                dry_run=dry_run,
                progress=progress,
            )
    _tell(done, as_json)
    unsaid = _make_sounds(services) if audio and done.written else 0
    sys.exit(2 if done.refused and not keep_going else 1 if unsaid else 0)


@gazetteer_group.command("find")
@click.argument("entry", nargs=-1, required=True)
@asking.json_option
@click.pass_obj
def find_command(services: Services, entry: tuple[str, ...], as_json: bool) -> None:
    """Look an address up: BUILDING and POSTAL code (7421 23218), a short address (RRRD2929), or the
    eight keys of one (77732929), which several may share. Exit 1 when there is none.
    """
    engine = services.engine()
    with asking.plain_errors():
        match entry:
            case (building, postal):
                found = by_plate(engine, building, postal)
            case (one,) if one.isdecimal():
                found = by_keys(engine, one)
            case (one,):
                place = by_short(engine, one.upper())
                found = [place] if place else []
            case _:
                raise ValueError("write a building number and a postal code, or a short address")
        if as_json:
            asking.print_json([asking.plain(place) for place in found])
        elif found:
            print_columns(_COLUMNS, [_row(place) for place in found])
        if not found:
            raise NothingThere(f"{one_line(' '.join(entry))}: no such address is in the gazetteer")


@gazetteer_group.command("stats")
@asking.json_option
@click.pass_obj
def stats_command(services: Services, as_json: bool) -> None:
    """Count the addresses, and what they have."""
    with asking.plain_errors():
        found = stats(services.engine())
    if as_json:
        asking.print_json(asking.plain(found))
        return
    click.echo(
        f"{found.addresses:,} addresses in {found.postal_codes:,} postal codes: "
        f"{found.with_short_address:,} with a short address ({found.keyed_alike:,} of them keyed "
        f"like another), {found.with_street_in_both:,} with a street in both languages, "
        f"{found.with_coordinates:,} with lat and long"
    )
    for code, count in found.sub_municipalities.items():
        click.echo(f"{code or '(no sub-municipality)'}: {count:,}")


@gazetteer_group.command("sounds")
@click.pass_obj
def sounds_command(services: Services) -> None:
    """Make the sound of every street and district that has none yet, so that no caller waits.

    Names are said as config/spoken_names.yaml writes them. Exit 1 when one could not be made.
    """
    with asking.plain_errors():
        unsaid = _make_sounds(services)
    sys.exit(1 if unsaid else 0)


def _make_sounds(services: Services) -> int:
    from hotline.cli.building import bar
    from hotline.gazetteer import make_names

    with bar("names") as progress:
        made, there, failures = make_names(services, progress)
    for failure in failures[:_SHOWN]:
        click.echo(failure, err=True)
    click.echo(f"{made:,} names' sounds made, {there:,} there already, {len(failures):,} not made")
    return len(failures)


_SHOWN = 20
_COLUMNS = ("building", "postal", "secondary", "short", "keys", "street", "district", "sub", "at")


def _row(place: Place) -> tuple[str, ...]:
    return (
        place.building_number,
        place.postal_code,
        place.secondary_number,
        place.short_address,
        keys_of(place.short_address),
        " / ".join(place.street.values()),
        " / ".join(place.district.values()),
        place.sub_municipality or "",
        "" if place.lat is None else f"{place.lat:.5f}, {place.long:.5f}",
    )


def _tell(done: Imported, as_json: bool) -> None:
    if as_json:
        asking.print_json(asking.plain(done))
        return
    for error in done.errors:
        column = f"{error.column}: " if error.column else ""
        click.echo(f"row {error.row}: {column}{one_line(error.message)}", err=True)
    if done.refused and len({error.row for error in done.errors}) < done.refused:
        click.echo(f"… {done.refused:,} rows with errors altogether", err=True)
    counts = f"{done.added:,} added, {done.updated:,} updated, {done.unchanged:,} unchanged"
    if done.repeated:
        counts += f", {done.repeated:,} said twice"
    if done.written:
        click.echo(f"{done.rows:,} rows: {counts}, {done.refused:,} refused")
    elif done.refused and not (done.added or done.updated or done.unchanged):
        click.echo(f"{done.refused:,} of {done.rows:,} rows are wrong: nothing was imported")
    else:
        click.echo(f"{done.rows:,} rows would be: {counts}; nothing was written")

"""`hotline init DIR`: the folder of an installation."""

import json
import sys
from collections import Counter
from pathlib import Path

import rich_click as click

from hotline.home import HOME
from hotline.installation.init import Done, init
from hotline.installation.rights import NoUser, steward
from hotline.settings import CONFIG_DIR
from hotline.trouble import of_system


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--user",
    default=None,
    help="Whom the roles run as; default: hotline where root makes it, else who runs this",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
def init_command(folder: Path, user: str | None, as_json: bool) -> None:
    """Make an installation in DIR: configuration, secrets, state, and whose each of them is.

    Run it again for a new release: what nobody edited is renewed, what you edited is left as it is,
    and what the release has in its place is laid beside it as NAME.release. Exit status: 0 done,
    1 something refused, 2 wrong words.
    """
    folder = folder.absolute()
    told: list[Done] = []
    try:
        owner = steward(user)
        for done in init(folder, CONFIG_DIR, owner):
            told.append(done)
            if not as_json:
                _tell(done, folder)
    except NoUser as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(of_system(error), err=True)
        sys.exit(1)
    if as_json:
        rows = [{"path": str(one.path), "what": one.what, "beside": one.beside} for one in told]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    _sum_up(told, folder, owner.name)


def _tell(done: Done, folder: Path) -> None:
    """A line for what is no plain file of the configuration; those are counted at the end."""
    inside = done.path.is_relative_to(folder / "config") and done.path != folder / "config"
    if done.what == "yours":
        beside = f"; the release's is beside it: {done.beside}" if done.beside else ""
        click.echo(f"left {done.path} as you edited it{beside}")
    elif done.what != "same" and not (inside and done.what == "made"):
        click.echo(f"{done.what} {done.path}")


def _sum_up(told: list[Done], folder: Path, user: str) -> None:
    counted = Counter(one.what for one in told if one.path.is_relative_to(folder / "config"))
    if counted["made"]:
        click.echo(f"made {counted['made']} files and folders in {folder / 'config'}")
    if all(one.what in ("same", "yours") for one in told):
        click.echo(f"all was as it should be, for the user {user}")
        return
    click.echo(
        f"the roles run as {user}. Next: edit {folder / 'hotline.env'}, have {HOME}={folder} in the"
        " environment\n(the Debian package's `hotline` sees to that for /srv/940), then run\n"
        "  hotline db upgrade\n  hotline prompts build\n  hotline doctor"
    )

"""`hotline asterisk`: run the embedded one, or install 940 into one of your own."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
import structlog

from embedded.asterisk.installer import CannotInstall, Installed, Wish, install, tree_of
from embedded.asterisk.places import NoSuchUser, places_of
from hotline.asterisk_access import manager_access
from hotline.bootstrap import Services, ensure_folders
from hotline.cli.building import build_for_calls
from hotline.cli.roles import stop_event
from hotline.installation.rights import for_the_roles
from hotline.secret import secrets_file
from hotline.settings import PREFIX
from ivr.prompts import CatalogueError
from voice.wav import AudioError

if TYPE_CHECKING:
    from embedded.asterisk.instance import AsteriskInstance

log = structlog.get_logger()


@click.group("asterisk")
def asterisk_group() -> None:
    """Asterisk: run the embedded one, or install 940 into one of your own."""


@asterisk_group.command("run")
@click.pass_obj
def asterisk_run(services: Services) -> None:
    """Run the embedded Asterisk until SIGTERM; then it finishes its calls and takes no new ones."""
    from embedded.asterisk.install import AsteriskUnavailable
    from embedded.asterisk.instance import AsteriskFailed
    from hotline.stack import asterisk_instance
    from recordings.collect import collect_recordings

    stop = stop_event()
    try:
        instance = asterisk_instance(services.settings)
    except AsteriskUnavailable as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    ensure_folders(services.settings)
    kept = services.settings.recordings
    # of a run that was killed
    collect_recordings(instance.recordings_outside, kept, settled_s=0, heard_s=0)
    try:
        instance.start()
        while not stop.wait(1.0):
            collect_recordings(instance.recordings_outside, kept)
            _bring_prompts(instance)
            if not instance.running:
                click.echo("Asterisk ended by itself; see its log", err=True)
                sys.exit(1)
        log.info("asterisk_drains")
        if not instance.drain(services.settings.agi.drain_seconds):
            log.warning("asterisk_calls_cut")
    except AsteriskFailed as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    finally:
        instance.stop()
        collect_recordings(instance.recordings_outside, kept, settled_s=0, heard_s=0)


def _bring_prompts(instance: "AsteriskInstance") -> None:
    """Whatever hinders it, calls go on with the prompts that Asterisk has; a second later again."""
    try:
        instance.refresh_sounds()
    except OSError as error:
        log.warning("prompts_not_brought", error=type(error).__name__)


@asterisk_group.command("install")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="What Asterisk sees as /: on its own machine that is /",
)
@click.option("--systemname", default="", help="Its name among several; default: the host's name")
@click.option(
    "--user", default=None, help="Who it runs as (or UID:GID); default: asterisk, or else root"
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines")
@click.pass_obj
def asterisk_install(
    services: Services, folder: Path, systemname: str, user: str | None, as_json: bool
) -> None:
    """Bring configuration, prompts, music and folders into an Asterisk of your own.

    Run it again for a new release. Files that are yours to edit are left as you edited them
    (hotline_*.conf and rtp.conf); any other file in the way is kept as a copy beside ours. Exit
    status: 0 done, 1 something refused, 2 wrong words.
    """
    settings = services.settings
    try:
        root = tree_of(folder)
        with for_the_roles(settings):
            ensure_folders(settings)
            secrets_file(settings.backoffice, settings.state_dir)
            build_for_calls(services, lambda text: click.echo(text, err=True))
            access = manager_access(settings) if settings.ami.hosts else None
        wish = Wish(
            places_of(root, settings.agi.sounds_prefix, settings.agi.recordings_prefix),
            settings.config_dir / "asterisk",
            settings.sounds,
            settings.state_dir.stat().st_gid,
            systemname,
            user,
            access,
        )
        done = install(wish)
    except (CannotInstall, NoSuchUser, CatalogueError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except AudioError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        refused = error.filename or folder
        click.echo(f"{refused}: {(error.strerror or str(error)).lower()}; run it as root", err=True)
        sys.exit(1)
    told = _to_set(services, wish)
    if as_json:
        click.echo(json.dumps(_as_json(done, root, told), ensure_ascii=False, indent=2))
    else:
        _tell(done, wish, told)


@asterisk_group.command("check")
@click.argument("tree", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines")
@click.pass_obj
def asterisk_check(services: Services, tree: Path | None, as_json: bool) -> None:
    """Look from Asterisk's side: what it reads, plays, records into and dials.

    DIR is what it sees as /; without it, this machine's Asterisk, or else the embedded one. Exit
    status 1 when anything is missing.
    """
    from hotline.cli.doctor import tell_checks
    from hotline.doctor.asterisk_checks import asterisk_checks
    from hotline.doctor.checks import guarded

    tell_checks(guarded("asterisk", lambda: asterisk_checks(services, tree)), as_json=as_json)


def _to_set(services: Services, wish: Wish) -> dict[str, str]:
    """Settings that the servers need to find what was laid."""
    agi = services.settings.agi
    told = {}
    if agi.sounds_prefix != wish.places.sounds:
        told[f"{PREFIX}AGI__SOUNDS_PREFIX"] = wish.places.sounds
    if agi.recordings_prefix != wish.places.recordings:
        told[f"{PREFIX}AGI__RECORDINGS_PREFIX"] = wish.places.recordings
    return told


def _as_json(done: Installed, root: Path, told: dict[str, str]) -> dict[str, object]:
    return {
        "tree": str(root),
        "user": done.owner.name,
        "systemname": done.system_name,
        "asterisk": done.has_asterisk,
        "changed": done.changed,
        "files": [asdict(one) for one in done.files],
        "sounds": done.laid.sounds,
        "music": done.laid.music,
        "folders": list(done.folders),
        "settings": told,
    }


def _tell(done: Installed, wish: Wish, told: dict[str, str]) -> None:
    etc = wish.places.etc
    for one in done.files:
        match one.what:
            case "made" | "renewed":
                click.echo(f"{one.what} {etc}/{one.name}")
            case "replaced":
                click.echo(f"replaced {etc}/{one.name}, which is kept as {one.copy}")
            case "yours":
                click.echo(f"left {etc}/{one.name} as you edited it")
    for folder in done.folders:
        click.echo(f"folder {folder}")
    if done.laid.sounds:
        click.echo(f"laid {done.laid.sounds} prompts in {wish.places.sounds}")
    if done.laid.music:
        click.echo(f"made music for those who wait in {wish.places.music}")
    click.echo(f"systemname {done.system_name}, user {done.owner.name}")
    if told:
        click.echo("set for the servers (`hotline agi`, `hotline relay`, `hotline doctor`):")
        for name, value in told.items():
            click.echo(f"  {name}={value}")
    if not done.has_asterisk:
        click.echo(
            f"no Asterisk under {wish.places.root}: install it, then run this again", err=True
        )
    elif done.changed:
        click.echo("restart Asterisk, then run `hotline doctor --asterisk`")
    else:
        click.echo("all was as it should be")

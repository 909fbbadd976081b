"""An installation made, or brought to this release: `hotline init DIR`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded.asterisk.places import RECORDINGS_INSIDE, SOUNDS_INSIDE
from files.written import Manifest, replace_file, write_files
from hotline.home import Home
from hotline.installation.rights import Steward, file_for, folder_for
from tickets.destinations.webhook_secret import fresh_secret

_ENV = Path(__file__).with_name("hotline.env")
_FOLDER, _READ, _THEIRS, _SECRET = 0o755, 0o750, 0o700, 0o600
BACKOFFICE = "backoffice"
"""The file of the secrets that sign deliveries."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one part: `made`, `mended` (its rights), `renewed`, `yours`, or `same`.

    `beside` is the release's own file, laid beside one that you have edited.
    """

    path: Path
    what: str
    beside: str = ""


def init(folder: Path, shipped: Path, steward: Steward) -> Iterator[Done]:
    """Make what is missing in `folder`, renew what nobody edited, and tell of each part.

    `shipped` is the configuration of this release. Run it again for each release: no file that
    people have edited is touched, and no secret. Raises OSError, which names the path.
    """
    home = Home(folder)
    for path, owned, mode in (
        (folder, steward.for_them, _FOLDER),
        (home.secrets, steward.theirs, _THEIRS),
        (home.state, steward.theirs, _THEIRS),
        (home.sounds, steward.theirs, _FOLDER),
    ):
        yield Done(path, folder_for(path, owned, mode))
    yield _env(home, steward)
    yield from _secrets(home, steward)
    yield from _config(home, shipped, steward)


def _env(home: Home, steward: Steward) -> Done:
    """Made once: from then on it is theirs who edit it."""
    if home.env_file.exists():
        mended = file_for(home.env_file.resolve(), steward.for_them, 0o640)
        return Done(home.env_file, "mended" if mended else "same")
    text = _ENV.read_text(encoding="utf-8")
    for name, value in (
        ("{home}", str(home.folder)),
        ("{sounds}", SOUNDS_INSIDE),
        ("{recordings}", RECORDINGS_INSIDE),
    ):
        text = text.replace(name, value)
    replace_file(home.env_file, text.encode(), steward.for_them)
    return Done(home.env_file, "made")


def _secrets(home: Home, steward: Steward) -> Iterator[Done]:
    signing = home.secrets / BACKOFFICE
    if not signing.exists():
        replace_file(signing, f"{fresh_secret()}\n".encode(), steward.theirs, _SECRET)
        yield Done(signing, "made")
    for path in sorted(home.secrets.iterdir()):
        if file_for(path, steward.theirs, _SECRET):
            yield Done(path, "mended")


def _config(home: Home, shipped: Path, steward: Steward) -> Iterator[Done]:
    found = sorted(path for path in shipped.rglob("*") if path.is_file())
    files = {str(path.relative_to(shipped)): path.read_bytes() for path in found}
    folders = {path.parent for path in found} | {shipped}
    for folder in sorted(folders | {above for one in folders for above in _between(one, shipped)}):
        at = home.config / folder.relative_to(shipped)
        yield Done(at, folder_for(at, steward.for_them, _READ))
    written = write_files(
        home.config, files, steward.for_them, edited=_is_theirs, release_beside=True
    )
    for one in written:
        yield Done(home.config / one.name, one.what, one.copy)


def _between(folder: Path, top: Path) -> Iterator[Path]:
    while folder != top:
        yield folder
        folder = folder.parent


def _is_theirs(name: str, known: Manifest) -> bool:
    """All of the configuration is for people to edit."""
    del name, known
    return True

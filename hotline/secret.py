"""Where the secrets that sign deliveries are kept: settings, a file that they name, or one of ours.

A file has the newest first. It may change while processes run: they read it anew.
"""

import fcntl
import os
import stat
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from files.written import Owned, replace_file
from hotline.setting_groups import BackofficeSettings
from tickets.destinations.webhook_secret import (
    fingerprint,
    fresh_secret,
    split_secrets,
    webhook_key,
)

log = structlog.get_logger()

MOST = 2
"""How many secrets a rotation leaves: the new one and the one before."""


class RotationRefused(ValueError):
    """What cannot be rotated or retired now; the text says the mend."""


def embedded_secret(state_dir: Path) -> Path:
    """The file with the secret of this state folder: made once, kept, never shown.

    Several processes may ask at once; all get the same. The file's mode is 0600. Raises OSError.
    """
    path = state_dir / "backoffice.secret"
    if path.exists():
        return path
    state_dir.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    replace_file(mine, _text([fresh_secret()]), Owned(os.geteuid(), os.getegid()), 0o600)
    with suppress(FileExistsError):
        os.link(mine, path)  # whole or not at all, and never over another's
    mine.unlink()
    return path


def secrets_file(settings: BackofficeSettings, state_dir: Path) -> Path | None:
    """The file that holds the secrets; None where the environment itself does. Raises OSError."""
    if settings.secrets_file is not None:
        return settings.secrets_file
    return None if settings.secrets else embedded_secret(state_dir)


def office_secrets(settings: BackofficeSettings, state_dir: Path) -> Callable[[], Sequence[str]]:
    """What gives the secrets of this moment, newest first. Raises OSError, ValueError."""
    path = secrets_file(settings, state_dir)
    if path is not None:
        return FileSecrets(path)
    given = tuple(secret.get_secret_value() for secret in settings.secrets)
    return lambda: given


class FileSecrets:
    """The secrets in a file, of this moment. Raises OSError, ValueError when it begins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading = threading.Lock()
        self._seen: tuple[int, int, int] | None = _look(path)
        self._secrets = read_secrets(path)

    def __call__(self) -> Sequence[str]:
        """The newest first. What cannot be read is told, and the last that could are taken."""
        with self._reading:
            try:
                seen = _look(self._path)
                if seen != self._seen:
                    self._secrets = read_secrets(self._path)
                    names = [fingerprint(secret) for secret in self._secrets]
                    log.info("webhook_secrets_read", fingerprints=names)
            except (OSError, ValueError) as error:
                seen = None
                if self._seen is not None:
                    log.error("webhook_secrets_unreadable", error=type(error).__name__)
            self._seen = seen
            return self._secrets


def read_secrets(path: Path) -> list[str]:
    """The secrets in a file, newest first. Raises OSError, and ValueError for one of no form."""
    found = split_secrets(path.read_text(encoding="utf-8"))
    if not found:
        raise ValueError("is empty")
    for secret in found:
        webhook_key(secret)
    return found


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of the file did: the secret that came or went, and those that are there now."""

    secret: str
    now: Sequence[str]


def rotate(path: Path) -> Changed:
    """Put a new secret before those in the file. Raises RotationRefused, OSError, ValueError."""

    def change(secrets: Sequence[str]) -> Changed:
        if len(secrets) >= MOST:
            raise RotationRefused(
                f"{path} has {len(secrets)} secrets already: take away what the receiver needs no "
                "longer (`hotline secrets list`, `hotline secrets retire`), and then rotate"
            )
        fresh = fresh_secret()
        return Changed(fresh, [fresh, *secrets])

    return _change(path, change)


def retire(path: Path, wanted: str | None = None) -> Changed:
    """Take away the oldest secret, or that with the fingerprint `wanted`. Raises as `rotate`."""

    def change(secrets: Sequence[str]) -> Changed:
        if len(secrets) == 1:
            raise RotationRefused(f"{path} has one secret, which signs: `hotline secrets rotate`")
        gone = [s for s in secrets[::-1] if wanted is None or fingerprint(s) == wanted][:1]
        if not gone:
            raise RotationRefused("no secret has this fingerprint: see `hotline secrets list`")
        return Changed(gone[0], [secret for secret in secrets if secret != gone[0]])

    return _change(path, change)


def _change(path: Path, change: Callable[[Sequence[str]], Changed]) -> Changed:
    """One change at a time; whoever reads sees the file before or after, and its rights stay."""
    path = path.resolve()  # a link stays one
    with closing(_Folder(path.parent)):
        changed = change(read_secrets(path))
        known = path.stat()
        owned = Owned(known.st_uid, known.st_gid)
        replace_file(path, _text(changed.now), owned, stat.S_IMODE(known.st_mode))
    return changed


class _Folder:
    """A folder that one process at a time changes files in."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let others, once what was changed is on the disk."""
        os.fsync(self._descriptor)
        os.close(self._descriptor)


def _text(secrets: Sequence[str]) -> bytes:
    """On one line: as releases before read it."""
    return (",".join(secrets) + "\n").encode("ascii")


def _look(path: Path) -> tuple[int, int, int]:
    """What changes when the file does."""
    known = path.stat()
    return known.st_ino, known.st_mtime_ns, known.st_size

"""The secret of the console: the settings', else one that is made once and kept."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from hotline.setting_groups import ConsoleSettings

_NAME = "console.secret"


def console_secret(settings: ConsoleSettings, state_dir: Path) -> str:
    """What signs its forms and encrypts second factors: the same for all processes and starts.

    Without it in the settings it is under `state_dir`, for its owner alone. Raises OSError.
    """
    given = settings.secret.get_secret_value()
    return given or _kept(state_dir / _NAME)


def _kept(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mine = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(mine, path)  # whole or not at all, and never over another's
        mine.unlink()
    return path.read_text().strip()

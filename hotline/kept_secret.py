"""A secret that the settings may give, and that is else made once and kept in the state folder."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

_CONSOLE, _AMI = "console.secret", "ami.secret"


def console_secret(given: SecretStr, state_dir: Path) -> str:
    """What signs the console's forms and encrypts second factors. Raises OSError."""
    return given.get_secret_value() or _kept(state_dir / _CONSOLE)


def ami_secret(given: SecretStr, state_dir: Path) -> str:
    """By which the console signs in at Asterisk's manager interface. Raises OSError."""
    return given.get_secret_value() or _kept(state_dir / _AMI)


def _kept(path: Path) -> str:
    """The same for all processes and starts; the file is for its owner alone."""
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

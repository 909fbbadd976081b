"""The secret that signs deliveries in the embedded stack: made once, kept, never shown."""

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path


def fresh_secret() -> str:
    """A new Standard Webhooks secret: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def embedded_secret(state_dir: Path) -> str:
    """The Standard Webhooks secret (`whsec_` and 32 bytes in base64) of this state folder.

    Several processes may ask at once; all get the same. The file's mode is 0600. Raises OSError.
    """
    path = state_dir / "backoffice.secret"
    with suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    state_dir.mkdir(parents=True, exist_ok=True)
    fresh = fresh_secret()
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(fresh + "\n")
    with suppress(FileExistsError):
        os.link(mine, path)  # whole or not at all, and never over another's
    mine.unlink()
    return path.read_text(encoding="ascii").strip()

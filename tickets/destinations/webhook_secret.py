"""The secret that signs webhooks, as Standard Webhooks has it ("Signature scheme").

`whsec_` and 24 to 64 random bytes in base64. The library takes more than that and says nothing: it
leaves out letters that are not base64, and then signs by another key than the receiver's.
"""

import base64
import binascii
import hashlib
import re
import secrets

PREFIX = "whsec_"
_FEWEST_BYTES, _MOST_BYTES, _BYTES = 24, 64, 32


def webhook_key(secret: str) -> bytes:
    """The key that `secret` writes. Raises ValueError, whose text has nothing of it."""
    written = secret.removeprefix(PREFIX)
    try:
        padded = written.rstrip("=") + "=" * (-len(written.rstrip("=")) % 4)
        key = base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(
            f"must be {PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} bytes in base64, "
            f"as `echo {PREFIX}$(openssl rand -base64 {_BYTES})` makes one"
        )
    return key


def split_secrets(text: str) -> list[str]:
    """Those in a text: with commas between them, or each on a line of its own."""
    return [part for part in re.split(r"[,\s]+", text) if part]


def fresh_secret() -> str:
    """A new one."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode("ascii")


def fingerprint(secret: str) -> str:
    """What tells secrets apart and gives nothing of them away: of the key's SHA-256, 8 digits."""
    return hashlib.sha256(webhook_key(secret)).hexdigest()[:8]

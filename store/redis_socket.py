"""Where the embedded Redis listens: a Unix socket that only its owner may open."""

import hashlib
import os
import tempfile
from pathlib import Path

LONGEST_PATH = 100
"""Bytes of a socket's path; the kernel takes 107 (unix(7), sun_path)."""


def embedded_redis_url(state_dir: Path) -> str:
    """Return the address; every command that is given the same `state_dir` finds the same."""
    return f"unix://{redis_socket(state_dir)}"


def redis_socket(state_dir: Path) -> Path:
    """Return the path, under `state_dir` where it is short enough, else in the temporary folder."""
    path = state_dir.absolute() / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    name = hashlib.sha256(os.fsencode(state_dir.absolute())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hotline-{os.getuid()}-{name}" / "redis.sock"

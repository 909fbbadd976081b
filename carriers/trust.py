"""Whose certificates are taken: the public authorities', and those that a file names besides."""

import ssl
from functools import cache
from pathlib import Path

import httpx


def trusting(more: Path | None = None) -> ssl.SSLContext:
    """Verifies certificates and the names in them. Made once a file: it reads every root.

    `more` is a file of certificates (PEM). Raises ValueError where it cannot be read as such.
    """
    return _context(more, 0.0 if more is None else _changed(more))


@cache
def _context(more: Path | None, _changed_at: float) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if more is not None:
        try:
            context.load_verify_locations(cafile=more)
        except OSError as error:  # ssl.SSLError is one
            raise ValueError(f"{more}: is no file of certificates (PEM)") from error
    return context


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None

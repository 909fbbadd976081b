"""What an error of the machine is called in a command's last line, and the mend."""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

_MENDS = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the quota of the disk is used up: make room",
    errno.EROFS: "it is read-only: mount it for writing, or name another place",
    errno.EACCES: "no right to: run it as the user to whom it belongs",
    errno.EPERM: "no right to: run it as the user to whom it belongs",
}
_SQLITE = {
    sqlite3.SQLITE_FULL: "the disk is full: make room",
    sqlite3.SQLITE_READONLY: "it is read-only: is its disk, or its file?",
    sqlite3.SQLITE_CANTOPEN: "its file cannot be opened: is its folder there, and ours?",
    sqlite3.SQLITE_IOERR: "its disk is full, or fails: make room, or see what the kernel says",
}
_POSTGRESQL = {
    "53100": "its disk is full: make room",
    "25006": "it is read-only: DATABASE_URL must lead to the primary",
}


def of_system(error: OSError) -> str:
    """A file, or an output, that could not be written or read."""
    about = f"{error.filename}: " if error.filename is not None else ""
    known = _MENDS.get(error.errno or 0)
    return f"{about}{known or error.strerror or str(error) or type(error).__name__}"


def of_database(error: SQLAlchemyError) -> str:
    """A database that did not do what it was asked."""
    original = error.orig if isinstance(error, DBAPIError) else None
    known = _POSTGRESQL.get(getattr(original, "sqlstate", None) or "")
    if isinstance(original, sqlite3.Error):
        # The low byte is the primary result code (SQLite, Result and Error Codes).
        known = _SQLITE.get(getattr(original, "sqlite_errorcode", 0) & 0xFF)
    if known is not None:
        return f"database: {known}"
    return f"database: {type(error).__name__}; check DATABASE_URL, `hotline db upgrade`"

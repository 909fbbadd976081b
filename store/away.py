"""Whether an error says that the database is away, and nothing of what was asked of it."""

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

AWAY = (InterfaceError, InternalError, OperationalError, PoolTimeout)


def is_away(error: Exception) -> bool:
    """Whether an error is no entry's fault: the database is away, or its tables are.

    A value that no column takes is a ProgrammingError too, but one that no server has told.
    """
    told = isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", None)
    return bool(told) or isinstance(error, AWAY)

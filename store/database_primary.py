"""PostgreSQL whose primary may become another server, behind the same address or not.

The server that was the primary goes on answering: what it refuses to write is no broken connection
to the library, which would ask it for ever. Whatever says "not I" ends all connections of the pool,
and the next one is made anew: to whoever is the primary then.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, ExceptionContext, make_url

LONGEST_LIFE_S = 300
"""How old a connection may become: an address that was moved is followed, at the latest then."""
READ_WRITE = "read-write"
"""libpq's `target_session_attrs`: a server that only reads is none that was meant."""
_NOT_THE_PRIMARY = frozenset(
    {
        "25006",  # read_only_sql_transaction: it was demoted
        "57P01",  # admin_shutdown
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now: it starts, stops, or recovers
        "57P05",  # idle_session_timeout
        "25P03",  # idle_in_transaction_session_timeout
    }
)
_CONNECTION_CLASS = "08"


def follow_primary(engine: sa.Engine, wanted: str = READ_WRITE) -> None:
    """Give up all connections of `engine` as soon as one meets a server that is not the primary.

    `wanted` are the `target_session_attrs` of its address: who wants to read from a replica, may.
    """
    event.listen(engine, "handle_error", _given_up)
    if wanted not in (READ_WRITE, "primary"):
        return
    ask = engine.dialect.do_ping

    def ping(connection: Any) -> bool:
        return ask(connection) and not _reads_only(connection)

    engine.dialect.do_ping = ping  # type: ignore[assignment, method-assign]  # SQLAlchemy has no event for it


def libpq_url(url: str) -> URL:
    """SQLAlchemy's form of an address, also of one in libpq's with several hosts (33.1.1.2 there).

    `postgresql://u@one:5432,two/db` names hosts in the order in which they are tried. Raises
    sqlalchemy.exc.ArgumentError.
    """
    head, slashes, rest = url.partition("://")
    where, slash, tail = rest.partition("/")
    user, at, hosts = where.rpartition("@")
    if "," not in hosts:
        return make_url(url)
    parsed = make_url(f"{head}{slashes}{user}{at}{slash}{tail}")
    return parsed.update_query_dict({"host": tuple(hosts.split(","))})


def _given_up(context: ExceptionContext) -> None:
    state = getattr(context.original_exception, "sqlstate", None) or ""
    if state in _NOT_THE_PRIMARY or state.startswith(_CONNECTION_CLASS):
        context.is_disconnect = True


def _reads_only(connection: Any) -> bool:
    """Whether the server has said so: it tells of a change with its next answer (PostgreSQL 14)."""
    said = connection.pgconn.parameter_status
    return b"on" in (said(b"in_hot_standby"), said(b"default_transaction_read_only"))

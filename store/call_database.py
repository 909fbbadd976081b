"""What a caller waits for of SQL: 1.5 s altogether, and none while SQL is known to be away.

However many callers there are. The first of them wait out a database that hangs, all at the same
time; from then on one caller in 2 s tries whether it is back, and the others are told at
once that their report cannot be taken, and led to an operator.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import TimeoutError as DatabaseTimeout

from store.away import AWAY
from store.breaker import Breaker
from store.call_database_metrics import OPEN
from store.database_deadline import within

log = structlog.get_logger()

SECONDS = 1.5
"""How long a caller waits: for a connection, all statements and the commit together.

Half of the 3 s that nobody hears nothing for. The other half is the machine's: where all callers
wait to the same moment, a small one needs over a second to lead 200 of them on.
"""
P = ParamSpec("P")
T = TypeVar("T")


def in_time(ask: Callable[P, T], seconds: float = SECONDS) -> Callable[P, T]:
    """`ask`, which raises SQLAlchemyError when the database does not answer in time."""

    @wraps(ask)
    def asked(*args: P.args, **options: P.kwargs) -> T:
        with within(seconds):
            return ask(*args, **options)

    return asked


class CallDatabase:
    """A deadline and a breaker for what is asked of one database on the path of a call.

    A failure opens the breaker only where nothing was answered while it was waited for: a database
    that is busy answers others, and a caller whose turn does not come does not close it to them.
    """

    def __init__(self, breaker: Breaker, seconds: float = SECONDS) -> None:
        self._breaker = breaker
        self._seconds = seconds
        self._answered = 0.0

    def bounded(self, ask: Callable[P, T]) -> Callable[P, T]:
        """`ask`, which raises SQLAlchemyError when the database does not answer in time, or lately.

        What it writes may have been kept all the same: a commit whose answer did not come took
        place or not. So `ask` must bear being repeated.
        """

        timely = in_time(ask, self._seconds)

        @wraps(ask)
        def asked(*args: P.args, **options: P.kwargs) -> T:
            if not self._breaker.allows():
                raise DatabaseTimeout("the database has not answered lately")
            began = time.monotonic()
            try:
                answer = timely(*args, **options)
            except AWAY as error:
                if self._answered < began and self._breaker.failed():
                    OPEN.set(1)
                    log.error("call_database_lost", error=type(error).__name__)
                raise
            except Exception:  # it has answered: what was asked is wrong
                self._well()
                raise
            self._well()
            return answer

        return asked

    def _well(self) -> None:
        self._answered = time.monotonic()
        if not self._breaker.closed:
            self._breaker.succeeded()
            OPEN.set(0)
            log.info("call_database_back")

"""Logs: one JSON object a line on stderr, UTC, the call's id on every line, no personal data.

`configure` routes structlog and the standard library (rq, alembic, werkzeug, warnings) through the
same processors. Whoever works on a call binds its id: `with call_context(call_id): ...`.

A log is beside the call: to log never raises and never waits (`log_writer`).
"""

import json
import logging
import os
import re
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from host.log_writer import LineWriter, keep

MASK = "[number]"
NOT_MASKED = frozenset(
    {"call_id", "reference", "ticket", "delivery", "idempotency_key", "job", "_record"}
)
"""Fields that hold our own identifiers, which may look like numbers people dial."""

# Every script's digits are meant here, so \d and not [0-9]: a guard that is wide costs nothing.
_NUMBER = re.compile(r"(?<![0-9A-Fa-f-])\+?\d(?:[ ()-]{0,2}\d){6,}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](?: [0-2][0-9])?")
_HEX_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
_LARGEST_INT = 10**8


def configure(level: str = "info", style: Literal["auto", "json", "console"] = "auto") -> None:
    """Set up logging for this process, on stderr. Called once, by the command line."""
    people = style == "console" or (style == "auto" and is_terminal(sys.stderr))
    stream = beside_calls(sys.stderr, people=people)
    numeric = getattr(logging, level.upper())
    shared = _shared(people)
    renderer = _renderer(people)
    structlog.configure(
        processors=[_carefully((*shared, renderer))],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    _route_standard_library(stream, numeric, shared, renderer)


def beside_calls(stream: TextIO | None, *, people: bool = True) -> TextIO:
    """A stream onto which writing never raises and never waits, in place of this standard one.

    None is one that was closed at the start: what is written goes nowhere. Lines that were lost are
    counted by `hotline_log_lines_lost_total`, and told in the words of `people`, or as JSON. A
    stream in memory is given back as it is.
    """
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY) if stream is None else stream.fileno()
    except (OSError, ValueError):
        assert stream is not None
        return stream
    writer = LineWriter(descriptor, told=_told if people else _told_as_json, noted=_noted)
    keep(writer)
    return cast("TextIO", writer)


_QUIET = (
    *("httpx", "httpcore", "werkzeug", "alembic.runtime"),
    "store.database_deadline",  # SQLAlchemy's pool tells there each time that it begins afresh
)
"""Who is heard from warnings on."""


def call_context(call_id: str) -> AbstractContextManager[None]:
    """Put `call_id` on every line logged inside, by any module, in this thread or task."""
    return bound_contextvars(call_id=call_id)


def mask_numbers(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace whatever looks like a number people dial, in every field, however deep.

    It is the last guard, not the rule: code does not log personal data in the first place. Runs of
    seven digits and more are hidden, dates and UUIDs are not.
    """
    return {name: value if name in NOT_MASKED else _masked(value) for name, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        if _HEX_ID.fullmatch(value):
            return value
        return _NUMBER.sub(lambda m: m[0] if _DATE.fullmatch(m[0]) else MASK, value)
    if isinstance(value, bool | float | None):
        return value
    if isinstance(value, int):
        return MASK if abs(value) >= _LARGEST_INT else value
    if isinstance(value, dict):
        return {_masked(name): _masked(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    return _masked(str(value))


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at this standard stream."""
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):
        return False


def _told(lost: int) -> str:
    return f"{datetime.now():%H:%M:%S} [error    ] log_lines_lost lost={lost}\n"  # noqa: DTZ005 - as people's lines


def _told_as_json(lost: int) -> str:
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    line = {"lost": lost, "event": "log_lines_lost", "level": "error", "timestamp": at}
    return f"{json.dumps(line)}\n"


def _noted(lost: int) -> None:
    # Imported when it is needed: most commands count nothing, and the web must choose before it is.
    from host.log_metrics import LOST

    LOST.inc(lost)


def _carefully(processors: tuple[Processor, ...]) -> Processor:
    """All processors as one that never raises: a line that cannot be made is told of instead."""

    def process(logger: WrappedLogger, method: str, event: EventDict) -> Any:
        made: Any = event
        try:
            for processor in processors:
                made = processor(logger, method, made)
        except structlog.DropEvent:
            raise
        except Exception as error:  # a line that cannot be written ends nothing else
            return json.dumps({"event": "log_line_broken", "error": type(error).__name__})
        return made

    return process


def _shared(people: bool) -> list[Processor]:
    return [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask_numbers,
        structlog.processors.TimeStamper(
            fmt="%H:%M:%S" if people else "iso", utc=not people, key="timestamp"
        ),
    ]


def _renderer(people: bool) -> Processor:
    if people:
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer()


def _route_standard_library(
    stream: TextIO, level: int, shared: list[Processor], renderer: Processor
) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.raiseExceptions = False  # else what goes wrong is written to stderr, by who logs
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))

"""Logs: one JSON object a line on stderr, UTC, the call's id on every line, no personal data.

`configure` routes structlog and the standard library (rq, alembic, werkzeug, warnings) through the
same processors. Whoever works on a call binds its id: `with call_context(call_id): ...`.
"""

import logging
import re
import sys
from contextlib import AbstractContextManager
from typing import Any, Literal, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

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
    stream = sys.stderr
    people = style == "console" or (style == "auto" and stream.isatty())
    numeric = getattr(logging, level.upper())
    shared = _shared(people)
    renderer = _renderer(people)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    _route_standard_library(stream, numeric, shared, renderer)


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
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    for name in ("httpx", "httpcore", "werkzeug", "alembic.runtime.migration"):
        logging.getLogger(name).setLevel(max(level, logging.WARNING))

"""What a log line holds and what it never holds."""

import io
import json
import logging
import sys
from typing import Any

import pytest
import structlog
from structlog.contextvars import clear_contextvars

from hotline.logs import MASK, call_context, configure, mask_numbers


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """JSON logs into a text that can be read."""
    clear_contextvars()  # of whoever led a call in this thread
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure("info", "json")
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line as the object it must be."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_utc_time_and_the_call(stderr: io.StringIO) -> None:
    """Every line of a call carries its id, whoever logs it."""
    with call_context("5f0c2a51-0000-4000-8000-123456789012"):
        structlog.get_logger().info("turn_done", node="main", ms=12.5)
        logging.getLogger("rq.worker").info("job %s", "done")
    structlog.get_logger().info("outside")
    # A thread of an earlier test that ends just now may say so too.
    ours = ("turn_done", "job done", "outside")
    first, second, third = (line for line in lines(stderr) if line["event"] in ours)
    assert first["event"] == "turn_done"
    assert first["call_id"] == second["call_id"] == "5f0c2a51-0000-4000-8000-123456789012"
    assert first["timestamp"].endswith("Z")
    assert first["level"] == "info"
    assert (first["node"], first["ms"]) == ("main", 12.5)
    assert second["event"] == "job done"
    assert second["logger"] == "rq.worker"
    assert "call_id" not in third


NUMBERS = [
    "+966501234567",
    "0501234567",
    "050 123 4567",
    "(050) 123-4567",
    "050-123-4567",
    "٠٥٠١٢٣٤٥٦٧",
    "7421 23218",
    "dial PJSIP/0501234567@trunk failed",
    "<sip:+966501234567@host>",
    "0501234567\n",
    "key=966501234567",
]


def digits(text: str) -> int:
    """How many decimal digits of any script are in it."""
    return sum(character.isdecimal() for character in text)


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_masked_in_every_field_and_depth(number: str) -> None:
    """Wherever a caller's number slips in, it does not come out."""
    event = {
        "event": f"failed for {number}",
        "caller": number,
        "deep": {"list": [number, {number: number}], "tuple": (number,), "set": {number}},
        "error": ValueError(number),
        "integer": 966501234567,
    }
    shown = str(mask_numbers(None, "info", event))
    assert digits(shown) == 0
    assert MASK in shown


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_masked_in_tracebacks_and_foreign_lines(
    stderr: io.StringIO, number: str
) -> None:
    """Exceptions and other libraries' lines are guarded as ours are."""
    try:
        raise ValueError(f"bad {number}")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("rq").exception("also %s", number)
    for line in lines(stderr):
        shown = line["exception"].splitlines()[-1]
        assert digits(shown) == 0
        assert digits(line["event"]) == 0


@pytest.mark.parametrize(
    "value",
    [
        "5f0c2a51-0000-4000-8000-123456789012",
        "5f0c2a51000040008000123456789012",
        "2026-11-24",
        "2026-11-24 06",
        "127.0.0.1:4573",
        "main",
        "RD_HOLE",
        "123456",
        12.345678901,
        99_999_999,
        True,
        None,
    ],
)
def test_what_is_no_number_stays_readable(value: object) -> None:
    """Identifiers, dates and measures are not hidden."""
    assert mask_numbers(None, "info", {"value": value}) == {"value": value}


def test_our_own_references_stay_readable() -> None:
    """The reference of a ticket is what people search the log for."""
    assert mask_numbers(None, "info", {"reference": "2026123456"})["reference"] == "2026123456"


def test_a_long_text_is_masked_in_reasonable_time() -> None:
    """Nine thousand characters of near-misses do not hold the caller."""
    text = "1-2-3-4-5-6-" * 800 + "x"
    assert MASK in mask_numbers(None, "info", {"event": text})["event"]
    assert mask_numbers(None, "info", {"event": "12 34 5x" * 1200})["event"] == "12 34 5x" * 1200


def test_a_line_break_in_a_value_makes_no_second_line(stderr: io.StringIO) -> None:
    """Nobody can forge a log line by a caller's name."""
    structlog.get_logger().info("named", name='x\n{"event":"forged"}\u2028y')
    assert len(lines(stderr)) == 1

"""Retry-After as RFC 9110 has it (10.2.3): seconds, or a date in any of three forms."""

from datetime import UTC, datetime

import pytest

from carriers.retry_after import retry_after
from outbox.retry import RetryPolicy

NOW = datetime(1994, 11, 6, 8, 49, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 37.0),
        ("Sun Nov  6 08:49:37 1994", 37.0),
        ("Sun, 06 Nov 1994 08:48:00 GMT", 0.0),
        ("Sun, 06 Nov 1994 11:49:37 +0300", 37.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٥", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999999999 08:49:37 GMT", None),
    ],
)
def test_what_a_receiver_asks_for(value: str, seconds: float | None) -> None:
    """A moment that has passed is now; what is no moment says nothing."""
    assert retry_after({"retry-after": value}, NOW) == seconds


def test_a_date_is_compared_with_the_receivers_own_clock() -> None:
    """Which may be an hour behind ours."""
    headers = {
        "date": "Sun, 06 Nov 1994 07:49:00 GMT",
        "retry-after": "Sun, 06 Nov 1994 07:50:00 GMT",
    }
    assert retry_after(headers, NOW) == 60.0


@pytest.mark.parametrize("value", ["9" * 20, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_makes_us_wait_for_ever(value: str) -> None:
    """The longest wait of the policy is the longest."""
    wanted = retry_after({"retry-after": value}, NOW)
    assert RetryPolicy(base_s=1.0, cap_s=60.0).wait_s(1, wanted) == 60.0

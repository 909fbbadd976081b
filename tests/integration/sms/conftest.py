"""Fixtures for text messages."""

from collections.abc import Iterator

import pytest

from tests.fixtures.tickets import database_url, engine
from tests.fixtures.twilio_api import TwilioApi, running_twilio_api

__all__ = ["database_url", "engine"]


@pytest.fixture
def twilio() -> Iterator[TwilioApi]:
    """An account behind a local API."""
    with running_twilio_api() as api:
        yield api

"""What tests of letters need."""

from collections.abc import Iterator

import pytest

from tests.fixtures.mail import Certificates, Mailbox, mail_server, make_certificates
from tests.fixtures.tickets import database_url, engine
from tests.integration.tickets.conftest import any_engine, any_url, postgres_url

__all__ = ["any_engine", "any_url", "database_url", "engine", "postgres_url"]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """For `localhost`, by an authority of the tests' own."""
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server() -> Iterator[Mailbox]:
    """A mail server that takes what it is sent."""
    with mail_server() as running:
        yield running

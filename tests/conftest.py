"""Fixtures that every folder of tests may use."""

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import structlog

from lab.own_postgres import postgres_programs, running_postgres
from store import redis_clients
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.seed import take_seed

_FAST_SECONDS = redis_clients.FAST_SECONDS
take_seed(os.environ)  # before any process of a test inherits it
pytest_plugins = ["tests.plugins.alone"]
gc.disable()  # what collecting makes stays to the end: there is nothing to find before they run


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """From here on there is."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """A command or worker that ran here set up its process's log: the next test has its own."""
    loggers = [logging.getLogger(name) for name in (None, "rq.worker", "rq.job")]
    kept = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    structlog.reset_defaults()
    logging.captureWarnings(False)
    for logger, level, handlers in kept:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture(scope="session", autouse=True)
def _unhurried() -> Iterator[None]:
    """What a test itself asks of Redis may take as long as this machine takes.

    The processes that it starts keep the time-out of a call, and so does who asks `as_on_a_call`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_clients, "FAST_SECONDS", redis_clients.SLOW_SECONDS)
        yield


@pytest.fixture
def as_on_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that are made from here on wait for Redis no longer than a call does."""
    monkeypatch.setattr(redis_clients, "FAST_SECONDS", _FAST_SECONDS)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """One redis-server for the session of this test process."""
    server = RedisProcess(Path(tmp_path_factory.mktemp("redis")))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One PostgreSQL for the session of this test process, for `own_database`."""
    if postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with running_postgres() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: RedisProcess) -> str:
    """The address of an empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url

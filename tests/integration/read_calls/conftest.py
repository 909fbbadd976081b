"""Fixtures for this folder: an empty database of each kind."""

from tests.fixtures.record import any_engine
from tests.fixtures.tickets import database_url, engine

__all__ = ["any_engine", "database_url", "engine"]

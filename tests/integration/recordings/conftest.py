"""Fixtures for recordings."""

from tests.fixtures.tickets import database_url, engine

__all__ = ["database_url", "engine"]

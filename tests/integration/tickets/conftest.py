"""Fixtures of tickets for this folder."""

from tests.fixtures.tickets import backoffice, database_url, engine

__all__ = ["backoffice", "database_url", "engine"]

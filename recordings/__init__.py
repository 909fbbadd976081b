"""Callers' recordings: noted, fetched from who holds them, kept, destroyed in time."""

"""Callers' recordings: noted, fetched from who holds them, kept, written down, destroyed in time."""

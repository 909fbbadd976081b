"""Callers' recordings: noted, fetched, kept, written down by a machine, destroyed in time."""

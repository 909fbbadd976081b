"""Screening: numbers, verdicts, and the store that answers in one round trip."""

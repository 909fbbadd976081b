"""Callers: programs that place a call to the hotline and live through a transcript."""

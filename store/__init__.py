"""Where things are kept: SQL and its revisions, Redis, the breaker between, the journal.

Knows no table's meaning, but for what the revisions did to it.
"""

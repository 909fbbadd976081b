"""Rows that are due: leased, queued by the relay, worked on, tried again; and what is periodic.

Does not know what it carries: rooms hand in their work.
"""

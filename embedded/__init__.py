"""One machine without an administrator: the supervisor, its children, Redis and Asterisk.

Reads no settings: plain values are handed in.
"""

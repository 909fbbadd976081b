"""The Asterisk side: AGI wire, a channel that performs a turn, FastAGI server, entry scripts.

Nothing here decides what a caller hears: scripts perform turns and hand events to the desk.
"""

"""The Asterisk side: the AGI wire, a channel that performs a turn, the FastAGI server, the entry scripts."""

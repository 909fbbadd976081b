"""A real Asterisk for development, tests and the demonstration: installing it, running it."""

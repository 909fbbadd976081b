"""The command line: one module a group of commands. Thin: it parses, asks a room, and shows."""

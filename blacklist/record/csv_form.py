"""The form of the blocklist as CSV: its columns. Its cells are those of `files.spreadsheet`, so
that notes and numbers come through both ways.
"""

COLUMNS = (
    *("kind", "number", "disposition", "reason", "until", "note"),
    *("calls", "recordings", "who", "added"),
)
"""All columns, in the order of exports. Files that are read need `number` only, in any order."""

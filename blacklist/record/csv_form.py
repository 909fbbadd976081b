"""The form of the blocklist as CSV: its columns, and cells that no spreadsheet computes.

A cell that a spreadsheet would take as a formula is text: an apostrophe is put before it (OWASP,
*CSV Injection*), and taken away when it is read back. So notes and numbers come through both ways.
Call records are exported by the same rule, in a room that this one does not see.
"""

COLUMNS = (
    *("kind", "number", "disposition", "reason", "until", "note"),
    *("calls", "recordings", "who", "added"),
)
"""All columns, in the order of exports. Files that are read need `number` only, in any order."""

_FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What begins a formula, and the full-width forms that some programs take for the same."""
_BLANKS = " \u00a0\u200b\ufeff'"


def neutral(text: str) -> str:
    """`text` as one cell that is never computed."""
    return f"'{text}" if _is_formula(text) else text


def restored(cell: str) -> str:
    """What `neutral` was given."""
    return cell[1:] if cell[:1] == "'" and _is_formula(cell[1:]) else cell


def _is_formula(text: str) -> bool:
    return text.startswith(_FORMULA) or text.lstrip(_BLANKS).startswith(_FORMULA)

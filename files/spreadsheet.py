"""Cells that no spreadsheet computes.

A cell of CSV that a spreadsheet would take as a formula is text: an apostrophe is put before it
(OWASP, *CSV Injection*), and taken away when it is read back. The rule has no exception for numbers
such as +966501234567. Without the apostrophe a spreadsheet computes them: the plus is lost and the
number becomes 9.665E+11. With it every digit stays.
"""

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

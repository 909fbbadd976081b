"""Letters as they are keyed: ITU-T E.161 and ISO/IEC 9995-8, as they stand on every telephone."""

_LETTERS = {
    **dict.fromkeys("ABC", "2"),
    **dict.fromkeys("DEF", "3"),
    **dict.fromkeys("GHI", "4"),
    **dict.fromkeys("JKL", "5"),
    **dict.fromkeys("MNO", "6"),
    **dict.fromkeys("PQRS", "7"),
    **dict.fromkeys("TUV", "8"),
    **dict.fromkeys("WXYZ", "9"),
}
_KEYS = str.maketrans(_LETTERS)


def keys_of(short_address: str) -> str:
    """The eight keys of a short address: RRRD2929 is 77732929. Several may have the same."""
    return short_address.translate(_KEYS)

"""What people type, as it is kept."""

import unicodedata


def digits(text: str) -> str:
    """A number of ours: digits of any keyboard, in ASCII, and nothing between them."""
    found = (unicodedata.decimal(one, None) for one in text)
    return "".join(str(one) for one in found if one is not None)

"""A text as its sentences: each is said by itself, with a pause behind it that is ours."""

import re

ENDS = ".؟?!۔।"
"""The marks that end a sentence, in the scripts that have one of their own too."""
_BREAK = re.compile(rf"(?<=[{re.escape(ENDS)}])\s+")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of `text`, each with the mark that ends it; the last may have none."""
    return tuple(part for part in _BREAK.split(text.strip()) if any(map(str.isalnum, part)))

"""Where Asterisk can put a call through to, read from our own dialplan."""

import re
from pathlib import Path

TRANSFERS = "hotline-transfer"
_CONTEXT = re.compile(r"\[([^\]]+)\]")
_FIRST = re.compile(r"exten\s*=>?\s*([^,\s]+)\s*,\s*1\s*,")


def transfer_targets(path: Path) -> frozenset[str] | None:
    """The extensions of `[hotline-transfer]`; None where there is no dialplan, and no Asterisk.

    Raises OSError and UnicodeDecodeError when it cannot be read.
    """
    if not path.exists():
        return None
    found, context = set(), ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if named := _CONTEXT.match(line):
            context = named[1]
        elif context == TRANSFERS and (first := _FIRST.match(line)):
            found.add(first[1])
    return frozenset(found)

"""Words of others between ours: they may not turn what stands around them.

An override of direction (U+202E) shows `exe.gnp` as `png.exe`, and the end of an isolate that we
have not begun lets the rest of a line run the other way (Unicode, UAX #9). They are taken out, with
all control characters, and what stays is isolated wherever it is shown.
"""

import re

_LINE_ENDS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)
FIRST_STRONG, LEFT_TO_RIGHT, END = "\u2068", "\u2066", "\u2069"


def safe(text: str) -> str:
    """`text` without what is not seen, its lines ended by LF."""
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text)).replace("\t", " ")


def one_line(text: str) -> str:
    """`safe`, on one line."""
    return " ".join(safe(text).split())


def isolated(text: str, direction: str = "auto") -> str:
    """`safe` for plain text: each line by itself keeps its own direction, and turns no other."""
    begin = LEFT_TO_RIGHT if direction == "ltr" else FIRST_STRONG
    return "\n".join(f"{begin}{line}{END}" if line else "" for line in safe(text).split("\n"))

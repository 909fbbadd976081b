"""Whether the dialplan finds all that it dials: the globals of one site, from Asterisk's side."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hotline.answering import agi_answers
from hotline.doctor.check import Check

_GLOBALS, _DIALPLAN = "hotline_globals.conf", "extensions.conf"
_SET = re.compile(r"^[ \t]*([A-Z][A-Z0-9_]*)[ \t]*=>?[ \t]*([^;\n]*?)[ \t]*(?:;.*)?$", re.MULTILINE)
_USED = re.compile(r"\$\{((?:AGI|AGENCY|OPERATORS|CALL)(?:_[A-Z0-9]+)?)\}")
_SERVER = re.compile(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):([0-9]{1,5})")
_DIALLED = re.compile(r"PJSIP/(?:[^@/&]+@)?([^@/&]+)")
_SECTION = re.compile(r"^\[([^\]]+)\](?:\([^)]*\))?((?:\n(?!\[).*)*)", re.MULTILINE)
_ENDPOINT = re.compile(r"^\s*type\s*=>?\s*endpoint\s*(?:;.*)?$", re.MULTILINE)
_SECONDS = ("AGENCY_RING", "OPERATORS_RING", "OPERATORS_WAIT", "CALL_LONGEST")


def dialplan_checks(etc: Path) -> Iterator[Check]:
    """Check `hotline_globals.conf` in this folder against the dialplan and the configuration."""
    try:
        found = dict(_SET.findall((etc / _GLOBALS).read_text(encoding="utf-8")))
        used = set(_USED.findall((etc / _DIALPLAN).read_text(encoding="utf-8")))
        endpoints = _endpoints(etc)
    except FileNotFoundError:
        return  # told already
    unset = (f"{name} is not set" for name in sorted(used) if not found.get(name))
    wrong = [*unset, *_unfit(found), *_nowhere(found, endpoints)]
    shown = "; ".join(wrong) if wrong else f"{len(used)} set"
    yield Check("dialplan globals", not wrong, shown, f"edit {etc / _GLOBALS}")
    for name in ("AGI_A", "AGI_B"):
        if server := _SERVER.fullmatch(found.get(name, "")):
            yield _reaches(name, server[1].strip("[]"), int(server[2]))


def _unfit(found: Mapping[str, str]) -> Iterator[str]:
    for name in ("AGI_A", "AGI_B"):
        if found.get(name) and _SERVER.fullmatch(found[name]) is None:
            yield f"{name} must be host:port"
    for name in _SECONDS:
        if found.get(name) and not (found[name].isascii() and found[name].isdigit()):
            yield f"{name} must be seconds"


def _nowhere(found: Mapping[str, str], endpoints: set[str]) -> Iterator[str]:
    """Where a call would be led that no endpoint of Asterisk takes."""
    for name, value in found.items():
        if name == "OPERATORS" or name.startswith("AGENCY_"):
            for endpoint in _DIALLED.findall(value):
                if endpoint not in endpoints:
                    yield f"{name} dials {endpoint}, which no endpoint of pjsip.conf is"


def _endpoints(etc: Path) -> set[str]:
    """The endpoints of pjsip.conf and of what is included beside it."""
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in etc.glob("*.conf")]
    sections = (found for text in texts for found in _SECTION.findall(text))
    return {name for name, body in sections if _ENDPOINT.search(body)}


def _reaches(name: str, host: str, port: int) -> Check:
    try:
        answers = agi_answers(host, port)
    except OSError:
        answers = False
    mend = "start it there, or name this machine in its HOTLINE_AGI__ALLOWED_NETWORKS"
    shown = f"{host}:{port} {'answers' if answers else 'does not answer here'}"
    return Check(f"fastagi {name}", answers, shown, mend)

"""Whether each code of a catalogue has its spoken name in each language, and each name its code."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from call_handlers.effects.complaint import KINDS as COMPLAINTS
from hotline.bootstrap import Services
from ivr.lint import Finding
from tickets.catalogue import load_agencies, load_sub_municipalities
from tickets.model import STATUSES


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes of one kind: their prompts begin with `prefix`, and they stand in `file`.

    None where it is the program that knows them. `at` is how a code is found in its file.
    """

    prefix: str
    what: str
    codes: tuple[str, ...]
    file: Path | None
    at: Callable[[str], str] = re.escape


def findings(services: Services) -> Iterator[Finding]:
    """Every code without a name, and every name without a code. Raises FileWrong."""
    for kind in _kinds(services):
        for language in services.flow.languages:
            yield from _of(services, kind, language)


def _kinds(services: Services) -> tuple[_Codes, ...]:
    folder = services.settings.config_dir
    areas, agencies = folder / "sub_municipalities.yaml", folder / "agencies.yaml"
    numbers = tuple(agency.number for agency in load_agencies(agencies).values())
    statuses = tuple(status.upper() for status in STATUSES)
    services_file = folder / "services.yaml"
    return (
        _Codes("service.", "service", tuple(services.services), services_file, _code),
        _Codes(
            "sub_municipality.",
            "sub-municipality",
            tuple(load_sub_municipalities(areas)),
            areas,
            _code,
        ),
        _Codes("agency.", "agency", numbers, agencies, lambda number: rf"number:\s*[\"']?{number}"),
        _Codes("status.", "status", statuses, None),
        _Codes("complaint.", "kind of complaint", COMPLAINTS, None),
    )


def _code(code: str) -> str:
    return rf"code:\s*[\"']?{code}\b"


def _of(services: Services, kind: _Codes, language: str) -> Iterator[Finding]:
    prompts = services.settings.config_dir / "prompts" / f"{language}.yaml"
    said = services.catalogue.keys(language) if language in services.catalogue.languages else ()
    for code in kind.codes:
        if f"{kind.prefix}{code}" not in said:
            where = f"{kind.file}:{line_with(kind.file, kind.at(code))}" if kind.file else ""
            message = f"write {kind.prefix}{code} in {prompts.name}: callers are told it by name"
            yield Finding(f"{where or f'{prompts}:1'}: {code}", "no spoken name", message)
    for key in sorted(said):
        code = key.removeprefix(kind.prefix)
        if code != key and code not in kind.codes:
            at = line_with(prompts, rf"[\"']?{re.escape(key)}\b")
            named = kind.file.name if kind.file else "the program"
            yield Finding(
                f"{prompts}:{at}: {key}", "unknown code", f"{named} has no {kind.what} {code}"
            )


def line_with(path: Path, pattern: str) -> int:
    """The first line that holds the pattern, 1 where none does."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return next((number for number, line in lines if re.search(pattern, line)), 1)

"""Whether what is said, called and sent by the menu has a name in its catalogue.

`hotline flow lint` and `hotline doctor` tell of every mistake. A role that leads calls does not
start with one that would lose callers: the dialplan, or Twilio's fallback, then leads to operators,
and a role that runs already keeps the menu that it has.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from blacklist.policy_load import PolicyWrong
from blacklist.verdict import DISPOSITIONS
from call_handlers.effects.callback import CALLBACK_SERVICE
from call_handlers.effects.every import CONTRACTS as CALLERS_EFFECTS
from call_handlers.inside import CONTRACTS as INSIDE_EFFECTS
from files.yaml_model import FileWrong
from hotline.announcing import fault_of, templates
from hotline.bootstrap import Services
from hotline.dialplan import transfer_targets
from hotline.refusal import MenuUnfit
from ivr.contract import Catalogues
from ivr.flow import Flow
from ivr.lint import TEDIOUS, UNSAID, Finding, lint
from ivr.load import FlowFileError
from ivr.prompts import CatalogueError
from ivr.timing import Timed, past, timed, ways
from tickets.catalogue import load_agencies, load_groups, load_sub_municipalities

OPERATORS = "operators"
SERVICE = "service."
WRONG_FILE = (
    FlowFileError,
    CatalogueError,
    FileWrong,
    PolicyWrong,
    OSError,
    UnicodeDecodeError,
)
"""What reading the menu's files may raise; the message names file, line and key."""


def all_findings(services: Services) -> list[Finding]:
    """Every mistake in the flows, prompts and catalogues. Raises what is in `WRONG_FILE`."""
    from tickets.destinations.sms import load_sms_texts  # a role that leads calls sends none

    load_sms_texts(services.settings.config_dir / "sms.yaml", services.flow.languages)
    found = [*callers_findings(services), *inside_findings(services), *_unsaid(services)]
    return found if any(one.loses_callers for one in found) else [*found, *_tedious(services)]


def callers_findings(services: Services) -> list[Finding]:
    """Those that callers would meet."""
    folder = services.settings.config_dir
    _ = services.policy, services.files.hours, services.files.spoken_names
    load_groups(folder / "services.yaml")
    load_sub_municipalities(folder / "sub_municipalities.yaml")
    agencies = load_agencies(folder / "agencies.yaml")
    numbers = (agency.number for agency in agencies.values())
    targets = {"agencies.yaml (or operators)": frozenset((OPERATORS, *numbers))}
    dialplan = transfer_targets(folder / "asterisk" / "extensions.conf")
    if dialplan is not None:
        targets["[hotline-transfer] of asterisk/extensions.conf"] = dialplan
    known = Catalogues(
        effects=CALLERS_EFFECTS,
        values={"service_code": frozenset(services.services)},
        targets=targets,
        verdicts=frozenset(DISPOSITIONS),
    )
    said, versions = _placeholders(services), services.flows
    found = (lint(flow, said, known) for flow in (versions.current, *versions.earlier))
    return [*_services(services), *chain.from_iterable(found)]


def inside_findings(services: Services) -> list[Finding]:
    """Those that only the centre's own telephones would meet."""
    return lint(services.inside_flow, _placeholders(services), Catalogues(effects=INSIDE_EFFECTS))


def timed_ways(services: Services, to: str) -> list[Timed]:
    """Every way from the default start to the node `to`, by the sounds there are; longest first."""
    catalogue, seconds = services.catalogue, services.sound_folder.now()
    days = {"kept_days": str(services.settings.retention.recordings_days)}
    flow = replace(services.flow, examples={**services.flow.examples, **days})
    found = [timed(walked, catalogue, seconds) for walked in ways(flow, to)]
    return sorted(found, key=lambda way: -way.seconds)


def _unsaid(services: Services) -> Iterator[Finding]:
    """Names and ready announcements that a voice would say wrong."""
    folder, fault = services.settings.config_dir, fault_of(services)
    try:
        templates(services)
    except FileWrong as error:
        for line in str(error).splitlines():
            where, _, message = line.partition(": ")
            yield Finding(where, UNSAID, message)
    path = folder / "spoken_names.yaml"
    for language, names in services.files.spoken_names.items():
        for written, said in names.items():
            if language in services.catalogue.languages and (found := fault(language, said)):
                at = _line(path, rf"^\s+[\"']?{re.escape(written)}[\"']?\s*:")
                yield Finding(f"{path}:{at}: {language}.{written}", UNSAID, found)


def _tedious(services: Services) -> Iterator[Finding]:
    """Ways that ask more of a caller than the flow allows. Without its sounds none is measured."""
    flow = services.flow
    for limit in flow.limits:
        where = f"{flow.path}:{flow.lines.get(limit.to, 1)}: {limit.to}"
        told: set[str] = set()
        for way in timed_ways(
            services, limit.to
        ):  # the longest first: one of each language is told
            fault, language = past(limit, way), way.walked.language
            if fault and not way.missing and language not in told:
                told.add(language)
                keys = " ".join(way.walked.presses)
                message = f"{limit.name}, {language}, by {keys}: {fault}"
                yield Finding(where, TEDIOUS, f"{message} (`hotline flow timing` has all)")


def flows(services: Services) -> tuple[Flow, ...]:
    """Every flow. Raises FlowFileError."""
    versions = services.flows
    return versions.current, *versions.earlier, services.inside_flow


def refuse_unfit(services: Services) -> None:
    """Raise MenuUnfit when calls that are led by these files would be lost."""
    found = _lost(lambda: callers_findings(services))
    if found:
        count = "one mistake" if len(found) == 1 else f"{len(found)} mistakes"
        head = f"the menu would lose callers by {count}; see `hotline flow lint`:"
        raise MenuUnfit("\n".join([head, *found]))


def _lost(read: Callable[[], list[Finding]]) -> list[str]:
    try:
        return [str(finding) for finding in read() if finding.loses_callers]
    except WRONG_FILE as error:
        return str(error).splitlines()


def _placeholders(services: Services) -> dict[str, dict[str, frozenset[str]]]:
    catalogue = services.catalogue
    return {
        language: {key: catalogue.placeholders(language, key) for key in catalogue.keys(language)}
        for language in catalogue.languages
    }


def _services(services: Services) -> Iterator[Finding]:
    """Each service has a spoken name in each language, and each name its service."""
    folder = services.settings.config_dir
    rows, codes = folder / "services.yaml", services.services
    if CALLBACK_SERVICE not in codes:
        message = (
            f"{CALLBACK_SERVICE} is what calls back are filed under: keep a service of that code"
        )
        yield Finding(f"{rows}:1: services", "missing service", message)
    for language in services.flow.languages:
        prompts = folder / "prompts" / f"{language}.yaml"
        said = services.catalogue.keys(language) if language in services.catalogue.languages else ()
        for code in codes:
            if f"{SERVICE}{code}" not in said:
                at = _line(rows, rf"code:\s*[\"']?{code}\b")
                message = f"write {SERVICE}{code} in {prompts.name}: `confirm` has to say it"
                yield Finding(f"{rows}:{at}: {code}", "no spoken name", message)
        for key in sorted(said):
            code = key.removeprefix(SERVICE)
            if code != key and code not in codes:
                at = _line(prompts, rf"[\"']?{re.escape(key)}\b")
                message = f"{rows.name} has no service {code}"
                yield Finding(f"{prompts}:{at}: {key}", "unknown code", message)


def _line(path: Path, pattern: str) -> int:
    """The first line that holds the pattern, 1 where none does."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    return next((number for number, line in lines if re.search(pattern, line)), 1)

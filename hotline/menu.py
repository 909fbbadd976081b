"""Whether what is said, called and sent by the menu has a name in its catalogue.

`hotline flow lint` and `hotline doctor` tell of every mistake. A role that leads calls does not
start with one that would lose callers: the dialplan, or Twilio's fallback, then leads to operators,
and a role that runs already keeps the menu that it has.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain

from blacklist.policy_load import PolicyWrong
from blacklist.verdict import DISPOSITIONS
from call_handlers.effects.every import CONTRACTS as CALLERS_EFFECTS
from call_handlers.effects.ticket import CALLBACK_SERVICE
from call_handlers.inside import CONTRACTS as INSIDE_EFFECTS
from files.yaml_model import FileWrong
from hotline import spoken_codes
from hotline.announcing import fault_of, templates
from hotline.bootstrap import Services
from hotline.dialplan import transfer_targets
from hotline.measured import tedious
from hotline.refusal import MenuUnfit
from hotline.spoken_codes import line_with
from hotline.unchanged import unchanged
from ivr.contract import Catalogues
from ivr.flow import Flow
from ivr.lint import UNSAID, Finding, lint
from ivr.load import FlowFileError
from ivr.prompts import CatalogueError
from tickets.catalogue import load_agencies, load_groups

OPERATORS = "operators"
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
    found = written_findings(services)
    if any(one.loses_callers for one in found):
        return found
    return [*found, *unchanged(services, "tedious", lambda: list(tedious(services)))]


def written_findings(services: Services) -> list[Finding]:
    """Those that stand in the files: none of those that lose callers is left out, no way is walked.

    Raises what is in `WRONG_FILE`.
    """
    from tickets.destinations.sms import load_sms_texts  # a role that leads calls sends none

    load_sms_texts(services.settings.config_dir / "sms.yaml", services.flow.languages)
    return [*callers_findings(services), *inside_findings(services), *_unsaid(services)]


def callers_findings(services: Services) -> list[Finding]:
    """Those that callers would meet."""
    folder = services.settings.config_dir
    _ = services.policy, services.files.hours, services.files.spoken_names, services.destinations
    load_groups(folder / "services.yaml")
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
    found = [lint(versions.current, said, known)]
    found += [lint(flow, said, known, earlier=True) for flow in versions.earlier]
    return [*_filed(services), *spoken_codes.findings(services), *chain.from_iterable(found)]


def inside_findings(services: Services) -> list[Finding]:
    """Those that only the centre's own telephones would meet."""
    return lint(services.inside_flow, _placeholders(services), Catalogues(effects=INSIDE_EFFECTS))


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
                at = line_with(path, rf"^\s+[\"']?{re.escape(written)}[\"']?\s*:")
                yield Finding(f"{path}:{at}: {language}.{written}", UNSAID, found)


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


def _filed(services: Services) -> Iterator[Finding]:
    """What has no service of its own is filed under one that must be there."""
    if CALLBACK_SERVICE not in services.services:
        message = (
            f"{CALLBACK_SERVICE} is what calls back are filed under: keep a service of that code"
        )
        rows = services.settings.config_dir / "services.yaml"
        yield Finding(f"{rows}:1: services", "missing service", message)

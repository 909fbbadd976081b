"""config/destinations.yaml: where tickets go, of which kind each is, and which of them it takes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from files.yaml_model import Document, FileWrong, load_yaml
from tickets.catalogue import Service
from tickets.destination import Destination
from tickets.destinations.entry import NAME, Entry, House, RuleEntry, SecretMissing
from tickets.destinations.http_entry import HttpEntry
from tickets.destinations.mail.entry import EmailEntry
from tickets.destinations.open311_entry import Open311Entry
from tickets.destinations.rq_entry import RqEntry
from tickets.destinations.webhook_entry import WebhookEntry
from tickets.mobile import SMS
from tickets.model import KINDS, PRIORITIES
from tickets.routing import Routes
from tickets.spoken import DRAFTS

FILE = "destinations.yaml"
_OURS = (SMS, DRAFTS)
_Name = Annotated[str, StringConstraints(strict=True, pattern=rf"^{NAME}\z")]
_Kind = Annotated[
    WebhookEntry
    | EmailEntry
    | RqEntry
    | Open311Entry
    | HttpEntry,
    Field(discriminator="kind"),
]  # fmt: skip


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    destinations: Annotated[dict[_Name, _Kind], Field(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class Known:
    """What rules may speak of: the service catalogue, and the codes of sub-municipalities."""

    services: Mapping[str, Service]
    areas: Collection[str]

    @property
    def groups(self) -> dict[str, str]:
        """The group of each service, by its code."""
        return {code: service.group for code, service in self.services.items()}

    def codes(self) -> Iterator[tuple[str, Collection[str]]]:
        """Which values each key of a rule may have."""
        yield "services", self.services
        yield "groups", {service.group for service in self.services.values()}
        yield "sub_municipalities", self.areas
        yield "kinds", KINDS
        yield "priorities", PRIORITIES
        departments = (service.departments for service in self.services.values())
        yield "agencies", {name for names in departments for name in names}


@dataclass(frozen=True, slots=True)
class DestinationsFile:
    """The destinations by name, as they are written, and which tickets go where."""

    path: Path
    entries: Mapping[str, Entry]
    routes: Routes

    def build(self, house: House) -> dict[str, Destination]:
        """Every destination, with its secrets. Raises FileWrong, with all faults, one a line."""
        built: dict[str, Destination] = {}
        faults: list[str] = []
        for name, entry in self.entries.items():
            try:
                built[name] = entry.build(name, house)
            except (SecretMissing, ValueError) as error:
                faults.append(f"{self.path}: destinations.{name}: {error}")
        if faults:
            raise FileWrong("\n".join(faults))
        return built


def digest_times(file: DestinationsFile) -> dict[str, time]:
    """The destinations that are sent a list of each day, and when (in the city's own time)."""
    entries = file.entries.items()
    mailed = {name: entry for name, entry in entries if isinstance(entry, EmailEntry)}
    return {name: entry.digest for name, entry in mailed.items() if entry.digest is not None}


def load_destinations(path: Path, known: Known) -> DestinationsFile:
    """Read the file. Raises FileWrong, naming file, line and key; also for codes not known."""
    document = load_yaml(path, _File)
    entries = document.value.destinations
    for name, entry in entries.items():
        if name in _OURS:
            raise document.fail(("destinations", name), "is a name of our own: choose another")
        for code in entry.named_services:
            if code not in known.services:
                place = ("destinations", name, "services", code)
                raise document.fail(place, "is no service of config/services.yaml")
        for number, rule in enumerate(entry.takes or ()):
            _check(document, ("destinations", name, "takes", number), rule, known)
    routes = tuple(entry.route(name) for name, entry in entries.items())
    return DestinationsFile(path, entries, Routes(routes, known.groups))


def _check(
    document: Document[_File], place: tuple[str | int, ...], rule: RuleEntry, known: Known
) -> None:
    for key, codes in known.codes():
        for number, code in enumerate(getattr(rule, key)):
            if code not in codes:
                few = ", ".join(sorted(codes)[:12]) + (", …" if len(codes) > 12 else "")
                raise document.fail((*place, key, number), f"is not one of {few}")


def the_office(known: Known, path: Path) -> DestinationsFile:
    """Where there is no file: the back office of the settings takes every ticket."""
    entry = WebhookEntry(kind="webhook", private_addresses=True)
    routes = Routes((entry.route("backoffice"),), known.groups)
    return DestinationsFile(path, {"backoffice": entry}, routes)

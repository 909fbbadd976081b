"""What the pages of tickets and deliveries stand on, and the words for what they show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from console.words import language_of_reader
from tickets.catalogue import Department, Service, SubMunicipality
from tickets.destination import Destination
from tickets.destinations.mail.told import Names
from tickets.destinations.mail.words import LANGUAGES
from tickets.model import JURISDICTION, NewTicket
from tickets.open import Beside, nothing_beside
from tickets.update import Told


class NotBuilt(Exception):
    """A destination cannot be made by this process; the message says what is missing."""


def nowhere(_name: str) -> Destination | None:
    """There are no destinations."""


@dataclass(frozen=True, slots=True)
class TicketRoom:
    """The city's catalogue, and the ways out of the house.

    `told` says who hears of a ticket's new version, `concerned` whom a new one concerns, and
    `beside` is what is written with it. `gateway` is whether text messages are sent.
    `kinds` are the destinations of the file by name; `destination` makes one, to try it: None where
    there is none of this name; it raises NotBuilt.
    """

    told: Told
    concerned: Callable[[NewTicket], Sequence[str]]
    names: Names
    departments: Mapping[str, Department]
    gateway: bool = False
    jurisdiction: str = JURISDICTION
    kinds: Mapping[str, str] = field(default_factory=dict)
    destination: Callable[[str], Destination | None] = nowhere
    beside: Beside = nothing_beside

    @property
    def services(self) -> Mapping[str, Service]:
        """By code."""
        return self.names.services

    @property
    def areas(self) -> Mapping[str, SubMunicipality]:
        """Sub-municipalities by code."""
        return self.names.areas

    # --- words, in the reader's language; for templates ----------------------------------------

    def status(self, code: str) -> str:
        """A status."""
        return LANGUAGES[language_of_reader()].of("status", code)

    def priority(self, code: str) -> str:
        """A priority."""
        return LANGUAGES[language_of_reader()].of("priority", code)

    def kind(self, code: str) -> str:
        """What a ticket is: a report, a complaint."""
        return LANGUAGES[language_of_reader()].of("kind", code)

    def language(self, code: str) -> str:
        """The language in which somebody called."""
        return LANGUAGES[language_of_reader()].of("language", code)

    def service(self, code: str) -> str:
        """A service."""
        return self.names.service(code, language_of_reader())

    def area(self, code: str | None) -> str:
        """A sub-municipality."""
        return self.names.area(code, language_of_reader()) if code else str(_("unknown"))

    def department(self, code: str) -> str:
        """A department."""
        found = self.departments.get(code)
        if found is None:
            return code
        return found.name_ar if language_of_reader() == "ar" else found.name_en

"""What every entry of config/destinations.yaml says, whatever its kind; and where secrets are kept.

A kind adds its own keys and says what they make: see `Entry.build`. What goes over a network is
imported where it is built: roles that lead calls read this file for its rules alone.
"""

import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from carriers.addresses import Admits, anywhere, public_only
from files.durations import Duration
from outbox.schedule import MOST_WAIT_S, STANDARD_S, Schedule
from tickets.catalogue import Service, SubMunicipality
from tickets.destination import Destination
from tickets.routing import Route, Rule

NAME = r"[a-z][a-z0-9_]{0,31}"
"""Of a destination: its lane, its metrics and its deliveries are called by it."""


FOUND_AFTER_S = 60.0
"""What was sent and not answered may be worked at for so long, where an entry says nothing else,
and not be found meanwhile."""


class SecretMissing(ValueError):
    """A secret that is not where the file says; the message says where that is, never what."""


def check_address(value: str) -> str:
    """An address that can be asked, and holds no secret. Raises ValueError."""
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must begin with https:// (or http://) and name a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user or a password: they are secrets, say where they are")
    return value


Seconds = Annotated[Duration, Field(gt=0, le=600)]
Wait = Annotated[Duration, Field(ge=0, le=MOST_WAIT_S)]
Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=500)]
Address = Annotated[Text, AfterValidator(check_address)]


@dataclass(frozen=True, slots=True)
class Office:
    """The back office of the settings: where it is, what signs, what it must answer."""

    url: str
    secrets: Callable[[], Sequence[str]]
    acknowledgement: str = ""


@dataclass(frozen=True, slots=True)
class House:
    """What the file itself does not have: the environment, folders, the settings' back office.

    `timeout_s` is how long an attempt takes where an entry says nothing, and `lease_s` a lease.
    Relative paths are below `secrets` where they name secrets, below `config` else.
    """

    environ: Mapping[str, str]
    secrets: Path
    config: Path
    office: Office | None = None
    timeout_s: float = 10.0
    lease_s: float = 14.0
    schedule: tuple[float, ...] = STANDARD_S
    zone: str = "Asia/Riyadh"
    services: Mapping[str, Service] = field(default_factory=dict)
    areas: Mapping[str, SubMunicipality] = field(default_factory=dict)
    """How services and sub-municipalities are called, for destinations that people read."""


class Strict(BaseModel):
    """What takes no key that it does not know, and repeats nothing of what it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Secret(Strict):
    """Where a secret is: `{env: NAME}`, or `{file: path}`, below the folder of secrets."""

    env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\z")] | None = None
    file: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_itself(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(
                "is a secret, which is not kept in this file: write {env: NAME} or {file: name}, "
                "and change it if others may have read it here"
            )
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("must be {env: NAME} or {file: name}")
        return self

    def reader(self, house: House) -> Callable[[], str]:
        """What gives the secret of this moment: a file may change while roles run.

        Raises SecretMissing here and whenever it is asked.
        """
        read = self._of_environment(house) if self.env is not None else self._of_file(house)
        read()
        return read

    def _of_environment(self, house: House) -> Callable[[], str]:
        value, name = house.environ.get(self.env or "", "").strip(), self.env
        if not value:
            raise SecretMissing(f"the environment has no {name}")
        return lambda: value

    def _of_file(self, house: House) -> Callable[[], str]:
        path = house.secrets / (self.file or "")

        def read() -> str:
            try:
                value = path.read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else "is not UTF-8"
                raise SecretMissing(f"{path}: cannot be read: {why}") from None
            if not value:
                raise SecretMissing(f"{path}: is empty")
            return value

        return read


_Codes = Annotated[tuple[Text, ...], Field(min_length=1)]


class RuleEntry(Strict):
    """One rule of `takes`: all that it says must hold."""

    services: _Codes = Field(default=(), validate_default=False)
    groups: _Codes = Field(default=(), validate_default=False)
    sub_municipalities: _Codes = Field(default=(), validate_default=False)
    kinds: _Codes = Field(default=(), validate_default=False)
    priorities: _Codes = Field(default=(), validate_default=False)
    agencies: _Codes = Field(default=(), validate_default=False)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing: leave `takes` out where all tickets are meant")
        return self

    def rule(self) -> Rule:
        """As routing knows it."""
        named = {name: frozenset(getattr(self, name)) for name in type(self).model_fields}
        return Rule(**named)


class Entry(Strict):
    """What is said of every destination.

    `ca` is a file of certificates (PEM) that are taken besides the public authorities'.
    """

    kind: str
    takes: Annotated[tuple[RuleEntry, ...], Field(min_length=1)] | None = None
    otherwise: StrictBool = False
    timeout: Seconds | None = None
    retry: Annotated[tuple[Wait, ...], Field(min_length=1, max_length=100)] | None = None
    private_addresses: StrictBool = False
    ca: Text | None = None

    def route(self, name: str) -> Route:
        """Which tickets it takes."""
        rules = tuple(one.rule() for one in self.takes or ())
        return Route(name, rules, self.otherwise)

    def timeout_s(self, house: House) -> float:
        """All that one attempt takes, in seconds."""
        return self.timeout if self.timeout is not None else house.timeout_s

    def schedule(self, house: House) -> Schedule:
        """When a failed attempt is repeated."""
        return Schedule(house.schedule if self.retry is None else self.retry, house.lease_s)

    @property
    def named_services(self) -> Collection[str]:
        """The services that its own keys speak of; they must be in the catalogue."""
        return ()

    @property
    def admits(self) -> Admits:
        """Which addresses a host's name may lead to."""
        return anywhere if self.private_addresses else public_only

    def trust(self, house: House) -> ssl.SSLContext | None:
        """Whose certificates are taken; None: the public authorities'. Raises ValueError."""
        from carriers.trust import trusting

        return None if self.ca is None else trusting(house.config / self.ca)

    def build(self, name: str, house: House) -> Destination:
        """The destination. Raises SecretMissing, and ValueError for what could never work."""
        raise NotImplementedError(f"a kind of destination builds its own ({name}, {house})")

"""What the console's pages stand on: collaborators that are handed in, and how it is served."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from blacklist.record.register import BlacklistRegister
from call_handlers.people_line.waiting import Waiting
from console.api.recordings import Recordings
from console.ticket_room import TicketRoom
from people.person import Role
from places.week import Hours

if TYPE_CHECKING:
    import redis


@dataclass(frozen=True, slots=True)
class House:
    """What pages read and change. `now` gives the time (UTC), `zone` is where people's days begin.

    `redis` holds sessions and counts of tries. Pages reach every store through these alone.
    `policy_file` is what `roles` go by. `recordings` are those that are kept here. `parts` asks
    each part of the house how it is; `waiting` says, at once, what is known of those who wait for
    operators.
    `url` is where people find the console: scheme and host, without a stroke at its end.
    """

    engine: sa.Engine
    redis: "redis.Redis"
    register: BlacklistRegister
    zone: ZoneInfo
    now: Callable[[], datetime]
    url: str
    policy_file: Path
    roles: "Roles"
    air: "Air"
    recordings: Recordings
    tickets: TicketRoom
    parts: Callable[[], Iterable["Part"]]
    waiting: Callable[[], Waiting]


class Roles(Protocol):
    """The processes of this machine that go by the files that people edit."""

    def in_the_way(self) -> Sequence[str]:
        """What is wrong with the files now, a line each: with a mistake none is taken up."""

    def tell(self) -> Sequence[tuple[str, bool]]:
        """Have them take up the files; each by its role, and whether it goes by them now."""


class Part(Protocol):
    """How a part of the house is: `found` and `mend` are for who runs it, in English."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def passed(self) -> bool:
        """Whether it is well."""

    @property
    def found(self) -> str:
        """What was found."""

    @property
    def mend(self) -> str:
        """What helps."""

    @property
    def warns(self) -> bool:
        """Whether there is something to mend though it is well."""


@dataclass(frozen=True, slots=True)
class Air:
    """What announcements and hours need beyond the record.

    `check` makes texts by language of a template's name and of what was typed, and raises
    ValueError for what cannot be said; `sound` gives the WAV (8 kHz) of one of them, and makes it
    where it is not there: it raises OSError, ValueError. `templates` are names with their texts.
    """

    languages: tuple[str, ...]
    hours: Callable[[], Hours]
    templates: Callable[[], Mapping[str, Mapping[str, str]]]
    check: Callable[[str, Mapping[str, str]], Mapping[str, str]]
    sound: Callable[[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Serving:
    """How the console is served.

    `secret` signs and encrypts: whoever has it can read second factors. `hosts` are the names by
    which browsers may ask for it; `secure` is whether they come by TLS. `proxies` is how many
    proxies stand in front, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. `idle_s`
    and `longest_s` end a session (s). With `two_factor` nobody is in without a second factor.
    """

    secret: str = field(repr=False)
    hosts: tuple[str, ...]
    secure: bool
    proxies: int = 0
    idle_s: int = 1800
    longest_s: int = 43_200
    two_factor: bool = True
    provider: "Provider | None" = None


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of identities (OpenID Connect): where it is, and which group has which role."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles: Mapping[str, Role]
    scope: str = "openid email profile"
    groups_claim: str = "groups"

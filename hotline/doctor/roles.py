"""Which check each role needs: on a machine of its own it has no other."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial

from hotline.bootstrap import Services
from hotline.doctor import checks, machine_checks, places_checks, serving_checks
from hotline.doctor.check import Check
from hotline.doctor.database_checks import database_checks

ROLES = ("agi", "web", "console", "worker", "relay")
_CALLS = ("agi", "web")
_DELIVERS = ("worker", "relay")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A check, the roles that need it, and whether it is asked of the whole stack too."""

    name: str
    check: Callable[[Services], Iterator[Check]]
    roles: Collection[str] = ROLES
    of_all: bool = True


_CHECKS = (
    _Asked("flow", checks.menu, _CALLS),
    _Asked("prompts", checks.prompts, _CALLS),
    _Asked("voices", checks.voices, _CALLS),
    _Asked("redis", checks.redis_checks),
    _Asked("database", database_checks),
    _Asked("spare reference numbers", machine_checks.spare_references, _CALLS),
    _Asked("announcements", places_checks.announcements, _CALLS),
    _Asked("offices", places_checks.offices, _CALLS),
    _Asked("clock", machine_checks.clock),
    _Asked("oldest delivery", checks.late, _DELIVERS),
    _Asked("rounds", checks.rounds, ()),
    _Asked("worker", partial(checks.role_makes_rounds, "worker"), ("worker",), of_all=False),
    _Asked("relay", partial(checks.role_makes_rounds, "relay"), ("relay",), of_all=False),
    _Asked("fastagi", checks.agi, ("agi",)),
    _Asked("asterisk", checks.asterisk, ()),
    _Asked("asterisk hosts", checks.hosts, ("agi",)),
    _Asked("recordings", machine_checks.heard_recordings, ("agi",)),
    _Asked("recordings", machine_checks.fetched_recordings, ("relay",)),
    _Asked("recordings", machine_checks.drafted_recordings, ("worker",)),
    _Asked("back office", checks.backoffice, ("worker",)),
    _Asked("deliveries", checks.destinations, ("worker",)),
    _Asked("signing secrets", machine_checks.signing_secrets, ("worker",), of_all=False),
    _Asked("twilio", checks.twilio, ("web",)),
    _Asked("web", serving_checks.web, ("web",), of_all=False),
    _Asked("web", serving_checks.web_of_twilio, ()),
    _Asked("console", serving_checks.console, ("console",), of_all=False),
    _Asked("operators' queue", serving_checks.queues, ("console",)),
    _Asked("providers", checks.providers, ("web", "worker")),
    _Asked("secrets", machine_checks.closed_secrets),
    _Asked("disk", machine_checks.disk),
)


def all_checks(services: Services, roles: Collection[str] = ()) -> Iterator[Check]:
    """Run every check, in the order in which a call would meet what is checked.

    With `roles` (of `ROLES`) only what those need, and that they are there.
    """
    settings = services.settings
    found = f"state in {settings.state_dir}, configuration in {settings.config_dir}"
    yield Check("settings", True, found)
    for one in _CHECKS:
        if set(one.roles) & set(roles) if roles else one.of_all:
            yield from checks.guarded(one.name, partial(one.check, services))

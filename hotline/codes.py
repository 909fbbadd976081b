"""What the codes of inside telephones work on: the register, the PINs, the record of calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from agi_scripts.codes import make_code_scripts
from agi_scripts.scripts import Script
from agi_scripts.sounds import Sounds
from blacklist.policy import Policy
from call_handlers.history import find_call
from call_handlers.inside import InsideDesk, PinsClosed, PinsUnavailable
from hotline.bootstrap import Services
from hotline.menu import inside_findings
from hotline.register import make_register
from ivr.load import FlowFileError
from people.identity import at_telephone
from people.person import LONGEST_NAME, Person
from people.pin_guard import PinGuard
from people.pins import person_of_pin
from store.call_database import in_time

log = structlog.get_logger()


def code_scripts(services: Services, sounds: Sounds) -> Mapping[str, Script]:
    """The entry scripts of the codes; none, and a line in the log, when their flow is wrong.

    Citizens' calls must not wait for the mending of what inside telephones alone use.
    """
    mend = "see `hotline flow lint`"
    try:
        found = [one for one in inside_findings(services) if one.loses_callers]
        desk = make_inside_desk(services)
    except (FlowFileError, OSError) as error:
        log.error("codes_off", error=type(error).__name__, mend=mend)
        return {}
    if found:
        log.error("codes_off", error=found[0].rule, mend=mend)
        return {}
    return make_code_scripts(desk, sounds, language=desk.flow.language)


def make_inside_desk(services: Services) -> InsideDesk:
    """The desk of inside telephones. Raises FlowFileError, OSError and PolicyWrong."""
    engine, guard = services.call_engine, PinGuard(services.fast_redis)

    def check_pin(keyed: str, extension: str) -> Person | None:
        try:
            if not guard.may_try(extension):
                raise PinsClosed
            try:
                person = person_of_pin(engine, keyed, datetime.now(UTC))
            except SQLAlchemyError:
                guard.withdraw(extension)
                raise
            if person is not None:
                guard.succeeded(extension)
            elif guard.failed(extension):
                raise PinsClosed
        except RedisError as error:
            raise PinsUnavailable(type(error).__name__) from error
        if person is None:
            return None
        name = person.name[: LONGEST_NAME - len(at_telephone(extension)) - len(", ")]
        return Person(at_telephone(extension, name), person.role)

    def find_caller(call_id: str) -> str | None:
        found = find_call(engine, call_id)
        if found is None:
            raise LookupError(call_id)
        record, _ = found
        return None if record.withheld else record.e164

    register = make_register(services, quick=True)
    quick = InTime(
        register.policy, in_time(register.add), in_time(register.remove), in_time(register.strike)
    )
    return InsideDesk(
        services.inside_flow,
        quick,
        in_time(check_pin),
        in_time(find_caller),
        whose=dict(services.settings.telephones),
    )


@dataclass(slots=True)
class InTime:
    """The register's verbs as inside telephones use them (port `call_handlers.inside.Register`)."""

    policy: Policy
    add: Callable[..., Any]
    remove: Callable[..., Any]
    strike: Callable[..., Any]

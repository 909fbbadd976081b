"""What the codes of inside telephones work on: the register, the PINs, the record of calls."""

from datetime import UTC, datetime

from redis.exceptions import RedisError

from blacklist.pin_guard import PinGuard
from blacklist.record.people import Person
from blacklist.record.pins import person_of_pin
from call_handlers.history import find_call
from call_handlers.inside import InsideDesk, PinsClosed, PinsUnavailable
from hotline.bootstrap import Services
from hotline.register import make_register


def make_inside_desk(services: Services) -> InsideDesk:
    """The desk of inside telephones. Raises FlowFileError and PolicyWrong."""
    engine, guard = services.call_engine, PinGuard(services.fast_redis)

    def check_pin(keyed: str, extension: str) -> Person | None:
        try:
            if not guard.may_try(extension):
                raise PinsClosed
            person = person_of_pin(engine, keyed, datetime.now(UTC))
            if person is not None:
                guard.succeeded(extension)
            elif guard.failed(extension):
                raise PinsClosed
        except RedisError as error:
            raise PinsUnavailable(type(error).__name__) from error
        if person is None:
            return None
        return Person(f"{person.name}, extension {extension}"[:100], person.role)

    def find_caller(call_id: str) -> str | None:
        found = find_call(engine, call_id)
        if found is None:
            raise LookupError(call_id)
        record, _ = found
        return None if record.withheld else record.e164

    return InsideDesk(
        services.inside_flow, make_register(services, quick=True), check_pin, find_caller
    )

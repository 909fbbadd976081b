"""What a person does to deliveries and destinations from a page, with a line in the audit.

Commands on the machine do the same without one: whoever is there needs no account, and its log
names them.
"""

from datetime import datetime

import sqlalchemy as sa

from people.audit import note_change
from people.person import NothingThere, Person
from tickets.circuit import disable_by_hand, enable
from tickets.destination import Destination, Message
from tickets.put_back import retry_all, retry_delivery
from tickets.schema import deliveries, tickets
from tickets.trial import Tried, try_out
from tickets.working.refusals import ChangeRefused


def retry_one(engine: sa.Engine, by: Person, delivery_id: str, now: datetime) -> str:
    """Put this delivery back, to be tried at once; the reference of its ticket.

    Raises NothingThere, ChangeRefused where it is on its way or has come, and SQLAlchemyError.
    """
    of = (
        sa.select(tickets.c.service_request_id, deliveries.c.destination)
        .join_from(deliveries, tickets)
        .where(deliveries.c.id == delivery_id)
    )
    with engine.connect() as connection:
        found = connection.execute(of).one_or_none()
    if found is None:
        raise NothingThere("there is no such delivery")
    reference, name = found.service_request_id, found.destination

    def noted(connection: sa.Connection, _back: int) -> None:
        told = {"delivery": delivery_id, "destination": name}
        note_change(connection, by, "delivery_retried", reference, now, **told)

    if not retry_delivery(engine, delivery_id, noted):
        done = f"the delivery of {reference} to {name} needs no retry"
        raise ChangeRefused("needs_no_retry", done)
    return str(reference)


def retry_dead(engine: sa.Engine, by: Person, name: str, now: datetime) -> int:
    """Put back all that was given up at this destination, but for what a person may have read.

    How many. Raises SQLAlchemyError.
    """

    def noted(connection: sa.Connection, back: int) -> None:
        told = {"destination": name, "deliveries": back}
        note_change(connection, by, "deliveries_retried", name, now, **told)

    return retry_all(engine, to=name, dead_alone=True, beside=noted)


def enable_destination(engine: sa.Engine, by: Person, name: str, now: datetime) -> int:
    """Send it tickets again; how many go out now. Raises ChangeRefused where it is not disabled."""

    def noted(connection: sa.Connection) -> None:
        note_change(connection, by, "destination_enabled", name, now, destination=name)

    waiting = enable(engine, name, noted)
    if waiting is None:
        raise ChangeRefused("not_disabled", f"{name} is not disabled")
    return waiting


def disable_destination(engine: sa.Engine, by: Person, name: str, now: datetime) -> None:
    """Send it nothing until it is enabled; `name` is one of the file's, which the caller has read.

    Raises ChangeRefused where it is disabled already.
    """

    def noted(connection: sa.Connection) -> None:
        note_change(connection, by, "destination_disabled", name, now, destination=name)

    if not disable_by_hand(engine, name, noted):
        raise ChangeRefused("disabled_already", f"{name} was disabled already")


def try_destination(
    engine: sa.Engine, by: Person, destination: Destination, message: Message, now: datetime
) -> Tried:
    """Send it a trial (`tickets.trial.trial`), once that somebody does so is written down.

    It takes as long as one attempt. Raises SQLAlchemyError: then nothing was sent.
    """
    name, reference = destination.name, message.ticket.service_request_id
    with engine.begin() as connection:
        told = {"destination": name, "reference": reference}
        note_change(connection, by, "destination_tried", name, now, **told)
    return try_out(destination, message)

"""All effects that the 940 flow may ask for: a branch adds its own here."""

from collections.abc import Mapping
from dataclasses import dataclass

from call_handlers.effects import (
    callback,
    challenge,
    complaint,
    contact,
    draft,
    follow_up,
    hours,
    note,
    place,
    report,
    review,
)
from call_handlers.effects.port import Effect, Keep, OpenTicket, RequestReview
from call_handlers.memory import Memory
from ivr.contract import by_name
from tickets.catalogue import Service

CONTRACTS = by_name(
    (
        *report.CONTRACTS,
        *callback.CONTRACTS,
        *challenge.CONTRACTS,
        *contact.CONTRACTS,
        *review.CONTRACTS,
        *place.CONTRACTS,
        *complaint.CONTRACTS,
        *follow_up.CONTRACTS,
        *note.CONTRACTS,
        *draft.CONTRACTS,
        *hours.CONTRACTS,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the effects ask and change, each thing as its file says."""

    open_ticket: OpenTicket
    update_ticket: note.UpdateTicket
    request_review: RequestReview
    keep: Keep
    services: Mapping[str, Service]
    lookups: place.Lookups
    records: follow_up.Records
    memory: Memory
    offices: hours.Offices


def make_effects(world: World) -> dict[str, Effect]:
    """The effects of the 940 flow, by name.

    What is opened while the database is away waits in `keep`, and its caller hears a spare number.
    Where there is none a report fails, and an operator takes the call; whoever left words, or has
    hung up, cannot be asked again, and their request waits without a number.
    """
    opens = (world.open_ticket, world.services, world.keep)
    reports = report.report_effects(*opens)
    return {
        **{name: draft.dropping(one, world.memory) for name, one in reports.items()},
        **complaint.complaint_effects(*opens),
        **callback.callback_effects(*opens),
        "check_challenge": challenge.check_challenge,
        "check_contact": contact.check_contact,
        **review.review_effects(world.request_review, world.keep),
        **place.place_effects(world.lookups),
        **follow_up.follow_up_effects(world.records),
        **note.note_effects(world.update_ticket, world.services, world.keep),
        **draft.draft_effects(world.memory),
        **hours.hours_effects(world.offices),
    }


LOOKS = frozenset(name for name, contract in CONTRACTS.items() if contract.looks)
"""Those that change nothing."""

"""What the dialog's effects ask and change, built from the house's stores and files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from call_handlers.dates import spoken_date
from call_handlers.effects.every import World
from call_handlers.effects.follow_up import Records
from call_handlers.effects.hours import Offices
from call_handlers.effects.note import UpdateTicket
from call_handlers.effects.place import Lookups, Names
from call_handlers.effects.port import RequestReview
from call_handlers.guesses import RedisGuesses
from call_handlers.kept import KeptRequests, OpenKept
from places.gazetteer import by_keys, by_plate
from places.hours import opening
from places.spoken_names import said
from recordings.drafts import ask_for_draft
from store.database import disk_is_full
from tickets.catalogue import load_sub_municipalities
from tickets.mobile import SMS, wants_sms
from tickets.model import NewTicket, Ticket
from tickets.open import Beside, find_ticket, nothing_beside, open_ticket
from tickets.own import count_open, last_with_a_place, open_tickets
from tickets.spoken import recordings_named
from tickets.told import open_told
from tickets.update import Change, update_ticket
from voice.texts import spoken_texts

T = TypeVar("T")

if TYPE_CHECKING:
    from hotline.bootstrap import Services


def make_world(services: "Services") -> World:
    """What a call may ask of the house, each in a call's time. Raises FileWrong, PolicyWrong."""
    bounded = services.call_database.bounded
    opened, reviewed, updated = make_requests(services)
    return World(
        open_ticket=bounded(opened),
        update_ticket=bounded(updated),
        request_review=bounded(reviewed),
        keep=KeptRequests(services.journal, services.spare.take),
        services=services.services,
        lookups=_lookups(services),
        records=_records(services),
        memory=services.memory,
        offices=_offices(services),
    )


def make_requests(
    services: "Services",
) -> tuple[OpenKept, RequestReview, UpdateTicket]:
    """Open a ticket, note a request for review, change a ticket. Raises PolicyWrong."""
    return make_open_ticket(services), _request_review(services), _update_ticket(services)


def make_open_ticket(services: "Services") -> OpenKept:
    """Commits a ticket, its deliveries to whom it concerns, and its message to the caller.

    One whose caller was told a number with the database away is opened under that.
    Where a program makes drafts of recordings, one of what its caller has said is asked for.
    """
    engine, jurisdiction = services.call_engine, services.settings.jurisdiction
    concerned, updated = concerned_by(services), services.destinations.routes.after
    beside = beside_tickets(services)

    def opened(new: NewTicket, now: datetime, number: str | None = None) -> Ticket:
        new = replace(new, jurisdiction_id=jurisdiction)
        open_it = (
            partial(open_ticket, engine, new)
            if number is None
            else partial(open_told, engine, new, number, updated=updated)
        )
        make = partial(open_it, destinations=concerned(new), now=now, beside=beside)
        return _with_room(engine, make)

    return opened


def concerned_by(services: "Services") -> Callable[[NewTicket], tuple[str, ...]]:
    """The destinations of a new ticket, and the message to its caller where there is a gateway."""
    gateway, routes = services.settings.sms.gateway != "none", services.destinations.routes
    return lambda new: (*routes.of(new), SMS) if gateway and wants_sms(new) else routes.of(new)


def beside_tickets(services: "Services") -> Beside:
    """What is written with a ticket: where a program makes drafts, that some are asked for."""
    return _ask_for_drafts if services.settings.transcribe.command else nothing_beside


def _update_ticket(services: "Services") -> UpdateTicket:
    engine, told = services.call_engine, services.destinations.routes.after
    beside = beside_tickets(services)

    def updated(reference: str, change: Change, now: datetime) -> Ticket | None:
        make = partial(update_ticket, engine, reference, change, destinations=told, now=now)
        return _with_room(engine, partial(make, beside=beside))

    return updated


def _request_review(services: "Services") -> RequestReview:
    from blacklist.record.reviews import open_review

    answer_within = timedelta(seconds=services.policy.reviews.answer_seconds)
    return partial(open_review, services.call_engine, answer_within=answer_within)


def _with_room(engine: sa.Engine, make: Callable[[], T]) -> T:
    """What `make` commits; the reserve of the disk is given up for it where there is no room."""
    try:
        return make()
    except DBAPIError as error:
        if not disk_is_full(engine, error.orig):
            raise
        return make()  # there is room now


def _ask_for_drafts(connection: sa.Connection, ticket: Ticket) -> None:
    for reference in recordings_named(ticket):
        ask_for_draft(
            connection,
            ticket_id=ticket.idempotency_key,
            recording_ref=reference,
            language=ticket.language,
        )


def _records(services: "Services") -> Records:
    bounded, engine = services.call_database.bounded, services.call_engine
    calendar, zone = services.settings.calendar, services.zone
    guesses = RedisGuesses(services.fast_redis, services.breaker, services.policy.references)
    return Records(
        own=bounded(partial(open_tickets, engine)),
        count=bounded(partial(count_open, engine)),
        find=bounded(partial(find_ticket, engine)),
        dated=lambda moment: spoken_date(moment, zone, calendar),
        guesses=guesses,
    )


def _offices(services: "Services") -> Offices:
    hours, zone, calendar = services.files.hours, services.zone, services.settings.calendar
    return Offices(
        opening=partial(opening, hours),
        dated=lambda moment: spoken_date(moment, zone, calendar),
        zone=zone,
    )


def _lookups(services: "Services") -> Lookups:
    bounded, engine = services.call_database.bounded, services.call_engine
    areas = load_sub_municipalities(services.settings.config_dir / "sub_municipalities.yaml")
    return Lookups(
        by_plate=bounded(partial(by_plate, engine)),
        by_keys=bounded(partial(by_keys, engine)),
        last_place=bounded(partial(last_with_a_place, engine)),
        sub_municipalities=areas,
        say=partial(_said, services),
    )


def _said(services: "Services", language: str, names: Sequence[Names]) -> Sequence[Names]:
    """The names as they are said, once their sound is there in the caller's language."""
    spoken = [said(name, services.files.spoken_names) for name in names]
    heard = [_heard_in(language, name) for name in spoken]
    ready = services.texts.ready([one for texts in heard for one in spoken_texts(texts)])
    return spoken if ready else ()


def _heard_in(language: str, name: Mapping[str, str]) -> Mapping[str, str]:
    """Of a name, what a caller in `language` hears: the same choice as the catalogue makes."""
    chosen: Iterable[str] = (language,) if language in name else tuple(name)[:1]
    return {code: name[code] for code in chosen}

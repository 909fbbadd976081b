"""Where it is: by a plate, a short address, an area, a ticket before. Real SQL and addresses."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import NoReturn

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Facts
from call_handlers.effects.place import Lookups, Names, place_effects
from call_handlers.effects.ticket import ticket_of
from hotline.settings import CONFIG_DIR
from ivr.event import Done
from ivr.pick import choices_of
from ivr.prompt_text import text_fault
from ivr.session import Session
from people.person import Person
from places.csv_read import Reader, folded
from places.gazetteer import by_keys, by_plate
from places.importing import import_gazetteer
from tests.fixtures.calls import CALLER, House
from tests.fixtures.world import AREAS, SERVICES, Told
from tickets.model import Address, NewTicket, Ticket
from tickets.own import last_with_a_place

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
FACTS = Facts("c1", 0, e164=CALLER)


@pytest.fixture
def engine(house: House) -> sa.Engine:
    """A database that knows the addresses of the sample."""
    codes = {
        folded(name): code
        for code, one in AREAS.items()
        for name in (code, one.name_ar, one.name_en)
    }
    with (CONFIG_DIR / "gazetteer.sample.csv").open("rb") as sample:
        reader = Reader(sample, codes=codes, unsayable=text_fault)
        import_gazetteer(house.engine, reader, by=Person("test", "manager"), now=NOW)
    return house.engine


def lookups(engine: sa.Engine, **otherwise: object) -> Lookups:
    """What the effects ask, in that database."""
    made = Lookups(
        by_plate=partial(by_plate, engine),
        by_keys=partial(by_keys, engine),
        last_place=partial(last_with_a_place, engine),
        sub_municipalities=AREAS,
        say=Told.say,
    )
    return replace(made, **otherwise)  # type: ignore[arg-type]  # the tests' own stand-ins


def asked(ask: Lookups, effect: str, facts: Facts = FACTS, **answers: str) -> Done:
    """What comes of asking, after these answers."""
    session = Session("c1", "940", "3", "n", "ar", answers=answers)
    return place_effects(ask)[effect](facts, session, NOW)


def ticket_with(answers: dict[str, str]) -> NewTicket:
    """The report of a caller who has given these."""
    session = Session("c1", "940", "3", "n", "ar", answers=answers, turn=9)
    return ticket_of(FACTS, session, SERVICES["RD_HOLE"], "report")


def away(*_asked: object) -> NoReturn:
    """A database that does not answer."""
    raise OperationalError("select", {}, Exception("away"))


def test_an_address_that_is_found_is_all_in_the_ticket(engine: sa.Engine) -> None:
    """As it is written, in Arabic, with the sub-municipality and where it is on a map."""
    found = asked(lookups(engine), "find_address", building_keyed="7421", postal_keyed="23218")
    assert found.outcome == "found"
    assert json.loads(found.data["street"]) == {"ar": "شارع المرجان", "en": "Al Marjan Street"}
    ticket = ticket_with(dict(found.data))
    assert ticket.address == Address(
        "7421", "شارع المرجان", "حي المرفأ", "23218", "0043", "RASD7421"
    )
    assert (ticket.location_verified, ticket.location_source) == (True, "number_plate")
    assert (ticket.sub_municipality, ticket.lat, ticket.long) == ("AZZ", 21.54517, 39.18239)


@pytest.mark.parametrize("asks", ["nobody", "away"])
def test_an_address_that_is_not_known_is_taken_as_it_is_given(engine: sa.Engine, asks: str) -> None:
    """Or that cannot be asked for now: nobody is turned away."""
    ask = lookups(engine) if asks == "nobody" else lookups(engine, by_plate=away)
    found = asked(ask, "find_address", building_keyed="9999", postal_keyed="99999")
    assert found.outcome == "unknown"
    assert found.data["plate_building"] == "9999"
    ticket = ticket_with(dict(found.data))
    assert (ticket.address.building_number, ticket.location_verified) == ("9999", False)
    assert (ticket.sub_municipality, ticket.lat) == (None, None)


def test_names_that_cannot_be_said_in_time_are_read_back_by_the_plate(engine: sa.Engine) -> None:
    """The address is found all the same, and in the ticket."""

    def silent(language: str, names: Sequence[Names]) -> Sequence[Names]:
        del language, names
        return ()

    ask = lookups(engine, say=silent)
    found = asked(ask, "find_address", building_keyed="7421", postal_keyed="23218")
    assert (found.outcome, found.data["street"]) == ("found", "")
    assert (found.data["plate_building"], found.data["plate_postal"]) == ("7421", "23218")
    assert ticket_with(dict(found.data)).address.street == "شارع المرجان"


def test_a_plate_of_several_and_keys_of_several_are_offered(engine: sa.Engine) -> None:
    """Each whole, so that nothing more has to be asked for."""
    found = asked(lookups(engine), "find_address", building_keyed="2929", postal_keyed="23311")
    assert found.outcome == "several"
    assert len(choices_of(found.data["addresses"])) == 2
    keyed = asked(lookups(engine), "find_short_address", short_keyed="77732929")
    offered = choices_of(keyed.data["addresses"])
    assert [one["short_address"] for one in offered] == ["RRRD2929", "SRPE2929"]
    ticket = ticket_with(dict(offered[1]))
    assert (ticket.location_source, ticket.address.short_address) == ("short_address", "SRPE2929")
    assert (ticket.sub_municipality, ticket.location_verified) == ("MTR", True)


@pytest.mark.parametrize("asks", ["nobody", "away"])
def test_a_short_address_that_nobody_knows_is_kept_as_it_was_keyed(
    engine: sa.Engine, asks: str
) -> None:
    """Its letters are not known: a person reads the keys."""
    ask = lookups(engine) if asks == "nobody" else lookups(engine, by_keys=away)
    found = asked(ask, "find_short_address", short_keyed="22222222")
    assert (found.outcome, found.data["place_keys"]) == ("unknown", "22222222")
    ticket = ticket_with(dict(found.data))
    assert ticket.address_string == "2222 2222 (short address on the keypad)"
    assert ticket.attributes["short_keys"] == "22222222"
    assert not ticket.location_verified


def test_every_sub_municipality_is_offered_by_its_code(engine: sa.Engine) -> None:
    """In the order of its file; the one that is picked is the place."""
    found = asked(lookups(engine), "list_sub_municipalities")
    offered = choices_of(found.data["areas"])
    assert [one["area"] for one in offered] == list(AREAS)
    ticket = ticket_with(dict(offered[2]))
    assert (ticket.sub_municipality, ticket.location_source) == ("JAM", "sub_municipality")
    assert ticket.address == Address()
    none = asked(lookups(engine, sub_municipalities={}), "list_sub_municipalities")
    assert none == Done("none")


def reported(house: House, answers: dict[str, str]) -> Ticket:
    """A report of before, from that place."""
    return house.open_ticket(replace(ticket_with(answers), origin=f"before {len(answers)}"), NOW)


@pytest.mark.parametrize("how", ["found", "plate", "short", "area"])
def test_the_place_of_the_last_ticket_is_offered_as_it_was_given(
    house: House, engine: sa.Engine, how: str
) -> None:
    """Whichever way it was given, it is read back, and comes into the next ticket whole."""
    ask = lookups(engine)
    match how:
        case "found":
            given = asked(ask, "find_address", building_keyed="7421", postal_keyed="23218").data
        case "plate":
            given = asked(ask, "find_address", building_keyed="9999", postal_keyed="99999").data
        case "short":
            given = asked(ask, "find_short_address", short_keyed="22222222").data
        case _:
            areas = asked(ask, "list_sub_municipalities").data["areas"]
            given = choices_of(areas)[4]
    before = reported(house, dict(given))
    (offered,) = choices_of(asked(ask, "find_last_place").data["last_places"])
    again = ticket_with(dict(offered))
    assert again.address.as_dict() == before.address
    assert (again.sub_municipality, again.lat) == (before.sub_municipality, before.lat)
    assert again.location_verified == before.location_verified
    assert again.location_source == before.location_source
    read_back = {
        name for name in ("street", "plate_building", "place_keys", "area") if offered[name]
    }
    assert len(read_back) == 1


def test_the_last_place_is_of_the_number_that_calls(house: House, engine: sa.Engine) -> None:
    """Not of another, of nobody, nor while the database is away."""
    reported(house, {"place": "plate", "building_number": "9999", "postal_code": "99999"})
    other = replace(FACTS, e164="+966559876543")
    hidden = replace(FACTS, e164=None, withheld=True)
    assert asked(lookups(engine), "find_last_place").outcome == "found"
    assert asked(lookups(engine), "find_last_place", other) == Done("none")
    assert asked(lookups(engine), "find_last_place", hidden) == Done("none")
    assert asked(lookups(engine, last_place=away), "find_last_place") == Done("none")

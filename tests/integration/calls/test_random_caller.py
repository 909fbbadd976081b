"""Whatever a caller does, and whatever fails around them, the record of their call is whole.

On a real Redis and a real database, with effects that fail now and then.
"""

import itertools
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from call_handlers.arrival import Facts
from call_handlers.effects.every import make_effects
from call_handlers.effects.port import Effect
from call_handlers.history import find_call
from call_handlers.kept import KeptRequests
from call_handlers.memory import RedisMemory
from ivr.event import Done, HungUp, Transferred
from ivr.session import Session
from ivr.turn import HangUp
from store.breaker import Breaker
from tests.fixtures.calls import House, arrival
from tests.fixtures.random_caller import MOST_TURNS, does
from tests.fixtures.world import make_world
from tickets.model import Address, NewTicket
from tickets.open import list_tickets

_CALLS = itertools.count()
_ENDINGS = {"completed", "abandoned", "transferred", "failed", "voicemail", "blocked"}


@dataclass(frozen=True, slots=True)
class Told:
    """A call that was played to its end, and what its channel said of that."""

    call_id: str
    reason: str


class Everyone:
    """Plays calls, each of a number of its own, on one desk whose effects fail now and then."""

    def __init__(self, house: House) -> None:
        memory = RedisMemory(house.client(), Breaker(0.0))
        world = make_world(
            house.engine,
            opener=house.open_ticket,
            reviewer=house.request_review,
            keep=KeptRequests(house.journal),
            memory=memory,
        )
        self.told: list[Told] = []
        self._house, self._chance = house, random.Random()
        effects = {name: self._failing(one) for name, one in make_effects(world).items()}
        self._desk = replace(house.desk(memory=memory), effects=effects)

    def play(self, data: st.DataObject) -> None:
        """One call to its end, whichever way it goes."""
        desk, number = self._desk, next(_CALLS)
        self._chance.seed(data.draw(st.integers(0, 2**32)))
        caller = f"+96650{number:07d}"
        if data.draw(st.booleans()):
            self._house.open_ticket(_before(caller), datetime.now(UTC))
        call = desk.begin(arrival(f"random {number}", caller=caller))
        reason, stays = "done", data.draw(st.booleans())
        while not isinstance(call.turn.action, HangUp):
            assert call.turn.number < MOST_TURNS
            event = data.draw(does(call.turn, stays=stays))
            if event == Transferred("answered"):
                reason = "transferred"
                break
            if isinstance(event, HungUp):
                reason = "hangup"
            call = desk.advance(call, event)
        desk.end(call, reason)
        self.told.append(Told(call.call_id, reason))

    def _failing(self, effect: Effect) -> Effect:
        """The effect, which the database does not answer one time in six."""

        def now_and_then(facts: Facts, session: Session, now: datetime) -> Done:
            if self._chance.random() < 1 / 6:
                raise OperationalError("ask", {}, Exception("away"))
            return effect(facts, session, now)

        return now_and_then


def _before(caller: str) -> NewTicket:
    """What this number has reported before."""
    place = Address(building_number="7421", postal_code="23218")
    return NewTicket(
        origin=f"before {caller}",
        service_code="RD_HOLE",
        phone=caller,
        reported_from=caller,
        address=place,
    )


def whole(house: House, told: Told) -> None:
    """How it ended, what came of each turn, and every ticket that it has made."""
    found = find_call(house.engine, told.call_id)
    assert found is not None
    record, events = found
    assert record.ended_at is not None
    assert record.disposition in _ENDINGS
    put_through = told.reason == "transferred"
    assert (record.disposition == "transferred", bool(record.transferred_to)) == (put_through,) * 2
    assert [event.kind for event in events].count("end") == 1
    assert events[-1].kind == "end"
    turns = [event.turn for event in events]
    assert turns == sorted(turns)
    assert set(turns) == set(range(1, record.turns + 1))
    made = {one.service_request_id for one in list_tickets(house.engine, call_id=record.id)}
    assert made == set(record.tickets)


def every_record_is_whole(house: House, calls: int) -> None:
    """Play so many calls, and look at what was written of each."""
    everyone = Everyone(house)
    quick = settings(max_examples=calls, deadline=None, database=None)
    quick(given(st.data())(everyone.play))()
    house.flush()
    assert len(everyone.told) >= calls
    for told in everyone.told:
        whole(house, told)


def test_the_record_of_any_call_is_whole(house: House) -> None:
    """Of five hundred callers who do whatever."""
    every_record_is_whole(house, 500)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_the_record_of_any_call_is_whole_all_night(house: House) -> None:
    """Of many more."""
    every_record_is_whole(house, 5000)

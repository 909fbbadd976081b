"""The turns of a call: from one to the next, kept between any two, and its effects run.

A call survives the process that has it: its state is stored after every turn, before the turn is
performed.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from call_handlers import metrics
from call_handlers.arrival import Call, call_from_json, call_to_json
from call_handlers.effects.port import FAILED, Effect
from call_handlers.events import event_row, masked
from call_handlers.late import left_at, references
from call_handlers.operators import to_operators
from call_handlers.sessions import SessionStore, StoreAway, Stored
from ivr.engine import FlowError, step
from ivr.event import Done, Event, HungUp
from ivr.flow import Flow
from ivr.flows import Flows
from ivr.session import Session
from ivr.turn import Perform, Transfer

log = structlog.get_logger()
_MOST_TURNS = 500
"""No honest call has as many; a caller who plays with the keys for ever gets a human."""
OVERTAKEN = 3
"""How often one process may find that another has just gone on with the call."""


class CallFailed(Exception):
    """This process cannot go on with the call: the channel must bring the caller to a human."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Goes on with calls. `clock` gives seconds since the epoch.

    `withdraw` takes back a ticket that nobody has been told of, and says whether it could. `looks`
    are the effects that change nothing.
    """

    flows: Flows
    sessions: SessionStore
    effects: Mapping[str, Effect]
    clock: Callable[[], float] = time.time
    looks: frozenset[str] = frozenset()
    withdraw: Callable[[str], bool] = lambda _reference: False

    def advance(self, call: Call, event: Event) -> Call:
        """Take `event` as what came of the call's turn; the call with its next turn.

        When another process took this turn first, its outcome is returned and ours is dropped.
        Raises CallFailed.
        """
        return self._settled(self._saved(self._stepped(call, event)))

    def find(self, call_id: str, *, ended: bool = False) -> Call | None:
        """The call as it is stored, None when it is not, is unreadable, or the store is away.

        A call that has ended is found only when `ended` ones are looked for.
        """
        try:
            stored = self.sessions.load_whole(call_id)
        except StoreAway:
            log.warning("sessions_away", doing="load")
            return None
        return None if stored is None or (stored.over and not ended) else self._read(stored)

    def recording_name(self, call: Call) -> str:
        """A name for what is recorded in this turn: ours alone, and safe as a file's name."""
        return f"{call.call_id}-{call.turn.number}"

    def _read(self, stored: Stored) -> Call | None:
        """The call that is stored, None when it is unreadable."""
        try:
            return call_from_json(stored.state, stored.events)
        except (ValueError, KeyError, TypeError):
            log.exception("session_unreadable")
            return None

    def _stepped(self, call: Call, event: Event) -> Call:
        now_ms = self._now_ms()
        kind, kept = masked(event, call.turn)
        row = event_row(call.turn, kind, kept, at_ms=now_ms, ms=now_ms - call.at_ms)
        metrics.of(metrics.TURNS, call.turn.node, kind).inc()
        if call.turn.number >= _MOST_TURNS:
            raise CallFailed(f"more than {_MOST_TURNS} turns")
        flow = self._flow(call)
        try:
            session, turn = step(flow, call.session, event)
        except FlowError as error:
            log.error("flow_error", error=str(error))
            if isinstance(call.turn.action, Transfer):
                raise CallFailed(str(error)) from error
            session, turn = to_operators(flow, call.session)
        left = call.left or (left_at(call) if isinstance(event, HungUp) else None)
        events = (*call.events, row)
        return Call(
            call.facts, session, turn, now_ms, events, call.unsaved + 1, left, late=call.late
        )

    def _flow(self, call: Call) -> Flow:
        return self.flows.of(call.session.flow, call.session.flow_version)

    def _settled(self, call: Call) -> Call:
        """Run effects until the turn is one that a channel can perform.

        The turn that asks for an effect is stored before the effect runs. A process that takes over
        then runs the same effect of the same turn, which finds what the first one made.
        """
        while isinstance(call.turn.action, Perform):
            done = self._performed(call, call.turn.action.effect)
            said = call.turn.prompts
            call = self._stepped(call, done)
            made = done.data.get("reference", "") if done.outcome != FAILED else ""
            if made:
                call = replace(call, session=_with_reference(call.session, made))
            if said:
                call = replace(call, turn=replace(call.turn, prompts=(*said, *call.turn.prompts)))
            ours, call = call, self._saved(call)
            if call.late and not ours.late:
                if made:
                    self._made_in_vain(call.call_id, made)
                return call  # whoever took it up leads it
            if call.version < ours.version:
                return ours  # it was ended in the turn whose effect this was
        return call

    def _made_in_vain(self, call_id: str, reference: str) -> None:
        """Take back what its end has made of a call that went on, and has ended again since.

        While it goes on this is left to its new end, which may come to the same ticket.
        """
        try:
            stored = self.sessions.load_whole(call_id)
        except StoreAway:
            return
        ended = self._read(stored) if stored is not None and stored.over else None
        if ended is not None and reference not in references(ended.session):
            self._withdrawn(reference)

    def _withdrawn(self, reference: str) -> bool:
        try:
            return self.withdraw(reference)
        except Exception:  # whatever it is, the ticket is there
            log.exception("ticket_not_withdrawn")
            return False

    def _performed(self, call: Call, name: str) -> Done:
        started = time.perf_counter()
        moment = datetime.fromtimestamp(self.clock(), UTC)
        try:
            done = self.effects[name](call.facts, call.session, moment)
        except Exception:  # whatever it is, the dialog has a way on for an effect that failed
            log.exception("effect_broken", effect=name)
            done = Done(FAILED)
        metrics.of(metrics.EFFECT_SECONDS, name).observe(time.perf_counter() - started)
        metrics.of(metrics.EFFECTS, name, done.outcome).inc()
        tell = log.debug if name in self.looks else log.info
        tell("effect_done", effect=name, outcome=done.outcome)
        return done

    def _saved(self, call: Call) -> Call:
        """The call, kept; or as another process has kept it, which was quicker.

        A turn that only looks something up is not kept: whoever takes over asks anew what came
        before it, and comes to the same.
        """
        action = call.turn.action
        if isinstance(action, Perform) and action.effect in self.looks:
            return call
        fresh = call.events[len(call.events) - call.unsaved :]
        try:
            stored = self.sessions.save(call.call_id, call.version, call_to_json(call), fresh)
            if stored is None:
                return _with_all_saved(call)
            log.warning("turn_overtaken", turn=call.turn.number)
            return call_from_json(stored, self.sessions.events(call.call_id))
        except StoreAway:
            metrics.UNSAVED_TURNS.inc()
            log.warning("sessions_away", doing="save")
            return call
        except (ValueError, KeyError, TypeError) as error:
            raise CallFailed("the stored session cannot be read") from error

    def _now_ms(self) -> int:
        return int(self.clock() * 1000)


def _with_all_saved(call: Call) -> Call:
    """As `replace` does it, which takes three times as long; it is done after every turn."""
    return Call(
        call.facts, call.session, call.turn, call.at_ms, call.events, 0, call.left, call.late
    )


def _with_reference(session: Session, reference: str) -> Session:
    """Remember every ticket of the call, not only the last one."""
    known = dict.fromkeys([*references(session), reference])
    answers = {**session.answers, "references": ",".join(known)}
    return replace(session, answers=answers)

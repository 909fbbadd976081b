"""The desk: begins, advances and ends calls, whatever channel they come by.

A call survives the process that has it: its state is stored after every turn, before the turn is
performed, and `begin` on a call that is stored gives that turn back to be performed again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from blacklist.decision import Way
from blacklist.numbers import normalise
from blacklist.port import Screening
from call_handlers import metrics
from call_handlers.arrival import Arrival, Call, call_from_json, call_to_json
from call_handlers.effects import FAILED, TALKED_TO, Effect
from call_handlers.emergency import comes_by
from call_handlers.events import event_row, masked
from call_handlers.facts import facts_never_led, facts_of
from call_handlers.given import draw_digit, given_answers
from call_handlers.late import (
    as_it_stood,
    can_be_late,
    left_at,
    made_by_its_end,
)
from call_handlers.operators import to_operators
from call_handlers.records import Record, RecordWriter
from call_handlers.sessions import SessionStore, StoreAway
from ivr.engine import TRANSFERRED, FlowError, begin, step
from ivr.event import Done, Event, HungUp, Transferred
from ivr.flow import Flow
from ivr.flows import Flows
from ivr.session import Session
from ivr.turn import OPERATORS, Collect, Perform, Transfer
from ivr.turn import Record as Listen
from ivr.way import unsent

log = structlog.get_logger()
_OVERTAKEN = 3
"""How often the end of a call may find that another process has just gone on with it."""
_MOST_TURNS = 500
"""No honest call has as many; a caller who plays with the keys for ever gets a human."""


class CallFailed(Exception):
    """This process cannot go on with the call: the channel must bring the caller to a human."""


@dataclass(frozen=True, slots=True)
class CallDesk:
    """The one way to lead a call. Everything it needs is handed in by the composition root.

    `clock` gives seconds since the epoch, `draw` the digit that a challenged caller has to press.
    Calls by `emergency_lines` are not screened. Callers are told that recordings are kept for
    `kept_days`. `withdraw` takes back a ticket that nobody has been told of, and says whether it
    could.
    """

    flows: Flows
    screening: Screening
    sessions: SessionStore
    records: RecordWriter
    effects: Mapping[str, Effect]
    clock: Callable[[], float] = time.time
    draw: Callable[[], str] = draw_digit
    emergency_lines: frozenset[str] = frozenset()
    kept_days: int = 90
    withdraw: Callable[[str], bool] = lambda _reference: False

    def begin(self, arrival: Arrival) -> Call:
        """Screen the call and make its first turn, or take up a call that another process had.

        Idempotent by the arrival's channel and provider id. Raises CallFailed.
        """
        stored = self.find(arrival.call_id)
        if stored is not None:
            log.info("call_taken_over", turn=stored.turn.number, node=stored.turn.node)
            return self._settled(stored)
        number = normalise(arrival.caller, withheld=arrival.withheld)
        emergency = comes_by(arrival, self.emergency_lines)
        way = Way(arrival.trunk, arrival.attestation, arrival.origin)
        verdict = self.screening.screen(number, emergency=emergency, way=way)
        facts = facts_of(arrival, number, verdict, self.flows.current, self._now_ms())
        answers = given_answers(
            number, verdict, now=self.clock(), digit=self.draw(), kept_days=self.kept_days
        )
        session, turn = begin(
            self.flows.current, facts.call_id, verdict=verdict.disposition, answers=answers
        )
        metrics.CALLS.labels(facts.channel, facts.verdict, facts.screening).inc()
        log.info("call_began", verdict=facts.verdict, screening=facts.screening)
        self.records.submit(Record(facts, language=session.language, last_node=session.node))
        call = Call(facts, session, turn, facts.started_ms)
        return self._settled(self._saved(call))

    def advance(self, call: Call, event: Event) -> Call:
        """Take `event` as what came of the call's turn; the call with its next turn.

        When another process took this turn first, its outcome is returned and ours is dropped.
        Raises CallFailed.
        """
        return self._settled(self._saved(self._stepped(call, event)))

    def late(self, ended: Call, number: int, event: Event) -> Call | None:
        """Take what the caller did in turn `number` of a call that has ended there meanwhile.

        The call with its next turn, to be ended again; None when that is no news of it, or another
        process has taken it. Raises CallFailed.
        """
        if not can_be_late(ended, number, event):
            return None
        before = as_it_stood(ended)
        talked = isinstance(event, Transferred)  # then the call stands where it was put through
        call = before if talked else self._stepped(before, event)
        fresh = call.events[len(before.events) :]
        try:
            kept = len(before.events)
            if not self.sessions.reopen(
                call.call_id, ended.version, call.version, call_to_json(call), kept, fresh
            ):
                return None
        except StoreAway:
            log.warning("sessions_away", doing="reopen")
            return None
        log.info("call_went_on_after_its_end", turn=number, node=before.turn.node)
        if all(self._withdrawn(made) for made in made_by_its_end(ended)):
            return self._settled(replace(call, unsaved=0))
        # Others know of it already, so it is not made again: the call stays as it had ended.
        return replace(ended, events=call.events, unsaved=0, late=True)

    def end(self, call: Call | Arrival, reason: str) -> None:
        """Complete the call's record, once. Never raises.

        `reason`: `done` (we ended it), `hangup` (the caller is gone), `transferred` (connected with
        somebody), `failed` (it could not be led to its end here).
        """
        self.ended(call, reason)

    def ended(self, call: Call | Arrival, reason: str, at_ms: int | None = None) -> bool:
        """Do as `end`; True when it was this that ended the call, and nobody before.

        `at_ms` is when it ended, if that was not now.
        """
        held = self.find(call.call_id)
        if isinstance(call, Call):
            if held is None or call.version >= held.version:
                held = call
            else:
                held = self._left(held, reason)  # its last key was quicker than its end
        if held is None:
            return isinstance(call, Arrival) and self._never_led(call, reason)
        for _ in range(_OVERTAKEN):
            held = self._given_up(self._with_its_effect(held), reason)
            held = self._with_the_unsent(held, reason)
            if self._finish(held):
                self.close(held, reason, at_ms)
                return True
            newer = self.find(held.call_id)
            if newer is None or newer.version <= held.version or newer.late != held.late:
                return False  # ended by another process, or taken up again by one that will end it
            held = self._left(newer, reason)
        return False

    def close(self, held: Call, reason: str, at_ms: int | None = None) -> None:
        """Write the last record of a call whose session is already marked as ended."""
        session = held.session
        at_ms = self._now_ms() if at_ms is None else at_ms
        tickets = tuple(filter(None, session.answers.get("references", "").split(",")))
        gone = event_row(held.turn, "end", reason, at_ms=at_ms, ms=at_ms - held.at_ms)
        disposition = _disposition(session, reason)
        self.records.submit(
            Record(
                facts=held.facts,
                language=session.language,
                ended_ms=at_ms,
                disposition=disposition,
                transferred_to=_target(session) if disposition == TRANSFERRED else "",
                tickets=tickets,
                last_node=session.node,
                turns=session.turn,
                path=session.path,
                events=(*held.events, gone),
                amended=held.late,
            )
        )
        if not held.late:
            metrics.ENDED.labels(held.facts.channel, disposition).inc()
            seconds = (at_ms - held.facts.started_ms) / 1000
            metrics.CALL_SECONDS.labels(held.facts.channel).observe(max(0.0, seconds))
        if tickets and not held.late:
            facts = held.facts
            came = Way(facts.trunk, facts.attestation, facts.origin)
            self.screening.served(facts.e164, came, "withheld" if facts.withheld else "unusable")
        log.info("call_ended", disposition=disposition, node=session.node, turns=session.turn)

    def find(self, call_id: str, *, ended: bool = False) -> Call | None:
        """The call as it is stored, None when it is not, is unreadable, or the store is away.

        A call that has ended is found only when `ended` ones are looked for.
        """
        try:
            stored = self.sessions.load_whole(call_id, ended=ended)
            return None if stored is None else call_from_json(*stored)
        except StoreAway:
            log.warning("sessions_away", doing="load")
        except (ValueError, KeyError, TypeError):
            log.exception("session_unreadable")
        return None

    def recording_name(self, call: Call) -> str:
        """A name for what is recorded in this turn: ours alone, and safe as a file's name."""
        return f"{call.call_id}-{call.turn.number}"

    def _stepped(self, call: Call, event: Event) -> Call:
        now_ms = self._now_ms()
        kind, kept = masked(event, call.turn)
        row = event_row(call.turn, kind, kept, at_ms=now_ms, ms=now_ms - call.at_ms)
        metrics.TURNS.labels(call.turn.node, kind).inc()
        if call.turn.number >= _MOST_TURNS:
            raise CallFailed(f"more than {_MOST_TURNS} turns")
        try:
            session, turn = step(self._flow(call), call.session, event)
        except FlowError as error:
            log.error("flow_error", error=str(error))
            if isinstance(call.turn.action, Transfer):
                raise CallFailed(str(error)) from error
            session, turn = to_operators(call.session)
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
            if done.outcome != FAILED and "reference" in done.data:
                call = replace(call, session=_with_reference(call.session, done.data["reference"]))
            if said:
                call = replace(call, turn=replace(call.turn, prompts=(*said, *call.turn.prompts)))
            call = self._saved(call)
        return call

    def _with_its_effect(self, held: Call) -> Call:
        """A call that ended while an effect ran, with what the effect made, if it made something.

        The caller had asked for it and hung up, or the server died: the ticket is opened all the
        same (it is the one that is there, if there is one), and the record knows of it.
        """
        if not isinstance(held.turn.action, Perform):
            return held
        try:
            settled = self._settled(held)
        except CallFailed:
            return held
        made = settled.session.answers.get("references", "")
        return held if made == held.session.answers.get("references", "") else settled

    def _given_up(self, held: Call, reason: str) -> Call:
        """A call that is over, with the caller's hang-up while they waited to be put through.

        Where they waited and for how long is an event of its turn.
        """
        if reason != "hangup" or not isinstance(held.turn.action, Transfer):
            return held
        try:
            return self._settled(self._saved(self._stepped(held, HungUp())))
        except CallFailed:
            return held

    def _never_led(self, arrival: Arrival, reason: str) -> bool:
        """Write down a call that the dialplan put through to the operators by itself.

        Nothing is written of a call that was led and has ended before, or may have been: a record
        that is there stays as it is.
        """
        try:
            if self.sessions.load(arrival.call_id, ended=True) is not None:
                return False
        except StoreAway:
            return False
        ended_ms = self._now_ms()
        facts = facts_never_led(arrival, self.flows.current, ended_ms)
        disposition = _BY_REASON.get(reason, "abandoned")
        self.records.submit(
            Record(
                facts,
                language=self.flows.current.language,
                ended_ms=ended_ms,
                disposition=disposition,
                transferred_to=OPERATORS if disposition == TRANSFERRED else "",
                last_node=OPERATORS,
                led=False,
            )
        )
        metrics.ENDED.labels(facts.channel, disposition).inc()
        log.info("call_never_led", disposition=disposition)
        return True

    def _left(self, held: Call, reason: str) -> Call:
        """A call at a question, without its caller."""
        asked = isinstance(held.turn.action, Collect | Listen)
        if reason != "hangup" or not asked:
            return held
        try:
            return self.advance(held, HungUp())
        except CallFailed:
            return held

    def _with_the_unsent(self, held: Call, reason: str) -> Call:
        """A call that is over, with what it leaves: a report that was given and never sent.

        It does not matter how it ended, or who ends it twice: the ticket is that of the turn, and
        says whom the caller has talked to.
        """
        if not unsent(self._flow(held), held.session) or self._is_over(held.call_id):
            return held
        if reason == TRANSFERRED:
            answers = {**held.session.answers, TALKED_TO: _target(held.session)}
            held = replace(held, session=replace(held.session, answers=answers))
        try:
            return self._settled(self._saved(self._stepped(held, HungUp())))
        except CallFailed:
            log.exception("unsent_lost")
            return held

    def _is_over(self, call_id: str) -> bool:
        """Whether the store knows that the call has ended; False while it is away."""
        return self.find(call_id) is None and self.find(call_id, ended=True) is not None

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
        metrics.EFFECT_SECONDS.labels(name).observe(time.perf_counter() - started)
        metrics.EFFECTS.labels(name, done.outcome).inc()
        log.info("effect_done", effect=name, outcome=done.outcome)
        return done

    def _saved(self, call: Call) -> Call:
        fresh = call.events[len(call.events) - call.unsaved :]
        try:
            stored = self.sessions.save(call.call_id, call.version, call_to_json(call), fresh)
            if stored is None:
                return replace(call, unsaved=0)
            log.warning("turn_overtaken", turn=call.turn.number)
            return call_from_json(stored, self.sessions.events(call.call_id))
        except StoreAway:
            metrics.UNSAVED_TURNS.inc()
            log.warning("sessions_away", doing="save")
            return call
        except (ValueError, KeyError, TypeError) as error:
            raise CallFailed("the stored session cannot be read") from error

    def _finish(self, held: Call) -> bool:
        try:
            return self.sessions.finish(held.call_id, held.version)
        except StoreAway:
            return True  # nobody can say that it was ended before; the record takes the first end

    def _now_ms(self) -> int:
        return int(self.clock() * 1000)


_BY_REASON = {"hangup": "abandoned", "failed": "failed", TRANSFERRED: TRANSFERRED}


def _disposition(session: Session, reason: str) -> str:
    if reason == TRANSFERRED:  # nothing that was earned before says more
        return TRANSFERRED
    return session.disposition or _BY_REASON.get(reason, "completed")


def _target(session: Session) -> str:
    """Whom the caller was connected with: without our doing, it was the operators."""
    return session.transferred_to or OPERATORS


def _with_reference(session: Session, reference: str) -> Session:
    """Remember every ticket of the call, not only the last one."""
    known = [*filter(None, session.answers.get("references", "").split(",")), reference]
    answers = {**session.answers, "references": ",".join(dict.fromkeys(known))}
    return replace(session, answers=answers)

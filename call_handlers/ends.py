"""The end of a call: its record is completed once, and nothing that the caller gave is lost."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import structlog

from blacklist.decision import Way
from blacklist.port import Screening
from call_handlers import metrics
from call_handlers.arrival import Arrival, Call
from call_handlers.effects.report import TALKED_TO
from call_handlers.events import connected, event_row
from call_handlers.facts import facts_never_led
from call_handlers.late import references
from call_handlers.memory import Forgetful, Memory
from call_handlers.records import Record, RecordWriter
from call_handlers.sessions import StoreAway
from call_handlers.turns import OVERTAKEN, CallFailed, Turns
from ivr.chosen import chosen
from ivr.engine import TRANSFERRED
from ivr.event import HungUp
from ivr.session import Session
from ivr.turn import OPERATORS, Collect, Perform, Transfer
from ivr.turn import Record as Listen
from ivr.way import LANGUAGE, left_at_node, unsent

log = structlog.get_logger()

ANSWERED = "answered"
"""What came of a transfer by which somebody was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends(Turns):
    """Ends calls, whoever had them last.

    `withdraw_unnamed` takes back what a call left unconfirmed and does not name among these
    references. `memory` has what numbers have left behind.
    """

    screening: Screening
    records: RecordWriter
    memory: Memory = field(default_factory=Forgetful)
    withdraw_unnamed: Callable[[str, Collection[str]], object] = lambda _call_id, _named: None

    def end(self, call: Call | Arrival, reason: str, talked_ms: int | None = None) -> None:
        """Complete the call's record, once. Never raises.

        `reason`: `done` (we ended it), `hangup` (the caller is gone), `transferred` (connected with
        somebody), `failed` (it could not be led to its end here). Whoever was connected talked with
        them for `talked_ms`, where that is known.
        """
        self.ended(call, reason, talked_ms=talked_ms)

    def ended(
        self,
        call: Call | Arrival,
        reason: str,
        at_ms: int | None = None,
        talked_ms: int | None = None,
    ) -> bool:
        """Do as `end`; True when it was this that ended the call, and nobody before.

        Of a connection that is told after the hang-up it is False too: that is news (`late.py`).
        `at_ms` is when it ended, if that was not now.
        """
        if isinstance(call, Arrival):
            return self._told_by_its_channel(call, reason, at_ms, talked_ms)
        held = self._newest(call, reason) if self._leaves_something(call) else call
        return _is_ours(held, call.late, reason) and self._ended(held, reason, at_ms, talked_ms)

    def close(
        self, held: Call, reason: str, at_ms: int | None = None, talked_ms: int | None = None
    ) -> None:
        """Write the last record of a call whose session is already marked as ended."""
        session = held.session
        at_ms = self._now_ms() if at_ms is None else at_ms
        tickets = tuple(references(session))
        gone = [event_row(held.turn, "end", reason, at_ms=at_ms, ms=at_ms - held.at_ms)]
        if reason == TRANSFERRED and talked_ms is not None:
            taken_ms = max(held.at_ms, at_ms - talked_ms)
            said, waited_ms = connected(ANSWERED, held.turn), taken_ms - held.at_ms
            gone.insert(0, event_row(held.turn, "transfer", said, at_ms=taken_ms, ms=waited_ms))
        disposition = _disposition(session, reason)
        self.records.submit(
            Record(
                facts=held.facts,
                language=session.language,
                ended_ms=at_ms,
                disposition=disposition,
                transferred_to=_target(session) if disposition == TRANSFERRED else "",
                tickets=tickets,
                last_node=left_at_node(self._flow(held), session),
                turns=session.turn,
                path=session.path,
                choice=chosen(self._flow(held), session.path),
                events=(*held.events, *gone),
                amended=held.late,
            )
        )
        if held.late:
            self._take_back_unnamed(held.call_id, tickets)
        else:
            metrics.ENDED.labels(held.facts.channel, disposition).inc()
            seconds = (at_ms - held.facts.started_ms) / 1000
            metrics.CALL_SECONDS.labels(held.facts.channel).observe(max(0.0, seconds))
        if LANGUAGE in session.answers and held.facts.e164 and not held.late:
            self.memory.keep_language(held.facts.e164, session.language)
        if tickets and not held.late:
            facts = held.facts
            came = Way(facts.trunk, facts.attestation, facts.origin)
            self.screening.served(facts.e164, came, "withheld" if facts.withheld else "unusable")
        log.info("call_ended", disposition=disposition, node=session.node, turns=session.turn)

    def _take_back_unnamed(self, call_id: str, named: tuple[str, ...]) -> None:
        try:
            self.withdraw_unnamed(call_id, named)
        except Exception:  # whatever it is, the record is written
            log.exception("tickets_not_withdrawn")

    def _ended(
        self, held: Call, reason: str, at_ms: int | None, talked_ms: int | None = None
    ) -> bool:
        late = held.late
        for _ in range(OVERTAKEN):
            for leave in (self._with_its_effect, self._given_up, self._with_the_unsent):
                held = leave(held, reason)
                if not _is_ours(held, late, reason):
                    return False
            if self._finish(held):
                self.close(held, reason, at_ms, talked_ms)
                return True
            newer = self.find(held.call_id)
            if newer is None or newer.version <= held.version or newer.late != late:
                return False  # ended by another process, or taken up again
            held = self._left(newer, reason)
        return False

    def _leaves_something(self, call: Call) -> bool:
        """Whether there is more to be done at the end of this call than to mark it as ended."""
        waits = isinstance(call.turn.action, Perform | Transfer)
        return waits or bool(unsent(self._flow(call), call.session))

    def _newest(self, call: Call, reason: str) -> Call:
        """The call as it is to be ended: another process may have taken a key after this turn."""
        held = self.find(call.call_id)
        if held is None or call.version >= held.version:
            return call
        return self._left(held, reason) if held.late == call.late else held

    def _told_by_its_channel(
        self, arrival: Arrival, reason: str, at_ms: int | None, talked_ms: int | None
    ) -> bool:
        """End a call that nobody here holds; written down even where no server led it."""
        try:
            stored = self.sessions.load_whole(arrival.call_id)
        except StoreAway:
            log.warning("sessions_away", doing="load")
            return False
        if stored is None:
            return self._never_led(arrival, reason)
        held = None if stored.over else self._read(stored)
        return held is not None and self._ended(held, reason, at_ms, talked_ms)

    def _with_its_effect(self, held: Call, _reason: str) -> Call:
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
        return held if references(settled.session) == references(held.session) else settled

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

        It is asked for only where the store is there and knows nothing of the call. A record that
        is there stays as it is.
        """
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
        metrics.NEVER_LED.inc()
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
        try:
            stored = self.sessions.load_whole(call_id)
        except StoreAway:
            return False
        return stored is not None and stored.over

    def _finish(self, held: Call) -> bool:
        try:
            return self.sessions.finish(held.call_id, held.version)
        except StoreAway:
            return True  # nobody can say that it was ended before; the record takes the first end


_BY_REASON = {"hangup": "abandoned", "failed": "failed", TRANSFERRED: TRANSFERRED}


def _disposition(session: Session, reason: str) -> str:
    if reason == TRANSFERRED:  # nothing that was earned before says more
        return TRANSFERRED
    return session.disposition or _BY_REASON.get(reason, "completed")


def _is_ours(held: Call, late: bool, reason: str) -> bool:
    """Whether this is the call that we end, and no other process has told its own end of it.

    Such a process has taken it up again after its end, or has it from the caller that they had hung
    up while they waited for whom they then talked to.
    """
    if held.late != late:
        return False
    hung_up = not held.late and held.left is not None
    return reason != TRANSFERRED or not hung_up or TALKED_TO in held.session.answers


def _target(session: Session) -> str:
    """Whom the caller was connected with: without our doing, it was the operators."""
    return session.transferred_to or OPERATORS

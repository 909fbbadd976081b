"""The desk: begins, advances and ends calls, whatever channel they come by.

`begin` on a call that is stored gives its turn back, to be performed again. What `turns.py` and
`ends.py` say of a call's middle and end is the desk's too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from blacklist.decision import Way
from blacklist.numbers import normalise
from call_handlers import metrics
from call_handlers.arrival import Arrival, Call, call_to_json
from call_handlers.emergency import comes_by
from call_handlers.ends import Ends
from call_handlers.facts import facts_of
from call_handlers.given import draw_digit, given_answers, remembered_answers
from call_handlers.late import as_it_stood, can_be_late, made_by_its_end
from call_handlers.records import Record
from call_handlers.sessions import StoreAway
from call_handlers.turns import OVERTAKEN
from ivr.engine import begin
from ivr.event import Event, Transferred

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDesk(Ends):
    """The one way to lead a call. Everything it needs is handed in by the composition root.

    `draw` gives the digit that a challenged caller has to press. Calls by `emergency_lines` are not
    screened. Callers are told that recordings are kept for `kept_days`.
    """

    draw: Callable[[], str] = draw_digit
    emergency_lines: frozenset[str] = frozenset()
    kept_days: int = 90

    def begin(self, arrival: Arrival) -> Call:
        """Screen the call and make its first turn, or take up a call that another process had.

        Idempotent by the arrival's channel and provider id. Raises CallFailed.
        """
        stored = self.find(arrival.call_id)
        if stored is not None:
            log.info("call_taken_over", turn=stored.turn.number, node=stored.turn.node)
            return stored if stored.late else self._settled(stored)
        number = normalise(arrival.caller, withheld=arrival.withheld)
        emergency = comes_by(arrival, self.emergency_lines)
        way = Way(arrival.trunk, arrival.attestation, arrival.origin)
        verdict = self.screening.screen(number, emergency=emergency, way=way)
        facts = facts_of(arrival, number, verdict, self.flows.current, self._now_ms())
        answers = given_answers(
            number, verdict, now=self.clock(), digit=self.draw(), kept_days=self.kept_days
        )
        answers |= remembered_answers(self.memory.of(number.e164), now=self.clock())
        session, turn = begin(
            self.flows.current, facts.call_id, verdict=verdict.disposition, answers=answers
        )
        metrics.CALLS.labels(facts.channel, facts.verdict, facts.screening).inc()
        log.info("call_began", verdict=facts.verdict, screening=facts.screening)
        self.records.submit(Record(facts, language=session.language, last_node=session.node))
        call = Call(facts, session, turn, facts.started_ms)
        return self._settled(self._saved(call))

    def late(self, ended: Call, number: int, event: Event) -> Call | None:
        """Take what the caller did in turn `number` of a call that has ended there meanwhile.

        The call with its next turn, to be ended again; None when that is no news of it, or another
        process has taken it. Raises CallFailed.
        """
        for _ in range(OVERTAKEN):
            if not can_be_late(ended, number, event):
                return None
            before = as_it_stood(ended)
            talked = isinstance(event, Transferred)  # then the call stands where it was put through
            call = before if talked else self._stepped(before, event)
            try:
                if self._reopened(ended, before, call):
                    return self._gone_on(ended, before, call)
            except StoreAway:
                log.warning("sessions_away", doing="reopen")
                return None
            newer = self.find(ended.call_id, ended=True)
            if newer is None or newer.version <= ended.version:
                return None
            ended = newer  # whoever ends the call has just done more of that
        return None

    def _reopened(self, ended: Call, before: Call, call: Call) -> bool:
        kept, text = len(before.events), call_to_json(call)
        return self.sessions.reopen(
            call.call_id, ended.version, call.version, text, kept, call.events[kept:]
        )

    def _gone_on(self, ended: Call, before: Call, call: Call) -> Call:
        """The call after the news, with what its end had made taken back where that can be."""
        log.info("call_went_on_after_its_end", turn=before.turn.number, node=before.turn.node)
        if all(self._withdrawn(made) for made in made_by_its_end(ended)):
            return self._settled(replace(call, unsaved=0))
        # Others know of it already, so it is not made again: the call stays as it had ended.
        return replace(ended, events=call.events, unsaved=0, late=True)

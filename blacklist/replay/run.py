"""A policy run over a history of calls, through the model of the screening script.

What people do is assumed to be what the policy offers them, at once: an operator who meets a call
that is marked with a striker strikes; a step of the ladder that people decide (voicemail, block) is
taken when it is reached; a number that was blocked before gets what `again` says. So a replay
shows a policy at its hardest. Operators meet every call but those sent to voicemail or stopped.
Without people (`people=False`) it shows what the machine does alone.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from blacklist.decision import Decision, Hold, hold
from blacklist.ladder import Measure, Strike, counted, measures, step_reached
from blacklist.model import ScreeningModel
from blacklist.policy import Policy, Step, StrikePolicy
from blacklist.replay.history import PastCall
from blacklist.replay.tally import Tally
from blacklist.verdict import HARD_DISPOSITIONS

_FORGET_EVERY_S = 86_400
_REASON = "abuse"
_LASTS_MS = 180_000
"""How long a call lasts: what it came to is known at its end."""


class Replay:
    """One policy, meeting calls one after another. `tally` is what came of it so far.

    `allowed` are numbers (E.164) on the allowlist throughout, `prefixes` are restricted throughout.
    `people`: whether anybody strikes.
    """

    def __init__(
        self,
        policy: Policy,
        allowed: Iterable[str] = (),
        *,
        people: bool = True,
        prefixes: Mapping[str, Hold] | None = None,
    ) -> None:
        self.policy = policy
        self._people = people
        self.tally = Tally()
        self._model = ScreeningModel(policy)
        self._strikes: dict[str, deque[Strike]] = {}
        self._blocked: set[str] = set()
        self._forgotten_at = float("-inf")
        self._ending: list[tuple[int, int, PastCall]] = []
        for number in allowed:
            self._model.put_allow(number, Hold("allow", "", 0, "allowlist"))
        for prefix, restriction in (prefixes or {}).items():
            self._model.put_prefix(prefix, restriction)

    def take(self, call: PastCall) -> Decision:
        """Screen a call as it would have been, and let the operator strike who would have."""
        at_ms = round(call.at * 1000)
        if call.at >= self._forgotten_at + _FORGET_EVERY_S:
            self._model.forget_idle(at_ms)
            self._forgotten_at = call.at
        while self._ending and self._ending[0][0] <= at_ms:
            ended, _, past = heapq.heappop(self._ending)
            self._model.served(past.caller or None, ended, **past.way._asdict())
        decision = self._model.screen(call.counted, at_ms, **call.way._asdict())
        if call.outcome == "served":
            heapq.heappush(self._ending, (at_ms + _LASTS_MS, self.tally.calls, call))
        self.tally.add(call, decision)
        struck = self._people and call.striker and call.caller
        if struck and decision.disposition not in HARD_DISPOSITIONS:
            self._strike(call)
        return decision

    def _strike(self, call: PastCall) -> None:
        number, now = call.caller, datetime.fromtimestamp(call.at, UTC)
        ladder = self.policy.strikes
        given = self._strikes.setdefault(number, deque(maxlen=_most_strikes(ladder)))
        if any(s.operator == call.striker and _near(s, now, ladder) for s in given):
            return
        served = self._model.served_by(number, round(call.at * 1000))
        given.append(Strike(now, call.striker, _REASON, served=served))
        holds = [hold(measure) for measure in measures(given, ladder, now)]
        self._model.put_strikes(number, holds)
        step = self._by_people(number, given, now)
        if step is not None:
            self._model.put_entry(number, hold(_measure(step, now)))

    def _by_people(self, number: str, given: Iterable[Strike], now: datetime) -> Step | None:
        """The step that people take on these strikes, a manager among them."""
        live = counted(tuple(given), self.policy.strikes, now)
        asked = (*live[:-1], replace(live[-1], role="manager"))
        step = step_reached(asked, self.policy.strikes)
        if step is None or step.disposition not in HARD_DISPOSITIONS:
            return None
        if step.disposition == "block":
            if number in self._blocked:
                return self.policy.strikes.again
            self._blocked.add(number)
        return step


def replay(calls: Iterable[PastCall], *replays: Replay) -> Iterator[int]:
    """Run every replay over the same calls, read once; yields how many, after each."""
    for number, call in enumerate(calls, start=1):
        for one in replays:
            one.take(call)
        yield number


def _near(strike: Strike, now: datetime, ladder: StrikePolicy) -> bool:
    return (now - strike.at).total_seconds() < ladder.same_operator_seconds


def _measure(step: Step, now: datetime) -> Measure:
    until = datetime.fromtimestamp(now.timestamp() + step.seconds, UTC)
    return Measure(step.disposition, _REASON, until, "replay")


def _most_strikes(ladder: StrikePolicy) -> int:
    """Strikes of one number worth keeping: more cannot change what it gets."""
    return 4 * max(step.strikes for step in ladder.steps)

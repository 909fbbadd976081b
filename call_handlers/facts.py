"""What is known of a call before its first prompt."""

from blacklist.numbers import CallerNumber, normalise
from blacklist.verdict import Verdict
from call_handlers.arrival import ATTESTATIONS, LONGEST_ID, LONGEST_TRUNK, Arrival, Facts
from call_handlers.origin import origin_of
from ivr.flow import Flow

NOT_LED = "away"
"""The screening of a call that no server led: nobody was there to be asked."""
_LONGEST_CALLER = 64
LONGEST_RULE = 100


def facts_of(
    arrival: Arrival, number: CallerNumber, verdict: Verdict, flow: Flow, now_ms: int
) -> Facts:
    """The facts of a call that begins now (ms since the epoch, UTC)."""
    attestation = arrival.attestation if arrival.attestation in ATTESTATIONS else ""
    return Facts(
        call_id=arrival.call_id,
        channel=arrival.channel,
        provider_id=_clean(arrival.provider_id)[:LONGEST_ID],
        # What a caller does not want shown is not kept either, though the network sends it.
        caller="" if arrival.withheld else _clean(arrival.caller)[:_LONGEST_CALLER],
        e164=number.e164,
        withheld=number.withheld,
        attestation=attestation,
        trunk=_clean(arrival.trunk)[:LONGEST_TRUNK],
        origin=origin_of(arrival.origin, attestation),
        flow=flow.name,
        flow_version=flow.version,
        verdict=verdict.disposition,
        verdict_reason=verdict.reason,
        verdict_rule=": ".join(filter(None, (verdict.rule, verdict.evidence)))[:LONGEST_RULE],
        screening=_screening(verdict),
        started_ms=now_ms,
    )


def _screening(verdict: Verdict) -> str:
    if verdict.rule in ("emergency", NOT_LED):
        return verdict.rule
    return "degraded" if verdict.degraded else "ok"


def facts_never_led(arrival: Arrival, flow: Flow, now_ms: int) -> Facts:
    """The facts of a call that is over and that no server led. It began when its channel came."""
    number = normalise(arrival.caller, withheld=arrival.withheld)
    began_ms = min(arrival.began_ms or now_ms, now_ms)
    return facts_of(arrival, number, Verdict(rule=NOT_LED), flow, began_ms)


def _clean(text: str) -> str:
    """The text without control characters, surrogates and direction marks: it is kept and shown."""
    return "".join(c for c in text if c.isprintable() and c not in "\u202a\u202b\u202d\u202e")

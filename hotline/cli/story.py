"""One call as a story that somebody who was not there understands."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from call_handlers.fields import CallEvent, CallRecord
from recordings.fields import Recording

_HEARD = {
    "digits": "pressed {input}",
    "speech": "said {input}",
    "noinput": "said nothing",
    "hangup": "hung up {input}",
}
_WORLD = {
    "effect": "the system answered: {input}",
    "transfer": "the connection came to: {input}",
    "recording": "a recording: {input}",
    "end": "the call ended: {input}",
}
_SCREENED = {
    "degraded": ", degraded: the store was away",
    "emergency": ", not asked: a line kept for emergencies",
    "away": ", not asked: no server led the call",
}


def story(
    record: CallRecord,
    events: tuple[CallEvent, ...],
    zone: ZoneInfo,
    recordings: Sequence[Recording] = (),
) -> Iterator[str]:
    """Lines: who called and how it came out, then turn by turn. Times in `zone`.

    `recordings` are those that the provider held or holds.
    """
    started = record.started_at.astimezone(zone)
    yield f"Call {record.id}, by {record.channel}, {started:%Y-%m-%d %H:%M:%S} ({zone.key})"
    yield f"  caller       {_caller(record)}"
    why = ", ".join(filter(None, (record.verdict_reason, _rule(record))))
    reason = f" ({why})" if why else ""
    yield f"  screening    {record.verdict}{reason}{_SCREENED.get(record.screening, '')}"
    yield f"  dialog       flow {record.flow} {record.flow_version}, in {record.language}"
    yield f"  outcome      {_outcome(record)}"
    yield f"  tickets      {' '.join(record.tickets) or 'none'}"
    for one in recordings:
        length = "" if one.seconds is None else f", {one.seconds:.0f} s"
        yield f"  recording    {one.name}, {one.state}{length}"
    yield ""
    for event in events:
        yield from _turn(event, zone)


def _rule(record: CallRecord) -> str:
    """The rule that decided, where one did."""
    return f"by {record.verdict_rule}" if record.verdict != "allow" and record.verdict_rule else ""


def _caller(record: CallRecord) -> str:
    shown = "number withheld" if record.withheld else record.e164 or record.caller or "unknown"
    attested = f"attested {record.attestation}" if record.attestation else ""
    trunk = f"by {record.trunk}" if record.trunk else ""
    origin = f"origin {record.origin}" if record.origin else ""
    return ", ".join(filter(None, (shown, attested, trunk, origin)))


def _outcome(record: CallRecord) -> str:
    if record.seconds is None:
        return f"in progress, at {record.last_node}"
    to = f" to {record.transferred_to}" if record.transferred_to else ""
    at = f", at {record.last_node}" if record.last_node else ""
    return f"{record.disposition}{to} after {record.seconds:.0f} s{at}"


def _turn(event: CallEvent, zone: ZoneInfo) -> Iterator[str]:
    at = event.at.astimezone(zone)
    if event.prompts and event.kind != "end":
        begun = at - timedelta(milliseconds=event.ms)
        prompts = ", ".join(event.prompts)
        yield f"  {begun:%H:%M:%S}  {event.turn:>3} {event.node}: {prompts}"
    who, words = ("caller", _HEARD) if event.kind in _HEARD else ("", _WORLD)
    told = words.get(event.kind, f"{event.kind} {{input}}").format(input=event.input).rstrip(": ")
    waited = f", after {event.ms / 1000:.0f} s" if event.kind == "hangup" and event.input else ""
    yield f"  {at:%H:%M:%S}      {f'{who} {told}'.strip()}{waited}"

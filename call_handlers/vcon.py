"""A call record as a vCon, the container of the IETF for conversations.

Written by hand after draft-ietf-vcon-vcon-core-04 (syntax 0.4.0), which is a few nested objects.
The `vcon` package of PyPI (0.3.10) writes an older syntax ("0.0.1", `mimetype`, `alg`) and brings a
test runner, an audio tagger and an HTTP client with it.

What of a call stands where:

- The call as a whole is a `recording-set` dialog (4.3.4: it may represent the complete call): from
  when to when, between whom, which keys were pressed when, and which recordings belong to it. A
  call in which the caller did nothing is an `incomplete` one.
- A recording is named and never included: it stays where access to it is guarded. So the vCon says
  of itself that it is `redacted`, as it is of the digits that callers enter.
- A connection to somebody else is a `transfer` dialog; a failed one has its `incomplete` target.
- How the call came out is analysis (4.3.11: a disposition in this sense is no dialog), and what
  happened in it turn by turn is an attachment.
"""

import hashlib
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from call_handlers.export import call_to_dict
from call_handlers.fields import CallEvent, CallRecord

SYNTAX = "0.4.0"
_HOTLINE_NUMBER = "940"
_CALLER, _HOTLINE, _TARGET = 0, 1, 2
_CALL = 0
_KEYS = frozenset("0123456789*#")
_SAID_NOTHING = frozenset({"end", "hangup", "noinput", "effect"})
_UNREACHED = {"busy": "busy", "no_answer": "no-answer"}

Json = dict[str, Any]


def vcon(record: CallRecord, events: tuple[CallEvent, ...], *, organisation: str) -> Json:
    """The vCon of a call, as JSON-ready data; the same record always gives the same vCon.

    `organisation` is who runs the hotline. Recordings are referred to by their file's name.
    """
    dialog = [_call(record, events), *_recordings(record, events)]
    if dialog[_CALL]["type"] == "recording-set":
        dialog[_CALL]["recordings"] = list(range(1, len(dialog)))
    dialog += _transfers(record, events, len(dialog))
    parties = [_caller(record), _hotline(organisation)]
    if any(part["type"] == "transfer" for part in dialog):
        parties.append(_target(record))
    whole: Json = {
        "vcon": SYNTAX,
        "uuid": vcon_uuid(record.id, record.started_at),
        "created_at": _date(record.started_at),
        "subject": f"Call to {_HOTLINE_NUMBER}",
        "redacted": {"type": "audio and the digits that the caller entered"},
        "parties": parties,
        "dialog": dialog,
        "analysis": [_outcome(record)],
        "attachments": [_turns(record, events)],
    }
    if record.ended_at is not None:
        whole["updated_at"] = _date(record.ended_at)
    return whole


def vcon_uuid(call_id: str, started_at: datetime) -> str:
    """A version 8 UUID (RFC 9562, 5.8), the same at every export of the call.

    The time stands in front as in version 7. The draft proposes the hash of a domain name for the
    rest; here it is of the call's own id, because the id must be unique and ours is not random.
    """
    milliseconds = int(started_at.timestamp() * 1000) & (1 << 48) - 1
    rest = int.from_bytes(hashlib.sha256(call_id.encode()).digest()[:10])
    value = milliseconds << 80 | rest
    value = value & ~(0xF << 76) | 8 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


def _caller(record: CallRecord) -> Json:
    party: Json = {"type": "caller"}
    if record.e164 is not None:
        party["tel"] = f"tel:{record.e164}"
    if record.attestation:
        party["validation"] = f"SHAKEN attestation {record.attestation}"
    return party


def _hotline(organisation: str) -> Json:
    # A short number is a local one: RFC 3966 demands the context in which it means something.
    tel = f"tel:{_HOTLINE_NUMBER};phone-context=+966"
    party = {"type": "system", "tel": tel, "name": "hotline", "validation": "none"}
    return party | {"org": organisation}


def _target(record: CallRecord) -> Json:
    to = record.transferred_to or "operators"
    party: Json = {"type": "agent", "name": to, "validation": "none"}
    if to.isascii() and to.isdigit():
        party["tel"] = f"tel:{to};phone-context=+966"
    return party


def _call(record: CallRecord, events: tuple[CallEvent, ...]) -> Json:
    dialog: Json = {
        "type": "recording-set",
        "start": _date(record.started_at),
        "parties": [_CALLER, _HOTLINE],
        "application": record.channel,
        "party_history": _party_history(record, events),
    }
    if record.seconds is not None:
        dialog["duration"] = max(0.0, record.seconds)
        if all(event.kind in _SAID_NOTHING for event in events):
            dialog["type"] = "incomplete"
            dialog["disposition"] = "failed" if record.disposition == "failed" else "hung-up"
    return dialog


def _party_history(record: CallRecord, events: tuple[CallEvent, ...]) -> list[Json]:
    history = [{"party": _CALLER, "time": _date(record.started_at), "event": "join"}]
    for event in events:
        if event.kind == "digits" and event.input in _KEYS:
            history.append(
                {
                    "party": _CALLER,
                    "time": _date(event.at),
                    "event": "keydown",
                    "button": event.input,
                }
            )
    if record.ended_at is not None:
        history.append({"party": _CALLER, "time": _date(record.ended_at), "event": "drop"})
    return history


def _recordings(record: CallRecord, events: tuple[CallEvent, ...]) -> list[Json]:
    found = []
    for event in events:
        if event.kind == "recording" and event.input.endswith(" ms"):
            seconds = int(event.input.removesuffix(" ms")) / 1000
            found.append(
                {
                    "type": "recording",
                    "start": _date(event.at - timedelta(seconds=seconds)),
                    "duration": seconds,
                    "parties": _CALLER,
                    "mediatype": "audio/x-wav",
                    "filename": f"{record.id}-{event.turn}.wav",
                    "recording_set": _CALL,
                }
            )
    return found


def _transfers(record: CallRecord, events: tuple[CallEvent, ...], first: int) -> list[Json]:
    """Transfers that failed or were not waited for, and the one that the call ended with.

    `first` is the next index.
    """
    found: list[Json] = []
    for event in events:
        gave_up = event.kind == "hangup" and bool(event.input)  # while waiting to be put through
        result = event.input.partition(" ")[0] if event.kind == "transfer" else ""
        if gave_up or result not in ("", "answered"):
            reached: Json = {
                "type": "incomplete",
                "start": _date(event.at),
                "parties": [_CALLER, _TARGET],
                "disposition": "hung-up" if gave_up else _UNREACHED.get(result, "failed"),
            }
            found += [reached, _transfer(event.at) | {"target_dialog": first + len(found)}]
    if record.disposition == "transferred":
        found.append(_transfer(events[-1].at if events else record.started_at))
    return found


def _transfer(at: datetime) -> Json:
    return {
        "type": "transfer",
        "start": _date(at),
        "transferee": _CALLER,
        "transferor": _HOTLINE,
        "transfer_target": _TARGET,
        "original": _CALL,
    }


def _outcome(record: CallRecord) -> Json:
    return {
        "type": "report",
        "dialog": _CALL,
        "vendor": "hotline-940",
        "schema": "call-record/1",
        "mediatype": "application/json",
        "encoding": "json",
        "body": call_to_dict(record),
    }


def _turns(record: CallRecord, events: tuple[CallEvent, ...]) -> Json:
    return {
        "purpose": "what was said and pressed, turn by turn",
        "start": _date(record.started_at),
        "party": _HOTLINE,
        "dialog": _CALL,
        "mediatype": "application/json",
        "encoding": "json",
        "body": call_to_dict(record, events)["events"],
    }


def _date(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")

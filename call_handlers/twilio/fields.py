"""Which fields each webhook reads, and the form that Twilio gives to their values.

Twilio promises to add fields without notice, so a field that is not named here may have any name
and any value, and is ignored. What is named here is read, or always comes (Twilio, *TwiML Voice:
request parameters*, and the pages of Gather, Record, Dial, Enqueue and of status callbacks).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field of ours: its name, and the form of its value.

    `form` matches at the beginning of a text as much as is the value, and nothing of the name that
    may stand behind it. A value that `begins` so has no end of its own (an address, what was said).
    `always`: Twilio never leaves the field out. `echo` names the field in which Twilio says the
    same once more. `lenient`: a value of any other form says nothing to us, and is no mistake.
    """

    name: str
    form: re.Pattern[str]
    always: bool = False
    begins: re.Pattern[str] | None = None
    echo: str = ""
    lenient: bool = False


Table = tuple[Field, ...]
"""The fields of one webhook, in the order in which they are signed: by their names."""

_NUMBER = re.compile(r"[0-9]*")
_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*|")
_ADDRESS = re.compile(
    r"\+?[0-9]+"
    r"|(?i:anonymous|restricted|unavailable|unknown|private|withheld|blocked)|"
)
_URI = re.compile(r"[a-z][a-z0-9+.-]{1,15}:")
"""How a SIP, `tel:` or `client:` address begins."""

_CALL = (
    Field("AccountSid", re.compile(r"AC[0-9a-f]{32}"), always=True),
    Field("ApiVersion", re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), always=True),
    Field("CallSid", re.compile(r"CA[0-9a-f]{32}"), always=True),
    Field("CallStatus", re.compile(r"[a-z]+(?:-[a-z]+)*"), always=True),
    Field("Called", _ADDRESS, begins=_URI),
    Field("Caller", _ADDRESS, begins=_URI),
    Field("Direction", re.compile(r"[a-z]+(?:-[a-z]+)*"), always=True),
    Field("ForwardedFrom", _ADDRESS, begins=_URI),
    Field("From", _ADDRESS, always=True, begins=_URI, echo="Caller"),
    # JSON in base64url, all of whose letters may be a name's: nothing in it says where it ends.
    Field("StirPassportToken", re.compile("(?!)"), begins=re.compile("eyJ"), lenient=True),
    Field(
        "StirVerstat",
        re.compile(r"TN-Validation-Passed-[A-C](?:-[A-Z][a-z]+)*"),
        lenient=True,
    ),
    Field("To", _ADDRESS, always=True, begins=_URI, echo="Called"),
)
_GATHERED = (
    # A capital before a small letter is how the next field's name begins: `Direction`.
    Field("Digits", re.compile(r"(?i:hangup)|(?:[0-9*#]|[A-D](?![a-z]))*")),
    Field("FinishedOnKey", re.compile(r"(?i:timeout|hangup)|(?:[0-9*#]|[A-D](?![a-z]))?")),
    Field("SpeechResult", re.compile("(?!)"), begins=re.compile(r"")),
)
_RECORDING = (
    Field("RecordingDuration", re.compile(r"-?[0-9]{1,6}(?![0-9])|")),
    Field("RecordingSid", re.compile(r"RE[0-9a-f]{32}|")),
)
_CONNECTED = (
    Field("DialCallDuration", _NUMBER),
    Field("DialCallStatus", _WORDS),
    Field("QueueResult", _WORDS),
)
_QUEUED = (Field("QueuePosition", _NUMBER), Field("QueueTime", _NUMBER))
_READY = (
    *(field for field in _CALL if field.name in ("AccountSid", "CallSid")),
    *_RECORDING,
    Field(
        "RecordingStatus",
        re.compile(r"(?:in-progress|completed|absent|failed|paused|stopped)"),
        always=True,
    ),
)


def _table(*parts: Table) -> Table:
    return tuple(sorted((field for part in parts for field in part), key=lambda one: one.name))


CALL: Table = _table(_CALL)
"""What comes with every request of a call."""

TABLES: Mapping[str, Table] = {
    "voice": CALL,
    "turn": _table(_CALL, _GATHERED, _RECORDING),
    "transfer": _table(_CALL, _CONNECTED),
    "wait": _table(_CALL, _QUEUED),
    "recording": _table(_READY),
    "status": CALL,
}
"""The fields of each webhook, by the last part of its URL."""

DOCUMENTED = frozenset(
    f"{who}{what}"
    for who in ("Called", "Caller", "From", "To")
    for what in ("", "City", "Country", "State", "Zip")
) | frozenset(
    {
        *("AccountSid", "ApiVersion", "AvgQueueTime", "CallDuration", "CallSid", "CallStatus"),
        *("CallToken", "CallbackSource", "CallerName", "Confidence", "CurrentQueueSize"),
        *("DialBridged", "DialCallDuration", "DialCallSid", "DialCallStatus", "Digits"),
        *("Direction", "Duration", "ErrorCode", "ErrorUrl", "FinishedOnKey", "ForwardedFrom"),
        *("Language", "ParentCallSid", "QueuePosition", "QueueResult", "QueueSid", "QueueTime"),
        *("RecordingChannels", "RecordingDuration", "RecordingSid", "RecordingSource"),
        *("RecordingStartTime", "RecordingStatus", "RecordingTrack", "RecordingUrl"),
        *("SequenceNumber", "SipCallId", "SipDomain", "SipDomainSid", "SipResponseCode"),
        *("SpeechResult", "StirPassportToken", "StirVerstat", "Timestamp"),
        *("UnstableSpeechResult", "msg"),
    }
)
"""Names that Twilio's pages tell of, whether they are read here or not."""

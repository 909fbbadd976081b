"""What Twilio puts into its forms: the parameters of a voice request, as published."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

ANONYMOUS = "+266696687"
"""What Twilio gives for a number that is withheld: ANONYMOUS on the keys of a telephone."""
API = "https://api.twilio.com/2010-04-01"


def new_id(kind: str) -> str:
    """An id as Twilio makes them: two letters and 32 hexadecimal digits."""
    return f"{kind}{secrets.token_hex(16)}"


@dataclass(frozen=True, slots=True)
class Party:
    """Whose number this is, and which call. `sid` and `account` are Twilio's ids."""

    sid: str = field(default_factory=lambda: new_id("CA"))
    account: str = f"AC{'0' * 29}940"
    caller: str = ANONYMOUS
    dialled: str = "+966126149940"
    attestation: str = ""

    def form(self, status: str, extra: Mapping[str, str]) -> dict[str, str]:
        """A form of this call, which stands at `status` (CallStatus)."""
        attested = {"StirVerstat": f"TN-Validation-Passed-{self.attestation}"}
        return {
            "CallSid": self.sid,
            "AccountSid": self.account,
            "From": self.caller,
            "Caller": self.caller,
            "To": self.dialled,
            "Called": self.dialled,
            "Direction": "inbound",
            "ApiVersion": "2010-04-01",
            "CallStatus": status,
            **(attested if self.attestation else {}),
            **extra,
        }

    def recording(self, seconds: int) -> dict[str, str]:
        """A new recording of this call: what a Record's action is told."""
        sid = new_id("RE")
        return {
            "RecordingSid": sid,
            "RecordingUrl": f"{API}/Accounts/{self.account}/Recordings/{sid}",
            "RecordingDuration": str(seconds),
        }

    def recording_ready(self, made: Mapping[str, str]) -> dict[str, str]:
        """What `recordingStatusCallback` is told when that recording can be fetched."""
        return {
            **made,
            "CallSid": self.sid,
            "AccountSid": self.account,
            "RecordingStatus": "completed",
            "RecordingChannels": "1",
            "RecordingSource": "RecordVerb",
            "RecordingTrack": "inbound",
            "ErrorCode": "0",
        }


def ended(seconds: float) -> dict[str, str]:
    """What the status callback is told of a call that lasted `seconds`."""
    return {
        "CallDuration": str(round(seconds)),
        "Duration": str(-(-round(seconds) // 60)),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
    }


def bridged() -> dict[str, str]:
    """What an Enqueue's action is told when the caller has talked with somebody."""
    return {"QueueSid": new_id("QU"), "QueueTime": "0", "QueueResult": "bridged"}


def dialled(seconds: int) -> dict[str, str]:
    """What a Dial's action is told when the called party answered and talked for `seconds`."""
    return {
        "DialCallStatus": "completed",
        "DialCallSid": new_id("CA"),
        "DialCallDuration": str(seconds),
    }

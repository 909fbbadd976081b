"""From Twilio's account of a call to its arrival."""

from collections.abc import Mapping

from blacklist.numbers import LONGEST_RAW
from call_handlers.arrival import Arrival
from call_handlers.twilio.passport import origin_in

CHANNEL = "twilio"
# Only a number that the originating network vouched for and whose signature held is attested.
_ATTESTED = {f"TN-Validation-Passed-{level}": level for level in ("A", "B", "C")}


def arrival_of(form: Mapping[str, str]) -> Arrival:
    """The call as Twilio presents it.

    What Twilio sends in place of a withheld number (`anonymous`, `+266696687`, nothing) is known to
    the normalising of numbers, as are other networks' words for it.
    """
    caller = form.get("From", "")[:LONGEST_RAW]
    attestation = _ATTESTED.get(form.get("StirVerstat", ""), "")
    return Arrival(
        channel=CHANNEL,
        provider_id=form["CallSid"],
        caller=caller,
        withheld=not caller.strip(),
        attestation=attestation,
        dialled=form.get("To", "940")[:LONGEST_RAW],
        redirected=form.get("ForwardedFrom", "")[:LONGEST_RAW],
        trunk=CHANNEL,
        origin=origin_in(form.get("StirPassportToken", ""), attestation),
    )

"""Connecting the caller with people: operators and agencies."""

from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, Enqueue, VoiceResponse

from ivr.turn import Transfer

OPERATORS = "operators"
QUEUE = "queue:"
SIP = ("sip:", "sips:")


@dataclass(frozen=True, slots=True)
class Lines:
    """Where callers are put through to.

    `operators` is `queue:<name>` of a queue at Twilio, a number (`+966…`), or a SIP address. An
    agency's short number is dialled as `agencies` says: a SIP address with `{number}` in it, or
    empty for the bare number. `caller_id` is shown to whoever is dialled; empty: the caller's own.
    Rings for `ring_s` seconds; a place in the queue is kept for `wait_s`.
    """

    operators: str
    agencies: str = ""
    caller_id: str = ""
    ring_s: int = 30
    wait_s: int = 300

    @property
    def queued(self) -> bool:
        """Whether operators take callers out of a queue at Twilio."""
        return self.operators.startswith(QUEUE)


def connect(
    response: VoiceResponse, transfer: Transfer, lines: Lines, *, action: str | None, wait: str
) -> None:
    """Add the verb that connects the caller; its outcome is sent to `action`."""
    to = lines.operators if transfer.target == OPERATORS else agency(transfer.target, lines)
    method = "POST" if action else None
    if to.startswith(QUEUE):
        queue = Enqueue(action=action, method=method, wait_url=wait, wait_url_method="POST")
        queue.value = to.removeprefix(QUEUE)
        response.append(queue)
        return
    dial = Dial(
        action=action,
        method=method,
        timeout=lines.ring_s,
        caller_id=lines.caller_id or None,
    )
    if to.startswith(SIP):
        dial.sip(to)
    else:
        dial.number(to)
    response.append(dial)


def agency(number: str, lines: Lines) -> str:
    """The address of an agency. Raises ValueError for what is no short number."""
    if not (number.isascii() and number.isdigit()):
        raise ValueError("an agency is dialled by digits")
    return lines.agencies.replace("{number}", number) if lines.agencies else number

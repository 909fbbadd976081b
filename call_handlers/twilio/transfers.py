"""Connecting the caller with people: operators and agencies.

A queue at Twilio is first come, first served, and knows no priority: whom screening puts last waits
there like everybody else. TaskRouter has priorities: a workflow's task carries one.
"""

import json
import re
from dataclasses import dataclass

from twilio.twiml.voice_response import Dial, Enqueue, VoiceResponse

from ivr.turn import Transfer

OPERATORS = "operators"
QUEUE = "queue:"
WORKFLOW = "workflow:"
SIP = ("sip:", "sips:")
OURS = "940"
"""Shown to a SIP telephone where no number of ours is known."""
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
FIRST_PRIORITY, LAST_PRIORITY = 10, 0
"""Of tasks; the higher is assigned first, as in the queue of the dialplan (`QUEUE_PRIO`)."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where callers are put through to.

    `operators` is `queue:<name>` of a queue at Twilio, `workflow:WW…` of TaskRouter, a number
    (`+966…`), or a SIP address. An agency's short number is dialled as `agencies` says: a SIP
    address with `{number}` in it, or empty for the bare number. `caller_id` is shown to whoever is
    dialled; empty: the caller's own, and where the caller shows none, the number that they dialled.
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
        return self.operators.startswith((QUEUE, WORKFLOW))

    @property
    def ordered(self) -> bool:
        """Whether that queue minds priorities, so that a place in it is not the order of coming."""
        return self.operators.startswith(WORKFLOW)


def connect(
    response: VoiceResponse,
    transfer: Transfer,
    lines: Lines,
    *,
    action: str | None,
    wait: str,
    language: str = "",
    shown: str | None = "",
) -> None:
    """Add the verb that connects the caller; its outcome is sent to `action`.

    `language` is the caller's, for workflows that choose an operator by it. `shown` is whose number
    a telephone shows (see `shown_to`); empty: one that is ours.
    """
    to = lines.operators if transfer.target == OPERATORS else agency(transfer.target, lines)
    method = "POST" if action else None
    if to.startswith((QUEUE, WORKFLOW)):
        workflow = to.removeprefix(WORKFLOW) if to.startswith(WORKFLOW) else None
        queue = Enqueue(
            action=action,
            method=method,
            wait_url=wait,
            wait_url_method="POST",
            workflow_sid=workflow,
        )
        if workflow is None:
            queue.value = to.removeprefix(QUEUE)
        else:
            queue.task(*task(transfer, language))
        response.append(queue)
        return
    dial = Dial(
        action=action,
        method=method,
        timeout=lines.ring_s,
        caller_id=own_number(lines) if shown == "" else shown,
    )
    if to.startswith(SIP):
        dial.sip(to)
    else:
        dial.number(to)
    response.append(dial)


def shown_to(lines: Lines, caller: str | None, dialled: str) -> str | None:
    """The number that whoever is dialled is shown; None: Twilio shows the caller's own.

    `caller` is the caller's number in E.164, None where they show none: Twilio would pass on what
    stands in its place, and networks refuse such a call. `dialled` is what they dialled: a number
    of this account, which Twilio may show.
    """
    if lines.caller_id:
        return lines.caller_id
    if caller is not None:
        return None
    return dialled if _NUMBER.fullmatch(dialled) else own_number(lines)


def own_number(lines: Lines) -> str:
    """A number of the city's, where nothing better is known."""
    if lines.caller_id:
        return lines.caller_id
    return lines.operators if _NUMBER.fullmatch(lines.operators) else OURS


def task(transfer: Transfer, language: str) -> tuple[str, int]:
    """The attributes (JSON) and the priority of a task, the noun in TwiML's `Enqueue`.

    Twilio adds the call's own attributes to those that are given.
    """
    attributes = {"language": language} if language else {}
    return json.dumps(attributes), LAST_PRIORITY if transfer.last else FIRST_PRIORITY


def agency(number: str, lines: Lines) -> str:
    """The address of an agency. Raises ValueError for what is no short number."""
    if not (number.isascii() and number.isdigit()):
        raise ValueError("an agency is dialled by digits")
    return lines.agencies.replace("{number}", number) if lines.agencies else number

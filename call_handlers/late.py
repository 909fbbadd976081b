"""What is told of a call's last turn after its end: two messages of one moment, in either order.

A caller presses a key, or speaks, and hangs up at once. A provider tells both, each on its own way,
and who hears of the end first has closed the call. What the caller did counts all the same: the
call goes on from where it stood when it was left, and is closed again.

Whoever takes such a call up leads it alone: another process that meets it leaves it to that one, or
to the sweep. What the end that was told first has made, and this one does not name, is taken back.
"""

from dataclasses import replace

from call_handlers.arrival import Call, Left
from ivr.event import Digits, Event, Recorded, Speech, Transferred
from ivr.session import Session

WENT_ON = "went_on_after_its_end"
"""The answer of a call that has ended and goes on: its end may have kept something of it."""


def left_at(call: Call) -> Left:
    """Where this call stands, for when its caller turns out to have done something there."""
    return Left(call.session, call.turn, call.at_ms, len(call.events))


def can_be_late(call: Call, number: int, event: Event) -> bool:
    """Whether `event`, of turn `number`, is news of a call that was left in that very turn.

    What the caller did is: a key, a word, a recording; and that somebody had answered whom they
    seemed to have given up waiting for. It counts once a call.
    """
    left = call.left
    if call.late or left is None or left.turn.number != number:
        return False
    match event:
        case Digits(value=said) | Speech(text=said) | Recorded(reference=said):
            return said not in ("", "?")
        case Transferred(result=result):
            return result == "answered"
    return False


def as_it_stood(call: Call) -> Call:
    """The call as it was when it was left. Raises ValueError when nobody has left it."""
    left = call.left
    if left is None:
        raise ValueError("nobody has left this call")
    answers = {**left.session.answers, WENT_ON: "yes"}
    return replace(
        call,
        session=replace(left.session, answers=answers),
        turn=left.turn,
        at_ms=left.at_ms,
        events=call.events[: left.events],
        unsaved=0,
        late=True,
    )


def made_by_its_end(call: Call) -> list[str]:
    """The references of tickets that were opened because the caller had hung up."""
    known = references(call.left.session if call.left else call.session)
    return [reference for reference in references(call.session) if reference not in known]


def has_talked(call: Call) -> bool:
    """Whether it goes on after its end because somebody had answered its caller."""
    left = call.left
    return call.late and left is not None and call.turn.number == left.turn.number


def references(session: Session) -> list[str]:
    """The references of the tickets that were opened in a call, in their order."""
    return [one for one in session.answers.get("references", "").split(",") if one]

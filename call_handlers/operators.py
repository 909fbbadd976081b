"""Where a caller goes for whom the dialog has no way on."""

from dataclasses import replace

from ivr.coming import LAST, QUEUE
from ivr.session import Session
from ivr.turn import OPERATORS, Transfer, Turn


def to_operators(session: Session) -> tuple[Session, Turn]:
    """The turn that leads the caller to people, as when the flow was changed under a live call."""
    number, last = session.turn + 1, session.answers.get(QUEUE) == LAST
    session = replace(session, turn=number, transferred_to=OPERATORS)
    action = Transfer(OPERATORS, last)
    return session, Turn(number, session.node, session.language, (), action)

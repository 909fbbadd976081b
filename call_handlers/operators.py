"""Where a caller goes for whom the dialog has no way on."""

from ivr.coming import LAST, QUEUE, FlowError, counted, enter
from ivr.flow import Flow, TransferNode
from ivr.session import Session
from ivr.turn import OPERATORS, Transfer, Turn
from ivr.way import in_each_language


def to_operators(flow: Flow, session: Session) -> tuple[Session, Turn]:
    """The turn that leads the caller to people: as the flow itself does it, when it can.

    So whom nobody takes is offered what all others are whom nobody takes. A flow that was changed
    under a live call may have no such way any more: then they are put through, and no more.
    """
    for node in flow.nodes.values():
        if isinstance(node, TransferNode) and node.target == OPERATORS:
            try:
                return in_each_language(flow, *enter(flow, session, node.name, ()))
            except FlowError:
                break
    session = counted(session, transferred_to=OPERATORS)
    action = Transfer(OPERATORS, session.answers.get(QUEUE) == LAST)
    return session, Turn(session.turn, session.node, session.language, (), action)

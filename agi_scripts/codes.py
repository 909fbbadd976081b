"""The entry scripts for the centre's own telephones.

The contract with the dialplan (`config/asterisk/extensions.conf`): both set IVR_DONE when they have
said what came of it; unset, the dialplan asks the next server.

    inside,<add | remove | last>,<extension>,<unique id of its last call>    after *30, *31, *32
    strike,<unique id of the call>,<digit of the reason>,<extension>         after *35, on the
                                                                             operator's channel
"""

from collections.abc import Mapping

from structlog.contextvars import bind_contextvars

from agi_scripts.arrival import call_id_of
from agi_scripts.channel import AgiChannel
from agi_scripts.environment import Environment
from agi_scripts.errors import BadEnvironment
from agi_scripts.perform import perform
from agi_scripts.scripts import Script
from agi_scripts.sounds import Sounds
from call_handlers.inside import InsideDesk
from ivr.event import HungUp
from ivr.turn import HangUp, Prompt, Turn


def make_code_scripts(desk: InsideDesk, sounds: Sounds, *, language: str) -> Mapping[str, Script]:
    """Both scripts. Strikes are confirmed in `language`."""

    def inside(channel: AgiChannel) -> str:
        """Lead an inside telephone through its code."""
        environment = _genuine(channel)
        last = environment.argument(3)
        try:
            call = desk.begin(
                environment.argument(1),
                environment.argument(2),
                call_id_of(environment, last) if last else "",
            )
        except ValueError as error:
            raise BadEnvironment(str(error)) from None
        while True:
            event = perform(channel, call.turn, sounds, "")
            if isinstance(event, HungUp):
                return "caller_gone"
            if event is None:
                return "hangup"
            call = desk.advance(call, event)

    def strike(channel: AgiChannel) -> str:
        """Note a strike on the caller to whom this channel's operator talks, and say so."""
        environment = _genuine(channel)
        call_id = call_id_of(environment, environment.argument(1))
        bind_contextvars(call_id=call_id)
        told = desk.strike(call_id, environment.argument(2), environment.argument(3))
        perform(channel, Turn(1, "strike", language, (Prompt(told),), HangUp()), sounds, "")
        return told

    return {"inside": inside, "strike": strike}


def _genuine(channel: AgiChannel) -> Environment:
    """The environment, where nobody but the dialplan wrote its arguments. Raises BadEnvironment."""
    if channel.environment.tampered:
        raise BadEnvironment("lines that Asterisk did not write: no code is taken from here")
    return channel.environment

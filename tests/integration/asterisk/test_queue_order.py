"""Who waits for an operator, and who is answered first."""

import re

import pytest

from embedded.asterisk.instance import AsteriskInstance
from tests.fixtures.asterisk import NewCaller, NewTelephone, running_asterisk
from tests.fixtures.tickets import wait_until
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi
from tests.integration.asterisk.test_dialplan import answered

pytestmark = pytest.mark.asterisk

LAST = "+966500000001"


def to_operators(agi: Agi) -> None:
    """A server that sends everybody to the operators, and one number after all others."""
    if agi.script == "call":
        if agi.environment["agi_callerid"] == LAST:
            agi.command('SET VARIABLE IVR_PRIORITY "last"')
        agi.done("transfer", "operators")


def waiting(asterisk: AsteriskInstance) -> list[str]:
    """The channels that wait, the next one first."""
    shown = asterisk.rx("queue show operators").partition("Callers:")[2]
    return re.findall(r"^\s+[0-9]+\. (\S+) \(wait", shown, re.MULTILINE)


def test_a_caller_put_last_is_answered_after_one_who_came_later(
    new_caller: NewCaller, new_telephone: NewTelephone
) -> None:
    """One operator, who is talking; then the one who came later has the next turn."""
    operator = new_telephone("operator-1")
    with (
        ScriptedAgi(to_operators) as server,
        running_asterisk(
            server.address,
            globals={"OPERATORS": "PJSIP/operator-1"},
            telephones={"operator-1": operator.address},
        ) as asterisk,
    ):
        talks, last, later = (
            new_caller(asterisk, number=number)
            for number in ("+966500000000", LAST, "+966500000002")
        )
        answered(talks)
        operator.wait_called()
        wait_until(lambda: waiting(asterisk) == [], "nobody waits")
        answered(last)
        (first,) = wait_until(lambda: waiting(asterisk), "one waits")
        answered(later)
        order = wait_until(
            lambda: found if len(found := waiting(asterisk)) == 2 else None, "two wait"
        )
        assert order[1] == first, "who came later stands before the one put last"
        talks.hang_up()
        operator.wait_closed()
        wait_until(lambda: len(waiting(asterisk)) == 1, "one is answered")
        assert waiting(asterisk) == [first]

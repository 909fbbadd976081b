"""Asterisk's log: what it says at its start, and while nobody can answer, fills no disk."""

import re

import pytest

from embedded.asterisk.instance import AsteriskInstance
from tests.fixtures.asterisk import running_asterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.telephone import Telephone

pytestmark = pytest.mark.asterisk

PLACEHOLDER = {"OPERATORS": "PJSIP/operators"}
"""As it is shipped: no endpoint has that name."""
TRIES = 4


def processed(asterisk: AsteriskInstance) -> int:
    """Calls that have run through the dialplan; each try at an operator is one."""
    found = re.search(r"(\d+) calls? processed", asterisk.rx("core show channels count"))
    assert found
    return int(found[1])


def test_a_start_has_no_errors_and_operators_who_are_none_are_told_once() -> None:
    """Not with each try, of which there is one a second for each caller who waits."""
    with running_asterisk(globals=PLACEHOLDER) as asterisk:
        assert "ERROR" not in asterisk.log_file.read_text()
        with Telephone(asterisk.sip_address) as caller:
            caller.dial()
            before = processed(asterisk)
            wait_until(lambda: processed(asterisk) >= before + TRIES, 30, "the queue has tried")
            log = asterisk.log_file.read_text()
    assert log.count("nobody can answer: OPERATORS in hotline_globals.conf") == 1
    assert "endpoint 'operators'" not in log
    assert "Unable to create channel" not in log

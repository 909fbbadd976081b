"""Two real Asterisks that share a FastAGI server, at the same unique id."""

import pytest

from agi_scripts.arrival import arrival_of
from agi_scripts.environment import Environment
from agi_scripts.hosts import is_unnamed
from tests.fixtures.asterisk import NewCaller, running_asterisk
from tests.integration.asterisk.scripted_agi import ScriptedAgi
from tests.integration.asterisk.test_dialplan import wait_for_key

pytestmark = pytest.mark.asterisk

TRIES = 10


def test_the_same_epoch_and_number_on_two_hosts_are_two_calls(new_caller: NewCaller) -> None:
    """Both begin to count with their start; each puts its systemname before what it counts."""
    with (
        ScriptedAgi(wait_for_key) as server,
        running_asterisk(server.address) as north,
        running_asterisk(server.address) as south,
    ):
        hosts = (north, south)
        callers = [new_caller(host, number=f"+96650111111{n}") for n, host in enumerate(hosts)]
        for _ in range(TRIES):
            for caller in callers:
                caller.dial()
            calls = [server.next_call("call") for _ in callers]
            for caller in callers:
                caller.wait_established()
                caller.hang_up()
            ended = [server.next_call("ended") for _ in callers]
            ids = {call.environment["agi_uniqueid"] for call in calls}
            assert len(ids) == 2
            assert {end.environment["agi_uniqueid"] for end in ended} == ids
            environments = [Environment(call.environment) for call in calls]
            assert not any(map(is_unnamed, environments))
            assert len({arrival_of(one).call_id for one in environments}) == 2
            names = {host.layout.folder_name for host in hosts}
            assert {one.rpartition("-")[0] for one in ids} == names
            if len({one.rpartition("-")[2] for one in ids}) == 1:
                return
        pytest.fail(f"no two calls in the same second in {TRIES} tries")

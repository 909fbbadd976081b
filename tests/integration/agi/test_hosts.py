"""Several Asterisks that share FastAGI servers: no two citizens ever share a call."""

from collections.abc import Iterator

import pytest
import redis
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from agi_scripts.environment import Environment
from agi_scripts.hosts import is_unnamed
from agi_scripts.scripts import make_scripts
from agi_scripts.server import AdmitsUnnamed, FastAgiServer
from hotline.asterisk_hosts import UnnamedHosts, host_at, unnamed_hosts
from hotline.doctor.roles import all_checks
from hotline.settings import load_settings
from ivr.event import Digits
from lab.callers.asterisk_model import Press
from lab.callers.fake_asterisk import FakeAsterisk, Lived
from store.breaker import Breaker
from store.redis_clients import make_redis
from tests.fixtures.agi import GOODBYE, ListDesk, dialog, serving, stub_sounds
from tests.fixtures.house import house_of
from tests.integration.agi.test_calls import MENU, acting

ID = {"agi_uniqueid": "1800000000.7"}
FIRST, SECOND = "+966501111111", "+966502222222"
NORTH, SOUTH = "127.0.0.1", "127.0.0.2"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    client = make_redis(redis_url, fast=True)
    client.flushdb()
    yield client
    client.close()


def server_of(desk: ListDesk, admits: AdmitsUnnamed) -> FastAgiServer:
    """A server that leads this desk's calls."""
    scripts = make_scripts(desk, stub_sounds(), recordings="/rec")
    return FastAgiServer("127.0.0.1", 0, scripts, admits_unnamed=admits)


@pytest.mark.parametrize(
    ("script", "unique", "unnamed"),
    [
        ("call", "1800000000.7", True),
        ("call", "north-1800000000.7", False),
        ("call", "n.o-r_1-1800000000.7", False),
        ("call?system=north", "1800000000.7", False),
        ("ping", "", False),
    ],
)
def test_a_name_is_read_from_the_unique_id(script: str, unique: str, unnamed: bool) -> None:
    """Asterisk itself puts its systemname there."""
    values = {"agi_network_script": script, "agi_uniqueid": unique}
    assert is_unnamed(Environment(values)) is unnamed


def test_the_same_id_on_two_named_hosts_is_two_calls(client: redis.Redis) -> None:
    """Each citizen is led through their own."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    server = server_of(desk, UnnamedHosts(client, Breaker()).admits)
    with serving(server):
        address = [("127.0.0.1", server.port)]
        north = FakeAsterisk(address, systemname="north", address=NORTH)
        south = FakeAsterisk(address, systemname="south", address=SOUTH)

        def while_another_calls(_listening: object) -> Press:
            south.call(acting(Press("2")), number=SECOND, extra=ID)
            return Press("1")

        assert north.call(while_another_calls, number=FIRST, extra=ID).done == "hangup"
    assert desk.events == [Digits("2"), Digits("1")]
    assert len(dict(desk.ends)) == 2
    assert {call.facts.caller for call in desk.stored.values()} == {FIRST, SECOND}


def test_a_second_host_without_a_name_is_refused_and_its_callers_reach_a_human(
    client: redis.Redis,
) -> None:
    """The first is served as before; a line in the log and a count tell the mend."""
    desk = ListDesk(dialog(MENU, GOODBYE))
    servers = [server_of(desk, UnnamedHosts(client, Breaker()).admits) for _ in range(2)]
    counted = REGISTRY.get_sample_value("hotline_agi_refused_total", {"reason": "host"}) or 0.0
    with serving(*servers), capture_logs() as logs:
        addresses = [("127.0.0.1", server.port) for server in servers]
        first = FakeAsterisk(addresses, address=NORTH)
        assert first.call(acting(Press("1")), number=FIRST, extra=ID).done == "hangup"
        other = FakeAsterisk(addresses[::-1], address=SOUTH)
        lived = other.call(acting(Press("2")), number=SECOND, extra=ID)
        assert (lived.alone, lived.transferred_to, lived.turns) == (True, "operators", ())
        assert first.call(acting(Press("1")), number=FIRST).done == "hangup"
    assert {arrival.caller for arrival in desk.arrivals} == {FIRST}
    refused = [line for line in logs if line["event"] == "agi_refused"]
    assert {line["reason"] for line in refused} == {"host"}
    assert "systemname" in refused[0]["why"]
    assert "hotline asterisk install" in refused[0]["mend"]
    now = REGISTRY.get_sample_value("hotline_agi_refused_total", {"reason": "host"})
    assert now == counted + len(refused)


def test_a_host_that_calls_no_more_gives_up_its_seat(client: redis.Redis) -> None:
    """A new address after a move: the old one has had no call for a while."""
    seconds = 0.0
    here = UnnamedHosts(client, Breaker(), clock=lambda: seconds)
    assert here.admits(NORTH)
    assert not here.admits(SOUTH)
    client.delete("hotline:asterisk:unnamed")  # what its time to live does
    seconds = 1000.0
    assert here.admits(SOUTH)
    assert not here.admits(NORTH)


def test_with_redis_away_each_process_goes_by_what_it_saw(redis_url: str) -> None:
    """One host goes on being served; a second one is not let in."""
    away = make_redis("redis://127.0.0.1:1", fast=True)
    hosts = UnnamedHosts(away, Breaker())
    assert hosts.admits("10.0.0.1")
    assert hosts.admits("10.0.0.1")
    assert not hosts.admits("10.0.0.2")


def test_loopback_is_another_machine_to_each_server(client: redis.Redis) -> None:
    """Two machines with an Asterisk and a server each: both Asterisks come from 127.0.0.1."""
    assert host_at("10.0.0.1") == host_at("::ffff:10.0.0.1") == "10.0.0.1"
    assert host_at("127.0.0.1") == host_at("::1") != "127.0.0.1"


def test_an_id_that_another_caller_has_is_not_led_on(client: redis.Redis) -> None:
    """Two hosts of one name, or behind one address: nobody hears another's answers."""
    desk = ListDesk(dialog(MENU, MENU, GOODBYE))
    server = server_of(desk, lambda _peer: True)
    with serving(server):
        north = FakeAsterisk([("127.0.0.1", server.port)], systemname="hotline")
        south = FakeAsterisk([("127.0.0.1", server.port)], systemname="hotline")
        lived: list[Lived] = []

        def first(_listening: object) -> Press:
            if not lived:
                lived.append(south.call(acting(Press("2")), number=SECOND, extra=ID))
            return Press("1")

        assert north.call(first, number=FIRST, extra=ID).turns
    assert (lived[0].alone, lived[0].turns) == (True, ())
    assert set(desk.events) == {Digits("1")}


def test_doctor_tells_of_a_host_that_was_refused(client: redis.Redis, redis_url: str) -> None:
    """With both addresses and the mend."""
    hosts = UnnamedHosts(client, Breaker())
    services = house_of(load_settings({"REDIS_URL": redis_url}))

    def told() -> tuple[bool, str]:
        (check,) = [one for one in all_checks(services) if one.name == "asterisk hosts"]
        return check.passed, check.found

    assert told() == (True, "none without a systemname")
    hosts.admits("10.0.0.1")
    assert told()[0]
    hosts.admits("10.0.0.2")
    passed, found = told()
    assert not passed
    assert "10.0.0.1" in found
    assert "10.0.0.2" in found
    services.close()
    assert unnamed_hosts(client).seated == "10.0.0.1"

"""Redis answers and refuses to write: calls are counted here, and everybody is told."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from blacklist.entry import Entry
from blacklist.limits import script_of
from blacklist.numbers import normalise
from blacklist.verdict import Disposition
from hotline.doctor.check import Check
from hotline.doctor.checks import redis_checks
from hotline.settings import load_settings
from tests.fixtures.house import house_of
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.screening import WITHHELD, Screened, screened, strict_policy

CALLER = "+966501234567"
OTHER = "+966509999999"
FRIEND = "+966505555555"

Refuse = Callable[[RedisProcess, redis.Redis, Path], Iterator[str]]


def readonly(server: RedisProcess, client: redis.Redis, folder: Path) -> Iterator[str]:
    """It was demoted: another has what it had, and is the primary now."""
    promoted = RedisProcess(folder / "promoted")
    promoted.start()
    try:
        with redis.Redis.from_url(promoted.url) as other:
            follow(other, server)
            other.replicaof("NO", "ONE")
        follow(client, promoted)
        yield server.url
        client.replicaof("NO", "ONE")
    finally:
        promoted.kill()  # asked to stop, it would wait for its replica


def follow(client: redis.Redis, primary: RedisProcess) -> None:
    """Make a replica of `primary`, as far as that by now."""
    with redis.Redis.from_url(primary.url) as admin:
        admin.config_set("repl-diskless-sync-delay", 0)
    client.replicaof("127.0.0.1", primary.port)
    deadline = time.monotonic() + 30
    while client.info("replication")["master_link_status"] != "up":
        assert time.monotonic() < deadline, "the replica never followed its primary"
        time.sleep(0.02)


def oom(server: RedisProcess, client: redis.Redis, folder: Path) -> Iterator[str]:
    """It is full, and may not drop anything."""
    del folder
    client.config_set("maxmemory", 1)
    yield server.url
    client.config_set("maxmemory", 0)


def misconf(server: RedisProcess, client: redis.Redis, folder: Path) -> Iterator[str]:
    """It cannot save what it holds: its folder is gone."""
    del folder
    client.config_set("appendonly", "no")
    client.config_set("save", "3600 1")
    shutil.rmtree(server.folder)
    client.bgsave()
    deadline = time.monotonic() + 30
    while client.info("persistence")["rdb_last_bgsave_status"] != "err":
        assert time.monotonic() < deadline, "the save did not fail"
        time.sleep(0.02)
    yield server.url
    client.config_set("save", "")


def noreplicas(server: RedisProcess, client: redis.Redis, folder: Path) -> Iterator[str]:
    """It has lost the replicas without which it may not write."""
    del folder
    client.config_set("min-replicas-to-write", 1)
    yield server.url
    client.config_set("min-replicas-to-write", 0)


def noperm(server: RedisProcess, client: redis.Redis, folder: Path) -> Iterator[str]:
    """Its user may read and run scripts, and not write."""
    del folder
    client.acl_setuser("calls", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-set"])
    yield server.url.replace("//", "//calls:any@")
    client.acl_setuser("calls", commands=["+set"])


REFUSALS = {
    "READONLY": readonly,
    "OOM": oom,
    "MISCONF": misconf,
    "NOREPLICAS": noreplicas,
    "NOPERM": noperm,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    """A Redis that this test may hurt."""
    made = RedisProcess(tmp_path / "redis")
    made.start()
    yield made
    made.kill()  # one that cannot save does not end when it is asked to


@contextmanager
def refusing(refuse: Refuse, server: RedisProcess, folder: Path) -> Iterator[tuple[Screened, str]]:
    """A Redis with a block, a friend and a challenge, which refuses to write from now on."""
    with redis.Redis.from_url(server.url) as admin, screened(server.url) as before:
        now = before.clock.now
        before.index.commit_rebuild(before.index.begin_rebuild())
        restricted: tuple[tuple[str, Disposition], ...] = ((OTHER, "block"), ("+966111", "warn"))
        for number, disposition in restricted:
            until = now + timedelta(days=1)
            before.index.put(Entry(number, "harassment", until, now, "test", "", disposition))
        before.index.put_allow(FRIEND, None)
        refused = contextmanager(refuse)(server, admin, folder)
        with refused as url, screened(url) as here:
            yield here, url


@pytest.mark.parametrize("known", [True, False], ids=["", "script unknown"])
@pytest.mark.parametrize("code", REFUSALS)
def test_a_call_that_redis_does_not_count_is_counted_here_and_told(
    server: RedisProcess, tmp_path: Path, code: str, known: bool
) -> None:
    """Of forty calls of one number the seventh is put last; each says that it is degraded."""
    told = REGISTRY.get_sample_value("hotline_screening_uncounted_total", {"error": code}) or 0
    with refusing(REFUSALS[code], server, tmp_path) as (here, _), capture_logs() as logs:
        with redis.Redis.from_url(server.url) as admin:
            admin.script_flush()
            if known:
                admin.script_load(script_of(strict_policy()).text)
        verdicts = [here.call(CALLER) for _ in range(40)]
        assert here.call(OTHER).disposition == "block"
        assert (here.call(FRIEND).disposition, here.call(FRIEND).rule) == ("allow", "allowlist")
        assert REGISTRY.get_sample_value("hotline_screening_blind") == 1
        held = [here.screening.screen(WITHHELD).disposition for _ in range(61)]
    assert [v.disposition for v in verdicts] == ["allow"] * 6 + ["low_priority"] * 34
    assert all(v.degraded for v in verdicts)
    assert [v.alert for v in verdicts].count(True) == 1
    assert held == ["allow"] * 60 + ["low_priority"]
    assert [line["error"] for line in logs if line["event"] == "screening_not_counted"] == [code]
    now = REGISTRY.get_sample_value("hotline_screening_uncounted_total", {"error": code})
    assert now == told + 40 + 1 + 61


def test_the_alarm_ends_with_the_first_call_that_is_counted(
    server: RedisProcess, tmp_path: Path
) -> None:
    """A friend's call, which is never counted, does not end it."""
    with refusing(oom, server, tmp_path) as (here, _), capture_logs() as logs:
        here.call(CALLER)
        here.call(FRIEND)
        assert REGISTRY.get_sample_value("hotline_screening_blind") == 1
        here.client.config_set("maxmemory", 0)
        assert not here.call(CALLER).degraded
        assert REGISTRY.get_sample_value("hotline_screening_blind") == 0
        here.client.config_set("maxmemory", 1)
    events = [line["event"] for line in logs if line["event"].startswith("screening_")]
    assert events == ["screening_not_counted", "screening_counted_again"]


def test_who_was_counted_before_is_held_without_a_new_count(
    server: RedisProcess, tmp_path: Path
) -> None:
    """What Redis counted until then still holds: a flood is not let in again."""
    with screened(server.url) as before:
        for _ in range(7):
            before.call(CALLER)
    with refusing(noreplicas, server, tmp_path) as (here, _):
        verdict = here.call(CALLER)
    assert (verdict.disposition, verdict.degraded, verdict.alert) == ("low_priority", True, False)


def test_a_demoted_redis_is_asked_on_a_new_connection(server: RedisProcess, tmp_path: Path) -> None:
    """Its address may be the new primary's by now: the old connection is not used again."""
    with refusing(readonly, server, tmp_path) as (here, _):
        before = here.client.info("stats")["total_connections_received"]
        for _ in range(3):
            here.call(CALLER)
        after = here.client.info("stats")["total_connections_received"]
    assert after - before == 3


def test_calls_are_counted_here_while_redis_is_away(tmp_path: Path) -> None:
    """Nobody listens: a flood is put last all the same, a short number's too."""
    with screened(f"unix://{tmp_path}/none.sock") as here:
        dispositions = [here.call(CALLER).disposition for _ in range(8)]
        assert dispositions == ["allow"] * 6 + ["low_priority"] * 2
        short = [here.screening.screen(normalise("911")) for _ in range(8)]
        assert [v.disposition for v in short] == dispositions
        assert all(v.degraded for v in short)


def test_doctor_says_that_calls_are_not_counted(server: RedisProcess, tmp_path: Path) -> None:
    """With what Redis says, and the mend; a Redis that counts passes."""
    with refusing(noreplicas, server, tmp_path) as (_, url):
        refused = looked_at(url)
    assert not refused.passed
    assert "NOREPLICAS" in refused.found
    assert refused.mend
    assert looked_at(url).passed


def looked_at(url: str) -> Check:
    """What the check of counting finds."""
    services = house_of(load_settings({"REDIS_URL": url}))
    with closing(services):
        return next(check for check in redis_checks(services) if check.name == "redis counts calls")

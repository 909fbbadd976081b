"""The console is down, hangs, or is attacked: calls are led, and tickets delivered, as always."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx

from console.accounts.sessions import COOKIE
from hotline.settings import Settings
from lab.callers.fake_asterisk import FakeAsterisk
from tests.fixtures.processes import wait_until
from tests.fixtures.redis_process import RedisProcess
from tests.fixtures.reporter import QUESTIONS, Ear, Reporter, place
from tests.fixtures.whole_stack import Parts, parts_of, with_redis

ATTACKERS = 6
DRIPPING = 200
"""Connections that send a request which never ends."""


def reports_as_always(parts: Parts, ear: Ear) -> None:
    """A citizen reports: every question once, no server left, a ticket, and its delivery."""
    before = parts.committed()
    caller = Reporter(ear)
    call_id, lived = place(FakeAsterisk(parts.agi), caller)
    assert caller.questions == list(QUESTIONS)
    assert [visit.status for visit in lived.visits] == ["SUCCESS"]
    (ticket,) = parts.tickets(call_id)
    assert set(caller.references) == {ticket.service_request_id}
    record = parts.wait_closed(call_id)
    assert (record.screening, record.disposition) == ("ok", "completed")
    parts.wait_delivered(before + 1)


@contextmanager
def attacked(port: int) -> Iterator[list[int]]:
    """Whoever means ill: connections that drip, and sign-ins as fast as they go, until the end.

    Given are the answers so far. At most `ATTACKERS` requests are under way at once.
    """
    over, answers = threading.Event(), list[int]()

    def attack(number: int) -> None:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address, trust_env=False, timeout=30.0) as client:
            while not over.is_set():
                form = {"email": f"guess{number}@jeddah.gov.sa", "password": "x" * 4000}
                try:
                    answers.append(client.post("/sign-in", data=form).status_code)
                    answers.append(client.get("/blocklist?after=" + "A" * 3000).status_code)
                except httpx.HTTPError:
                    answers.append(0)

    threads = [threading.Thread(target=attack, args=(one,)) for one in range(ATTACKERS)]
    with ExitStack() as stack:
        for _ in range(DRIPPING):
            drip = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
            drip.sendall(b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        for thread in threads:
            thread.start()
        try:
            yield answers
        finally:
            over.set()
            for thread in threads:
                thread.join()


def test_no_call_notices_what_becomes_of_the_console(
    settings: Callable[..., Settings], redis_url: str, ear: Ear
) -> None:
    """Well, hung, attacked, killed: the same conversation each time, and each ticket arrives."""
    made = settings(**with_redis(redis_url))
    with parts_of(made, with_web=True) as parts:
        parts.start()
        reports_as_always(parts, ear)
        parts.signal("console", signal.SIGSTOP)
        reports_as_always(parts, ear)
        parts.signal("console", signal.SIGCONT)
        with attacked(made.console.port) as answers:
            wait_until(lambda: len(answers) > ATTACKERS, 60.0, "the attack is on")
            reports_as_always(parts, ear)
            reports_as_always(parts, ear)
        assert {status for status in answers if status >= 500} == set()
        parts.kill("console")
        assert not parts.running("console")
        reports_as_always(parts, ear)


def test_the_console_says_in_both_languages_that_its_stores_are_away(
    settings: Callable[..., Settings], own_redis: RedisProcess
) -> None:
    """With Redis killed nobody is in, and whoever was is told; the process goes on by itself."""
    made = settings(**with_redis(own_redis.url))
    with parts_of(made, with_web=True) as parts:
        parts.start("console")
        address = f"http://127.0.0.1:{made.console.port}"
        assert httpx.get(f"{address}/sign-in", trust_env=False).status_code == 200
        os.kill(own_redis.pid, signal.SIGKILL)
        somebody = {COOKIE: "A" * 43}  # who was in
        told = httpx.get(address, cookies=somebody, trust_env=False, timeout=60.0)
        assert told.status_code == 503
        assert "Calls go on" in told.text
        assert "المكالمات مستمرة" in told.text
        assert httpx.get(f"{address}/healthz", trust_env=False).status_code == 200

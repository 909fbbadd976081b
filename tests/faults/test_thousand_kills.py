"""A thousand kill -9, and messages that get lost: each office has each ticket once by effect.

Real parts as processes: Redis, the relay, two workers, and five offices of five kinds behind wires.
Jobs run in threads of the worker's process: there is no work-horse, and who kills the worker kills
jobs in the middle of their work (`outbox/worker.py`).
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from hotline.bootstrap import Services
from hotline.settings import Settings
from hotline.stack import stack_children
from lab.own_postgres import own_database
from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.blows import Blows, Line
from tests.fixtures.edited import own_config
from tests.fixtures.forked_roles import ForkedRole, nursery
from tests.fixtures.house import house_of
from tests.fixtures.offices import SERVICES, Offices, Store, Struck, five_offices
from tests.fixtures.once import all_told, count_attempts, hold_acknowledged, hold_apart, hold_once
from tests.fixtures.processes import wait_until
from tests.fixtures.seed import NAME, fault_seed
from tests.fixtures.tickets import new_ticket
from tests.fixtures.whole_stack import QUICK, with_redis
from tests.fixtures.wire import Wire
from tickets.open import open_ticket
from tickets.outbox import count_by_state, list_deliveries
from tickets.update import update_ticket

SHORT, LONG = 30, 1000
HURRIED = QUICK.model_copy(update={"workers": 2, "timeout_seconds": 2.0, "lease_seconds": 4.0})
WORKERS = ("worker-1", "worker-2")
REDIS = "redis"
WAITING = 60
"""No further ticket is opened while so many deliveries wait."""
SETTLED_S = 120.0


@dataclass
class Citizens:
    """They report, and say more later. `committed` has the newest version, by reference."""

    house: Services
    random: random.Random
    committed: dict[str, int] = field(default_factory=dict)

    def speak(self) -> None:
        """One of them does."""
        if self.committed and self.random.random() < 0.4:
            self._add(self.random.choice(list(self.committed)[-10:]))
        else:
            self._report(len(self.committed))

    def _report(self, number: int) -> None:
        new = new_ticket(f"call:c{number}:1", service_code=SERVICES[number % len(SERVICES)])
        opened = open_ticket(
            self.house.engine(),
            new,
            destinations=self.house.destinations.routes.of(new),
            now=datetime.now(UTC),
        )
        self.committed[opened.service_request_id] = opened.version

    def _add(self, reference: str) -> None:
        changed = update_ticket(
            self.house.engine(),
            reference,
            lambda ticket: {"satisfaction": 1 + ticket.version % 5},
            destinations=self.house.destinations.routes.after,
            now=datetime.now(UTC),
        )
        assert changed is not None
        self.committed[reference] = changed.version

    def waiting(self) -> int:
        """How many deliveries are not done; none is given up."""
        states = count_by_state(self.house.engine())
        assert "dead" not in states, list_deliveries(self.house.engine(), state="dead")
        return sum(count for state, count in states.items() if state != "acknowledged")


def told(line: str) -> None:
    """Into the output that pytest shows of a test that failed, or of each with `-s`."""
    sys.stdout.write(f"{line}\n")


@dataclass(frozen=True)
class Besieged:
    """A house, its offices, all that can be killed, and the wires on which it is."""

    house: Services
    offices: Offices
    victims: dict[str, Struck]
    lines: dict[str, Line]

    def kill(self, times: int) -> None:
        """Kill so often, let all settle, and look at what each office has."""
        seed = fault_seed()
        told(f"{NAME}={seed}")
        citizens = Citizens(self.house, random.Random(seed))
        self._revive()
        blows = Blows(seed, self.victims, self.lines)
        ended: Counter[str] = Counter()
        began = time.monotonic()
        for _ in range(times):
            if citizens.waiting() < WAITING:
                citizens.speak()
            blows.strike()
            ended.update(self._revive())
        blows.end()
        struck = time.monotonic()
        wait_until(lambda: self._settled(citizens), SETTLED_S, f"all is told; {NAME}={seed}")
        told(f"{struck - began:.0f} s of blows, settled after {time.monotonic() - struck:.0f} s")
        self._prove(citizens)
        told(f"kills {blows.kills.total()}: {dict(blows.kills)}; {blows.met} at a message")
        told(f"messages or answers lost: {dict(blows.lost)}, late: {dict(blows.late)}")
        told(f"roles that ended by themselves: {dict(ended - blows.kills)}")

    def _revive(self) -> list[str]:
        """As a supervisor would; who was not there."""
        return [name for name, victim in self.victims.items() if victim.revive()]

    def _settled(self, citizens: Citizens) -> bool:
        self._revive()
        return citizens.waiting() == 0

    def _prove(self, citizens: Citizens) -> None:
        engine = self.house.engine()
        known = all_told(engine, citizens.committed)
        hold_apart(engine, HURRIED.lease_seconds)
        again = hold_once(self.offices, known, hold_acknowledged(engine, known))
        told(f"tickets {len(citizens.committed)}, with later versions {len(known)}")
        told(f"attempts {count_attempts(engine)}; came again, and were known: {dict(again)}")


Besiege = Callable[..., Besieged]


@pytest.fixture
def besieged(settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Besiege]:
    """Builds a house with its offices, on this database or an SQLite file of its own."""
    with ExitStack() as stack:

        def make(**changes: SecretStr) -> Besieged:
            offices = stack.enter_context(five_offices(tmp_path / "offices"))
            store = Store(tmp_path / REDIS)
            stack.callback(store.kill)
            own = stack.enter_context(Wire(("127.0.0.1", store.process.port)))
            config = own_config(tmp_path)
            offices.write(config)
            url = with_redis(f"redis://127.0.0.1:{own.port}/0")
            made = settings(config_dir=config, deliveries=HURRIED, **url, **changes)
            house = house_of(made)
            stack.callback(house.close)
            forked = stack.enter_context(nursery())
            roles = {
                spec.name: ForkedRole(forked, spec, tmp_path / f"{spec.name}.log")
                for spec in stack_children(made, with_asterisk=False, with_web=False)
                if spec.name in ("relay", *WORKERS)
            }
            lines = {name: Line(wire, 6, (name, *WORKERS)) for name, wire in offices.wires.items()}
            lines[REDIS] = Line(own, 60, (REDIS, REDIS, "relay", "relay", "relay", *WORKERS))
            return Besieged(house, offices, {**roles, REDIS: store, **offices.struck}, lines)

        yield make


def test_each_ticket_is_once_at_each_office_after_thirty_kills(besieged: Besiege) -> None:
    """Of workers, relay, Redis and offices; messages and their answers are lost besides."""
    besieged().kill(SHORT)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_each_ticket_is_once_at_each_office_after_a_thousand_kills(
    besieged: Besiege, request: pytest.FixtureRequest, database: str
) -> None:
    """On each database; a quarter of an hour for both."""
    if database == "sqlite":
        besieged().kill(LONG)
        return
    with own_database(request.getfixturevalue("postgres_server")) as url:
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        besieged(database_url=SecretStr(url)).kill(LONG)

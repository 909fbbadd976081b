"""Parts `pages_sqlite` and `pages_postgresql`: the console's pages among a million calls.

There are two records of the same day. One has nothing before it, the other three months of calls
and tickets: what *Today* takes longer there is what that history costs.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import event

from embedded.redis_child import redis_child
from hotline.bootstrap import Services
from lab.bench.figures import Bound, Figure, Measured, amount
from lab.bench.house import NotHere
from lab.bench.page_addresses import addresses
from lab.bench.page_reader import NOTHING, Reader, reading_as_admin
from lab.bench.setting import Bench
from lab.own_postgres import own_database, postgres_programs, running_postgres
from lab.own_stack import changed, left_alone, own_folder, own_services, own_settings
from lab.seeding.plan import Plan
from lab.seeding.seed import City, seed
from store.redis_socket import embedded_redis_url
from tickets.catalogue import load_sub_municipalities

SQLITE = Bound("at most", 400.0)
POSTGRESQL = Bound("at most", 200.0)
"""Milliseconds that a page takes, in the middle of the rounds."""
SAME = Bound("at most", 1.25)
QUESTIONS = Bound("at most", 12)
TODAY, TODAY_TICKETS = 1000, 200
_DAYS, _EVENTS = 90, 50_000
_SHOWN = 5
_SAID_EVERY = 200_000

NOTES = (
    "pages are asked for in this process, without a network, by somebody who may open all of them; "
    "each with every filter, also those that find nothing",
    f"{NOTHING} shows nothing of the record: what any page takes",
    f"both records have the same day of {TODAY:,} calls and {TODAY_TICKETS} tickets; *Today* is "
    "opened in turns, and the ratio is the median of the turns' ratios",
)


def measure_sqlite(bench: Bench) -> Iterator[Figure]:
    """The figures on SQLite. Raises BenchFailed, StartFailed, RedisMissing."""
    with own_folder() as folder:
        urls = [f"sqlite:///{folder / name}.db" for name in ("many", "few")]
        yield from _measured(bench, folder, urls, SQLITE)


def measure_postgresql(bench: Bench) -> Iterator[Figure]:
    """The same on PostgreSQL. Raises also NotHere where it is not installed."""
    if postgres_programs() is None:
        raise NotHere("PostgreSQL is not installed: `apt install postgresql` (it need not run)")
    with own_folder() as folder, running_postgres() as server, ExitStack() as stack:
        urls = [stack.enter_context(own_database(server)) for _ in range(2)]
        yield from _measured(bench, folder, urls, POSTGRESQL)


def _measured(bench: Bench, folder: Path, urls: Sequence[str], bound: Bound) -> Iterator[Figure]:
    history = bench.sizes.page_calls - TODAY
    with ExitStack() as stack:
        stack.enter_context(left_alone([redis_child(folder)], folder))
        houses = [
            stack.enter_context(_house(bench, folder, url, number))
            for number, url in enumerate(urls)
        ]
        now = datetime.now(UTC)
        before = Plan(
            history, bench.sizes.page_tickets - TODAY_TICKETS, _DAYS, 1, _EVENTS,
            now - timedelta(days=1),
        )  # fmt: skip
        day = Plan(TODAY, TODAY_TICKETS, 1, 1, TODAY, now, history)
        _fill(bench, houses[0], [before, day])
        _fill(bench, houses[1], [day])
        many, few = (stack.enter_context(reading_as_admin(one)) for one in houses)
        yield from _slowest(bench, many, bound)
        yield _today(bench, many, few)


@contextmanager
def _house(bench: Bench, folder: Path, url: str, number: int) -> Iterator[Services]:
    settings = changed(
        own_settings(bench.services.settings, folder),
        redis_url=SecretStr(f"{embedded_redis_url(folder)}?db={number}"),
        database_url=SecretStr(url),
        console={"public_url": "", "second_factor": "auto", "oidc_issuer": ""},
    )
    with own_services(settings) as own:
        yield own


def _fill(bench: Bench, house: Services, plans: Sequence[Plan]) -> None:
    areas = load_sub_municipalities(house.settings.config_dir / "sub_municipalities.yaml")
    city = City(house.flow, house.services, areas)
    for plan in plans:
        bench.say(f"{plan.calls:,} calls and {plan.tickets:,} tickets")
        for written in seed(house.engine(), plan, city):
            if written % _SAID_EVERY == 0:
                bench.say(f"  {written:,} written")


def _slowest(bench: Bench, reader: Reader, bound: Bound) -> Iterator[Figure]:
    """The slowest pages, each by the middle of its rounds, and the one that asks most."""
    rounds, every = bench.sizes.page_rounds, addresses(reader)
    bench.say(f"{len(every)} addresses, {rounds} times each")
    asked: dict[str, int] = {}
    for path in every:
        with _counted(reader) as questions:
            if reader.ms(path) is not None:
                asked[path] = len(questions)
    tries: dict[str, list[float]] = {path: [] for path in (NOTHING, *asked)}
    for _ in range(rounds):  # what else goes on here disturbs one try of each, and not all of one
        for path, its in tries.items():
            its.append(reader.ms(path) or float("nan"))
    took = {path: statistics.median(its) for path, its in tries.items()}
    nothing = Measured(f"a page of nothing ({NOTHING})", took.pop(NOTHING), "ms")
    calls = f"among {bench.sizes.page_calls:,} calls"
    for path in sorted(took, key=lambda path: -took[path])[:_SHOWN]:
        ours = Measured(f"median of {rounds}, {calls}", took[path], "ms")
        yield Figure(f"a page: {path}", ours.amount, "ms", ours, nothing, bound)
    middle = statistics.median(took.values())
    yield Figure(
        "a page", middle, "ms",
        Measured(f"of {len(took)} addresses the one in the middle", middle, "ms"), nothing,
    )  # fmt: skip
    most = max(asked, key=lambda path: asked[path])
    yield amount(f"questions to the database: {most}", Measured("most", asked[most], ""), QUESTIONS)


def _today(bench: Bench, many: Reader, few: Reader) -> Figure:
    """What *Today* takes with the history, compared with the same day without."""
    bench.say(f"Today, {bench.sizes.page_turns} times each way")
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(bench.sizes.page_turns + 1):
        for side in (0, 1) if number % 2 else (1, 0):
            took[side].append((many, few)[side].ms("/") or float("nan"))
    ours, theirs = took[0][1:], took[1][1:]  # the first is to warm up
    return Figure(
        "the first page: change with what lies behind the day",
        statistics.median(o / t for o, t in zip(ours, theirs, strict=True)),
        "x",
        Measured(f"with {bench.sizes.page_calls:,} calls", statistics.median(ours), "ms"),
        Measured(f"with {TODAY:,} calls", statistics.median(theirs), "ms"),
        SAME,
    )


@contextmanager
def _counted(reader: Reader) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    event.listen(reader.engine, "before_cursor_execute", note)
    yield asked
    event.remove(reader.engine, "before_cursor_execute", note)

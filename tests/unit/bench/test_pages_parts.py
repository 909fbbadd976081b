"""The parts that open the console's pages, run small: what they tell, never how much."""

from collections.abc import Iterator

import pytest

from console.pages import PAGES
from hotline.bootstrap import Services
from hotline.settings import load_settings
from lab.bench.house import BenchFailed
from lab.bench.page_addresses import addresses
from lab.bench.page_reader import Reader, reading_as_admin
from lab.bench.pages import TODAY, TODAY_TICKETS
from lab.bench.run import run
from lab.bench.setting import Bench, Sizes
from lab.own_postgres import postgres_programs
from lab.seeding.plan import Plan
from lab.seeding.seed import seed
from tests.fixtures.record import Clock
from tests.fixtures.tickets import database_url
from tests.integration.seeding.test_seed import CITY

__all__ = ["database_url"]

pytestmark = pytest.mark.bench
SMALL = Sizes(page_calls=TODAY + 200, page_tickets=TODAY_TICKETS + 40, page_rounds=1, page_turns=2)


@pytest.fixture
def reader(database_url: str, redis_url: str, tmp_path: object) -> Iterator[Reader]:
    """An admin at a console of some calls."""
    settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    services = Services(load_settings({**settings, "HOTLINE_STATE_DIR": str(tmp_path)}))
    for _ in seed(services.engine(), Plan(200, 60, 2, 1, 50, Clock().now), CITY):
        pass
    with reading_as_admin(services) as made:
        yield made
    services.close()


@pytest.mark.parametrize(("part", "most"), [("pages_sqlite", 400.0), ("pages_postgresql", 200.0)])
def test_every_page_is_held_to_a_time(part: str, most: float) -> None:
    """The slowest are shown, each beside a page of nothing, and the day beside the day alone."""
    if part == "pages_postgresql" and postgres_programs() is None:
        pytest.skip("PostgreSQL is not installed")
    services, said = Services(load_settings({})), list[str]()
    (measured,) = run(Bench(services, said.append, SMALL), [part])
    services.close()
    assert (measured.failed, measured.skipped) == ("", "")
    *pages, _middle, questions, today = measured.figures
    assert [(one.bound.value, one.unit) for one in pages if one.bound] == [(most, "ms")] * 5
    assert all(one.against is not None and one.against.amount > 0 for one in (*pages, today))
    assert questions.kept
    assert today.bound is not None
    assert today.value > 0
    assert any("1,000 calls" in line for line in said)


def test_each_page_is_asked_for_and_each_filter(reader: Reader) -> None:
    """Those of the console's own map; a queue by all that it is narrowed by, in both orders."""
    every = addresses(reader)
    assert len(every) == len(set(every))
    with reader.app.test_request_context():
        assert {reader.app.url_for(page.endpoint) for page in PAGES} <= set(every)
    for narrow in ("department", "sub_municipality", "service_code", "status", "who"):
        for order in ("newest", "most_overdue"):
            assert any(f"{narrow}=" in one and f"order={order}" in one for one in every), narrow
    assert all(reader.ms(one) is not None for one in every if one.startswith("/tickets"))


def test_an_answer_that_is_no_page_is_not_measured(reader: Reader) -> None:
    """Of what is not there nothing is told; a page that fails ends it."""
    assert reader.ms("/calls/nothing") is None
    with pytest.raises(BenchFailed, match="405"):
        reader.ms("/blocklist/look")

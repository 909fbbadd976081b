"""Who waits for an operator, as the first page tells it: and it waits for nobody who is asked."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest

from call_handlers.people_line.waiting import Told, Waiting
from call_handlers.people_line.watch import QueueWatch, Watched
from carriers.ami import AmiAccess, AmiQueue
from carriers.queue import Operators, QueueState
from console.house import House
from tests.fixtures.ami import SECRET, USER, FakeAmi, fake_ami
from tests.fixtures.console import Browser, console_app, somebody
from tests.fixtures.processes import free_tcp_port, wait_until
from tests.fixtures.statements import asked_of

MOST_QUERIES = 12
NAMES = ("Waiting in the queue", "Longest wait", "Operators free")


@contextmanager
def reading(house: House, waiting: Callable[[], Waiting]) -> Iterator[Browser]:
    """A manager's browser in English, where this is known of those who wait."""
    told = replace(house, waiting=waiting)
    browser = somebody(console_app(told), told, "manager")
    browser.post("/preferences/language", language="en")
    yield browser


def figures(page: str) -> dict[str, str]:
    """The figures of the queue that are shown, by their names."""
    found = {}
    for name in NAMES:
        _, there, after = page.partition(f">{name}</dt>")
        if there:
            found[name] = after.partition("<dd>")[2].partition("</dd>")[0]
    return found


def live(browser: Browser) -> str:
    """What the open page is told by itself."""
    answer = browser.client.get("/today/live")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ([Told("a", QueueState(0))], ("0", "–")),
        ([Told("a", QueueState(1200, 75))], ("1,200", "1 minute")),
        ([Told("a", QueueState(2, 7, Operators(5, 0)))], ("2", "7 seconds", "0 of 5")),
        ([Told("a", QueueState(2, 7)), Told("b", QueueState(1, 9))], ("3", "9 seconds")),
        ([Told("a", QueueState(2, 7)), Told("b")], ("at least 2", "–")),
        ([Told("a", QueueState(0)), Told("b")], ("at least 0", "–")),
        ([Told("a"), Told("b")], ("not known", "–")),
        ([Told("a", pending=True)], ("–", "–")),
        ([], ("not known", "–")),
    ],
)
def test_the_page_tells_what_is_known_and_no_more(
    house: House, told: list[Told], shown: tuple[str, ...]
) -> None:
    """What is not known is never shown as nobody; and both the page and its live part tell it."""
    with reading(house, lambda: Waiting(tuple(told))) as browser:
        page = browser.get("/").get_data(as_text=True)
        assert tuple(figures(page).values()) == shown
        assert tuple(figures(live(browser)).values()) == shown
        unknown = [one.name for one in told if one.state is None and not one.pending]
        assert ("How many wait there is not known:" in page) is bool(unknown)
        assert ("Nobody is asked how many wait." in page) is (not told)
        for name in unknown:
            assert f'<bdi dir="ltr">{name}</bdi>' in page


@contextmanager
def asking(port: int, secret: str = SECRET) -> Iterator[Callable[[], Waiting]]:
    """A watch of the manager interface there."""
    queue = AmiQueue(AmiAccess("127.0.0.1", port, USER, secret), "operators", seconds=1.0)
    with closing(QueueWatch([Watched("Asterisk 127.0.0.1", queue, 0.05)])) as watch:
        yield watch.look


def test_the_page_does_not_wait_for_an_asterisk_that_hangs(house: House) -> None:
    """It accepts and says nothing: the page is there while it is still being asked."""
    with (
        fake_ami(lambda: FakeAmi(hung=True)) as ami,
        asking(ami.port) as waiting,
        reading(house, waiting) as browser,
    ):
        page = browser.get("/").get_data(as_text=True)
        assert figures(page)["Waiting in the queue"] == "–"
        wait_until(lambda: "not known" in live(browser))
        ami.hung = False
        ami.waits = [12]
        wait_until(lambda: figures(live(browser))["Waiting in the queue"] == "1")


@pytest.mark.parametrize("secret", [SECRET, "another"])
def test_an_asterisk_that_is_away_or_refuses_is_not_known(house: House, secret: str) -> None:
    """And where to look is said."""
    with fake_ami() as ami:
        port = free_tcp_port() if secret == SECRET else ami.port
        with asking(port, secret) as waiting, reading(house, waiting) as browser:
            wait_until(lambda: "not known" in live(browser))
            assert 'href="/parts"' in live(browser)


def test_it_costs_the_record_no_question(house: House) -> None:
    """The page asks the database no more often than before."""
    with (
        fake_ami() as ami,
        asking(ami.port) as waiting,
        reading(house, waiting) as browser,
    ):
        browser.get("/")
        with asked_of(house.engine) as asked:
            assert browser.get("/").status_code == 200
        assert len(asked) <= MOST_QUERIES

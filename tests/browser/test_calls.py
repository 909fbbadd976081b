"""Calls and today's figures in a browser: what is drawn, what is live, what is played and typed."""

import json
import wave
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from call_handlers.records import Record, write_records
from console.house import House
from tests.browser.conftest import Desks
from tests.browser.test_every_page import LOOKS
from tests.fixtures.chromium import barriers, picture
from tests.fixtures.record import RIYADH, Clock
from tests.integration.calls.test_records import ENDED, FACTS

CALL = FACTS.call_id
SECONDS = 8


@pytest.fixture(autouse=True)
def _calls(house: House, clock: Clock) -> None:
    """A morning's calls, and one with a recording."""
    clock.now = (datetime.now(RIYADH) - timedelta(days=1)).replace(hour=12, minute=30)
    some = [
        call(
            number,
            clock.now - timedelta(minutes=3 * number),
            ("completed", "abandoned")[number % 3 // 2],
        )
        for number in range(1, 120)
    ]
    spoken = {"turn": 2, "node": "description", "language": "ar", "prompts": ["description"]}
    heard = {"kind": "recording", "input": f"{SECONDS}000 ms", "ms": 5000}
    event = json.dumps({**spoken, **heard, "at_ms": FACTS.started_ms + 8000})
    write_records(house.engine, [*some, replace(ENDED, events=(*ENDED.events, event))])
    path = house.recordings.folder / f"{CALL}-2.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 8000 * SECONDS))


def call(number: int, began: datetime, disposition: str) -> Record:
    """A call of a minute."""
    started_ms = int(began.timestamp() * 1000)
    facts = replace(FACTS, call_id=f"{number:032}", started_ms=started_ms)
    made = Record(facts, ended_ms=started_ms + 60_000, disposition=disposition)
    return replace(made, choice="leave_report")


@pytest.mark.parametrize(("language", "theme"), LOOKS)
def test_no_page_of_calls_has_a_barrier(desk: Desks, language: str, theme: str) -> None:
    """With something in it: the list, a call with a player and forms, the first page's figures."""
    page = desk("supervisor", language, theme)
    found = {}
    one = f"/calls/{CALL}"
    pages = {"/": "today", "/calls": "calls", one: "call", f"{one}/ticket": "call-ticket"}
    for path, name in pages.items():
        page.goto(path)
        found[path] = barriers(page)
        picture(page, f"{name}-with-calls-{language}-{theme}")
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_the_days_calls_are_drawn_and_stay_live(desk: Desks, house: House, clock: Clock) -> None:
    """The table beside the chart says the same; a call that comes is seen without a key pressed."""
    page = desk("operator")
    page.goto("/")
    page.locator("#hours-drawn canvas").wait_for()
    figure = page.locator("#calls-now .figure", has_text="مكالمات اليوم").locator("dd")
    assert figure.inner_text() == "119"
    write_records(house.engine, [call(500, clock.now - timedelta(minutes=1), "completed")])
    expect(figure).to_have_text("120", timeout=30_000)
    assert page.locator("#hours-drawn canvas").count() == 1


def test_figures_that_are_live_no_more_say_so(desk: Desks, house: House) -> None:
    """Nobody takes an old figure for one of now."""
    page = desk("operator")
    page.goto("/")
    note = page.locator("#calls-stale")
    expect(note).to_be_hidden()
    house.redis.delete(*house.redis.keys("hotline:console:session:*"))
    expect(note).to_be_visible(timeout=30_000)


def test_without_scripts_the_figures_are_there(desk: Desks) -> None:
    """As they were when the page was opened; the table has what the chart would draw."""
    page = desk("operator", scripts=False)
    page.goto("/")
    figure = page.locator("#calls-now .figure", has_text="مكالمات اليوم").locator("dd")
    assert figure.inner_text() == "119"
    assert page.locator("#hours tbody tr").count() == 13
    page.goto("/calls")
    page.locator("#caller").fill("0501234567")
    page.locator(".search .btn-primary").click()
    assert page.locator("tbody tr").count() == 50
    page.locator("[rel=next]").click()
    assert page.locator("tbody tr").count() == 50


def test_a_number_that_was_typed_is_in_no_address(desk: Desks) -> None:
    """Not on the way, not in the history: going back and forth shows it nowhere."""
    page = desk("manager")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/calls")
    page.locator("#caller").fill("0501234567")
    page.keyboard.press("Enter")
    page.locator("tbody tr").first.wait_for()
    page.locator("[rel=next]").click()
    page.wait_for_url("**after=*")
    page.go_back()
    page.locator("tbody tr").first.wait_for()
    assert len(asked) > 4
    assert [url for url in asked if "501234567" in url] == []


def test_a_recording_is_played_from_the_middle(desk: Desks) -> None:
    """The player knows how long it is and goes where its listener wants."""
    page = desk("supervisor")
    pieces: list[str] = []
    page.on("response", lambda answer: pieces.append(answer.headers.get("content-range", "")))
    page.goto(f"/calls/{CALL}")
    page.evaluate(
        """async () => {
            const player = document.querySelector("audio");
            const ready = new Promise((then) => player.addEventListener("loadedmetadata", then));
            player.preload = "metadata";
            player.load();
            await ready;
            const there = new Promise((then) => player.addEventListener("seeked", then));
            player.currentTime = 6;
            await there;
        }"""
    )
    assert page.evaluate("document.querySelector('audio').duration") == pytest.approx(SECONDS)
    assert page.evaluate("document.querySelector('audio').currentTime") == pytest.approx(6)
    assert any(piece.startswith("bytes ") for piece in pieces)


def test_a_ticket_is_opened_from_a_call(desk: Desks) -> None:
    """Without a script, with the call's recording, and lands on the ticket."""
    page = desk("supervisor", "en", scripts=False)
    page.goto(f"/calls/{CALL}")
    page.get_by_role("link", name="Open a ticket").click()
    page.get_by_label("Service").select_option("RD_HOLE")
    page.get_by_label("The place in words").fill("Before the school of Al Naseem")
    page.get_by_role("button", name="Open the ticket").click()
    expect(page.get_by_role("status")).to_contain_text("The ticket is opened.")
    expect(page.locator("main")).to_contain_text("Before the school of Al Naseem")
    assert page.locator("audio").count() == 1


def test_a_supervisor_blocks_from_a_call(desk: Desks, house: House) -> None:
    """Three fields and a button; the page then says so."""
    page = desk("supervisor", "en")
    page.goto(f"/calls/{CALL}")
    page.locator("#measure").select_option("block")
    page.locator("#days").fill("3")
    page.locator("form[action$=restrict] button").click()
    page.get_by_role("status").wait_for()
    assert "restricted" in page.get_by_role("status").inner_text()
    assert house.register.index.count() == 1

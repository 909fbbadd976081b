"""The pages of calls: looking for some, one as it happened, listening, deciding."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stdnum import damm

from blacklist.numbers import normalise
from blacklist.record.entries import find_entry
from blacklist.record.schema import strikes
from blacklist.screening import RedisScreening
from call_handlers.records import Record, write_records
from console.house import House
from lab.seeding.plan import Plan
from lab.seeding.seed import seed
from people.audit import history
from people.fields import Change
from people.person import Role
from store.breaker import Breaker
from store.sql import reading
from tests.fixtures.console import Browser
from tests.fixtures.record import NUMBER, disagreements
from tests.fixtures.screening import default_policy
from tests.fixtures.statements import MOST_OF_A_PAGE, asked_of
from tests.integration.calls.test_records import ENDED, FACTS
from tests.integration.console.conftest import People
from tests.integration.seeding.test_seed import CITY
from tickets.model import Address, NewTicket
from tickets.open import open_ticket

CALL = FACTS.call_id
SPOKEN = f"{CALL}-2"
START = datetime.fromtimestamp(FACTS.started_ms / 1000, UTC)
MASKED = "•••"
NO_TICKET = f"12345678{damm.calc_check_digit('12345678')}"


@pytest.fixture(autouse=True)
def _calls(house: House) -> None:
    """One call with a recording, one of another number, one without a number."""
    event = json.dumps(
        {
            "turn": 2,
            "node": "description",
            "language": "ar",
            "prompts": ["description"],
            "kind": "recording",
            "input": "5000 ms",
            "at_ms": FACTS.started_ms + 8000,
            "ms": 5000,
        }
    )
    other = replace(
        FACTS,
        call_id="b" * 32,
        e164="+966112223334",
        caller="0112223334",
        verdict="warn",
        verdict_reason="abuse",
        verdict_rule="exact_number: entry",
    )
    hidden = replace(FACTS, call_id="c" * 32, e164=None, caller="", withheld=True)
    write_records(
        house.engine,
        [
            replace(ENDED, events=(*ENDED.events, event)),
            Record(other, ended_ms=FACTS.started_ms + 5000, disposition="failed"),
            Record(hidden),
        ],
    )


@pytest.fixture
def sound(house: House) -> Path:
    """The sound of the recording."""
    path = house.recordings.folder / f"{SPOKEN}.wav"
    path.write_bytes(bytes(range(200)))
    return path


def english(browser: Browser) -> Browser:
    """The same browser, in English."""
    browser.post("/preferences/language", language="en")
    return browser


def listed(browser: Browser) -> set[str]:
    """The calls of the open page, by the letter of their ids."""
    return {letter for letter in "abc" if f"/calls/{letter * 32}" in browser.page}


def look(browser: Browser, **form: str) -> set[str]:
    """Look for calls as a person does; which are found."""
    browser.get("/calls")
    browser.follow(browser.post("/calls", **form))
    return listed(browser)


def changes(house: House, action: str) -> list[Change]:
    """What the audit has of this."""
    with reading(house.engine) as connection:
        return history(connection, action=action)


def test_calls_are_found_by_what_people_know(signed_in: People) -> None:
    """In any writing of a number."""
    browser = signed_in("operator")
    browser.get("/calls")
    assert listed(browser) == {"a", "b", "c"}
    assert look(browser, caller="٠٥٠١٢٣٤٥٦٧") == {"a"}
    assert look(browser, caller="withheld") == {"c"}
    assert look(browser, disposition="failed") == {"b"}
    assert look(browser, disposition="in_progress") == {"c"}
    assert look(browser, verdict="warn", channel="asterisk") == {"b"}
    assert look(browser, reference=NO_TICKET) == set()
    local = (START + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    assert look(browser, until=local) == set()
    assert look(browser, since=local) == {"a", "b", "c"}


def test_a_number_is_in_no_address_asvs_14_2_1(signed_in: People) -> None:
    """It is sent in a form, and waits in the session; an address with one is not heeded."""
    browser = signed_in("manager")
    browser.get("/calls")
    answer = browser.post("/calls", caller="0501234567", reference="")
    assert answer.status_code == 302
    assert "501234567" not in answer.headers["Location"]
    browser.get(f"/calls?caller=0501234567&reference={NO_TICKET}")
    assert listed(browser) == {"a", "b", "c"}
    another = signed_in("manager", "somebody else")
    assert another.get(answer.headers["Location"]).status_code == 422
    assert "501234567" not in another.page


@pytest.mark.parametrize(
    "form",
    [
        {"reference": "12"},
        {"reference": "1234567899"},
        {"since": "yesterday"},
        {"until": "9999999"},
    ],
)
def test_what_means_nothing_is_told(signed_in: People, form: dict[str, str]) -> None:
    """And stands in the form yet, to be mended."""
    browser = signed_in("operator")
    browser.get("/calls")
    answer = browser.post("/calls", **form)
    assert answer.status_code == 422
    assert 'role="alert"' in browser.page
    assert next(iter(form.values())) in browser.page


@pytest.mark.parametrize("address", ["/calls?search=none", "/calls?after=x", "/calls?after=..%2F"])
def test_an_address_that_is_over_or_made_up_is_told(signed_in: People, address: str) -> None:
    """No search of it is made."""
    assert signed_in("operator").get(address).status_code == 422


@pytest.mark.parametrize(
    ("role", "sees"),
    [("auditor", False), ("operator", False), ("supervisor", True), ("admin", True)],
)
def test_numbers_are_masked_for_who_need_none(signed_in: People, role: Role, sees: bool) -> None:
    """In the list and on the page of a call."""
    browser = signed_in(role)
    for address in ("/calls", f"/calls/{CALL}"):
        browser.get(address)
        assert (NUMBER in browser.page) == sees
        assert (MASKED in browser.page) != sees
        assert "0501234567" not in browser.page


def test_who_looks_at_a_number_stands_in_the_audit(house: House, signed_in: People) -> None:
    """Before it is shown, under the number: so its owner can be told."""
    browser = signed_in("operator")
    browser.get(f"/calls/{CALL}")
    assert NUMBER not in browser.page
    assert browser.post(f"/calls/{CALL}/number").status_code == 200
    assert NUMBER in browser.page
    (change,) = changes(house, "number_revealed")
    assert (change.who, change.subject) == ("a operator", NUMBER)
    browser.get(f"/calls/{CALL}")
    assert NUMBER not in browser.page


def test_one_call_is_told_turn_by_turn(signed_in: People) -> None:
    """What was heard and pressed, and why screening let it through or not."""
    browser = english(signed_in("operator"))
    browser.get(f"/calls/{CALL}")
    for told in ("welcome", "pressed", "<kbd>1</kbd>", "4,000 ms", "given up", "let through"):
        assert told in browser.page, told
    browser.get(f"/calls/{'b' * 32}")
    for told in ("warned", "Abuse", "exact_number: entry", "failed"):
        assert told in browser.page, told


def test_a_call_and_its_ticket_lead_to_each_other(house: House, signed_in: People) -> None:
    """From the list as from the page of the call."""
    place = Address(building_number="7421", postal_code="23218")
    new = NewTicket(origin="call:f", service_code="RD_HOLE", call_id="f" * 32, address=place)
    ticket = open_ticket(house.engine, new, destinations=[], now=START)
    facts = replace(FACTS, call_id="f" * 32)
    named = (ticket.service_request_id,)
    ended = FACTS.started_ms + 9000
    write_records(
        house.engine, [Record(facts, ended_ms=ended, disposition="completed", tickets=named)]
    )
    browser = signed_in("operator")
    for address in ("/calls", f"/calls/{'f' * 32}"):
        browser.get(address)
        assert f'href="/tickets/{ticket.service_request_id}"' in browser.page
    browser.get(f"/tickets/{ticket.service_request_id}")
    assert f'href="/calls/{"f" * 32}"' in browser.page


@pytest.mark.parametrize("call_id", ["d" * 32, "x", "%27%20OR%201=1", "%D9%A1"])
def test_a_call_that_never_was_is_not_found(signed_in: People, call_id: str) -> None:
    """Whatever the address says."""
    assert signed_in("operator").get(f"/calls/{call_id}").status_code == 404


def test_what_a_network_sends_as_a_number_is_text(house: House, signed_in: People) -> None:
    """A caller chooses it, and a page is no place for its scripts."""
    odd = replace(FACTS, call_id="d" * 32, e164=None, caller="<script>alert(1)</script>")
    write_records(house.engine, [Record(odd)])
    browser = signed_in("manager")
    for address in ("/calls", f"/calls/{'d' * 32}"):
        browser.get(address)
        assert "&lt;script&gt;alert(1)" in browser.page
        assert "<script>alert" not in browser.page


def test_a_recording_is_heard_from_where_the_listener_wants(
    house: House, signed_in: People, sound: Path
) -> None:
    """A player asks for pieces (RFC 9110, 14.2); who listens is written down once."""
    browser = signed_in("supervisor")
    address = f"/calls/{CALL}/recordings/2"
    assert f'src="{address}"' in browser.get(f"/calls/{CALL}").get_data(as_text=True)
    whole = browser.get(address)
    assert (whole.status_code, whole.data) == (200, sound.read_bytes())
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = browser.get(address, headers={"Range": "bytes=150-159"})
    assert (part.status_code, part.data) == (206, bytes(range(150, 160)))
    assert part.headers["Content-Range"] == "bytes 150-159/200"
    assert browser.get(address, headers={"Range": "bytes=900-"}).status_code == 416
    (heard,) = changes(house, "recording_fetched")
    assert (heard.who, heard.subject, heard.details["recording"]) == (
        "a supervisor",
        NUMBER,
        SPOKEN,
    )


def test_a_piece_alone_is_written_down_too(house: House, signed_in: People, sound: Path) -> None:
    """Nobody listens unnoticed by leaving the beginning out; nor does one for another."""
    address, piece = f"/calls/{CALL}/recordings/2", {"Range": "bytes=1-"}
    for name in ("one", "another"):
        signed_in("manager", name).get(address, headers=piece)
    assert [change.who for change in changes(house, "recording_fetched")] == ["another", "one"]


def test_who_may_not_hear_hears_nothing(house: House, signed_in: People, sound: Path) -> None:
    """Neither by the page nor by the address."""
    browser = signed_in("operator")
    browser.get(f"/calls/{CALL}")
    assert "<audio" not in browser.page
    assert browser.get(f"/calls/{CALL}/recordings/2").status_code == 403
    assert changes(house, "recording_fetched") == []


def test_a_recording_that_was_destroyed_is_told_as_that(house: House, signed_in: People) -> None:
    """410 once its days are over, 404 where there never was one."""
    browser = signed_in("manager")
    assert browser.get(f"/calls/{CALL}/recordings/2").status_code == 404
    old = FACTS.started_ms - 100 * 86_400_000
    past = replace(FACTS, call_id="e" * 32, started_ms=old)
    write_records(house.engine, [Record(past, ended_ms=old + 1000, disposition="completed")])
    assert browser.get(f"/calls/{'e' * 32}/recordings/1").status_code == 410


def test_a_call_is_taken_away_as_a_vcon(house: House, signed_in: People) -> None:
    """By those whose work it is, and the audit has who took it."""
    answer = signed_in("supervisor").get(f"/calls/{CALL}/vcon")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.data)["parties"][0]["tel"] == f"tel:{NUMBER}"
    assert [change.who for change in changes(house, "call_exported")] == ["a supervisor"]
    assert signed_in("operator").get(f"/calls/{CALL}/vcon").status_code == 403


def test_an_operator_strikes_with_the_call_as_evidence(house: House, signed_in: People) -> None:
    """One strike restricts nobody yet; the page tells it."""
    browser = english(signed_in("operator"))
    browser.get(f"/calls/{CALL}")
    assert "Restrict" not in browser.page
    answer = browser.post(f"/calls/{CALL}/strike", reason="abuse", note="shouted", threat="")
    browser.follow(answer)
    assert "The strike is noted." in browser.page
    assert "by this call" in browser.page
    with reading(house.engine) as connection:
        (noted,) = connection.execute(strikes.select()).all()
    assert (noted.number, noted.call_id, noted.recording) == (NUMBER, CALL, SPOKEN)
    assert noted.operator == "a operator"


def test_a_supervisor_restricts_with_the_call_as_evidence(house: House, signed_in: People) -> None:
    """And the very next call of the number is turned away."""
    browser = signed_in("supervisor")
    browser.get(f"/calls/{CALL}")
    form = {"reason": "harassment", "disposition": "block", "days": "3", "note": "at night"}
    answer = browser.post(f"/calls/{CALL}/restrict", **form)
    browser.follow(answer)
    with reading(house.engine) as connection:
        entry = find_entry(connection, "number", NUMBER, house.now())
    assert entry is not None
    assert (entry.calls, entry.recordings, entry.disposition) == ((CALL,), (SPOKEN,), "block")
    assert disagreements(house.register, house.register.index) == []
    screening = RedisScreening(house.redis, default_policy(), breaker=Breaker(0.0))
    assert screening.screen(normalise("0501234567")).disposition == "block"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"reason": "abuse", "disposition": "block", "days": "many"}, 422),
        ({"reason": "abuse", "disposition": "block", "days": "nan"}, 422),
        ({"reason": "abuse", "disposition": "allow", "days": "3"}, 422),
        ({"reason": "dislike", "disposition": "block", "days": "3"}, 422),
        ({"reason": "abuse", "disposition": "block", "days": "60"}, 403),
    ],
)
def test_a_measure_that_may_not_be_is_refused(
    house: House, signed_in: People, form: dict[str, str], status: int
) -> None:
    """With the reason, and nothing changes."""
    browser = signed_in("supervisor")
    browser.get(f"/calls/{CALL}")
    assert browser.post(f"/calls/{CALL}/restrict", **form).status_code == status
    with reading(house.engine) as connection:
        assert find_entry(connection, "number", NUMBER, house.now()) is None


def test_nothing_is_decided_about_who_shows_no_number(signed_in: People) -> None:
    """There is no form for it; a forged one is refused."""
    browser = signed_in("supervisor")
    browser.get(f"/calls/{'c' * 32}")
    assert "/strike" not in browser.page
    assert browser.post(f"/calls/{'c' * 32}/strike", reason="abuse").status_code == 422


@pytest.mark.parametrize(
    ("role", "path"), [("auditor", "strike"), ("auditor", "restrict"), ("operator", "restrict")]
)
def test_who_may_not_decide_changes_nothing_asvs_8_2_1(
    house: House, signed_in: People, role: Role, path: str
) -> None:
    """A form that was made by hand is refused like an address."""
    browser = signed_in(role)
    browser.get("/calls")
    form = {"reason": "abuse", "disposition": "block", "days": "3"}
    assert browser.post(f"/calls/{CALL}/{path}", **form).status_code == 403
    with reading(house.engine) as connection:
        assert connection.execute(strikes.select()).all() == []


def test_pages_take_few_questions_and_go_on(house: House, signed_in: People) -> None:
    """Among thousands as among three; the next page begins where this one ended."""
    now = START - timedelta(days=1)
    list(seed(house.engine, Plan(2000, 200, 30, 1, 50, now), CITY))
    browser = signed_in("operator")
    browser.get("/calls")
    with asked_of(house.engine) as asked:
        browser.follow(browser.post("/calls", disposition="completed"))
    assert len(asked) <= MOST_OF_A_PAGE
    seen: list[str] = []
    for _ in range(3):
        seen += _ids(browser.page)
        following = browser.page.partition('rel="next" href="')[2].partition('"')[0]
        with asked_of(house.engine) as asked:
            browser.get(following.replace("&amp;", "&"))
        assert len(asked) <= MOST_OF_A_PAGE
    assert len(seen) == len(set(seen)) == 150
    with asked_of(house.engine) as asked:
        browser.get(f"/calls/{seen[0]}")
    assert len(asked) <= MOST_OF_A_PAGE


def _ids(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('<th scope="row"><a href="/calls/')[1:]]

"""The pages of the blocklist change what calls are screened by, by the register's own verbs."""

import io
from datetime import timedelta

from blacklist.record.fields import Evidence
from blacklist.record.limits import Wanted
from blacklist.record.reviews import open_review
from console.house import House
from people.audit import history
from store.sql import reading
from tests.fixtures.console import Browser
from tests.fixtures.record import MAHA, NUMBER, OTHER, Clock, disagreements
from tests.integration.console.conftest import People

HEAD = "number,reason,until\n"


def at(browser: Browser, number: str) -> str:
    """The page of a number, looked up as a person does."""
    browser.get("/blocklist")
    return browser.follow(browser.post("/blocklist/look", number=number)).get_data(as_text=True)


def test_a_number_is_restricted_and_the_next_call_meets_it(house: House, signed_in: People) -> None:
    """Typed as people write it; the index, which calls are screened by, has it at once."""
    browser = signed_in("supervisor")
    at(browser, "050 123 4567")
    answer = browser.post(
        "/blocklist/number/restrict", disposition="block", reason="harassment", days="3"
    )
    assert answer.status_code == 302
    entry = house.register.standing(NUMBER).entry
    assert entry is not None
    assert (entry.disposition, entry.who) == ("block", "a supervisor")
    assert entry.until == house.now() + timedelta(days=3)
    assert disagreements(house.register, house.register.index) == []
    assert "معاكسات" in at(browser, NUMBER), "people read words"


def test_a_strike_needs_no_more_than_an_operator(house: House, signed_in: People) -> None:
    """And is counted once a person."""
    browser = signed_in("operator")
    at(browser, NUMBER)
    browser.post("/blocklist/number/strike", reason="abuse", note="shouted")
    assert [one.note for one in house.register.standing(NUMBER).strikes] == ["shouted"]


def test_what_is_wrong_with_a_form_is_told_on_the_page(house: House, signed_in: People) -> None:
    """Nothing is changed, and what was typed is not lost from sight."""
    browser = signed_in("supervisor")
    at(browser, NUMBER)
    for form in (
        {"disposition": "block", "reason": "no such reason", "days": "3", "note": "he shouted"},
        {"disposition": "block", "reason": "abuse", "days": "-1"},
        {"disposition": "block", "reason": "abuse", "days": "400"},
        {"disposition": "block", "reason": "abuse", "days": "3", "note": "x" * 501},
    ):
        answer = browser.post("/blocklist/number/restrict", **form)
        assert answer.status_code == 422, form
        assert 'role="alert"' in answer.get_data(as_text=True)
        assert form.get("note", "")[:99] in answer.get_data(as_text=True), "nothing is lost"
    assert house.register.standing(NUMBER).entry is None


def test_lifting_allowing_and_taking_back_are_one_click(
    house: House, signed_in: People, clock: Clock
) -> None:
    """Each is in the audit under the person's own name."""
    house.register.add(NUMBER, Wanted(reason="abuse"), by=MAHA, evidence=Evidence())
    browser = signed_in("supervisor")
    at(browser, NUMBER)
    browser.post("/blocklist/number/lift", why="a mistake")
    clock.forward(minutes=1)
    at(browser, NUMBER)
    browser.post("/blocklist/number/allow", note="the mayor")
    clock.forward(minutes=1)
    at(browser, NUMBER)
    browser.post("/blocklist/number/undo")
    standing = house.register.standing(NUMBER)
    assert (standing.entry, standing.allowed) == (None, None)
    with reading(house.engine) as connection:
        made = [one.action for one in history(connection, NUMBER, made_by="a supervisor")]
    assert made == ["undone", "allowed", "lifted"]


def test_two_who_lift_at_once_are_told_who_was_late(house: House, signed_in: People) -> None:
    """The second hears that it is not in force any more."""
    house.register.add(NUMBER, Wanted(reason="abuse"), by=MAHA, evidence=Evidence())
    browser = signed_in("supervisor")
    at(browser, NUMBER)
    house.register.remove(NUMBER, by=MAHA)
    assert browser.post("/blocklist/number/lift").status_code == 409


def test_a_prefix_waits_for_a_second_person(house: House, signed_in: People) -> None:
    """Whoever asked may not agree; another manager may."""
    first, second = signed_in("manager"), signed_in("manager", "another manager")
    first.get("/blocklist/prefixes")
    asked = first.post(
        "/blocklist/prefixes/ask",
        number="+9665012345",
        disposition="challenge",
        reason="flood",
        days="1",
    )
    assert asked.status_code == 302, asked.get_data(as_text=True)
    first.get("/blocklist/prefixes")
    assert first.post("/blocklist/prefixes/approve", prefix="+9665012345").status_code == 422
    second.get("/blocklist/prefixes")
    assert second.post("/blocklist/prefixes/approve", prefix="+9665012345").status_code == 302
    entry = house.register.prefix("+9665012345")
    assert entry is not None
    assert entry.approved_by == "another manager"


def test_a_request_for_review_is_decided_with_a_reason(
    house: House, signed_in: People, clock: Clock
) -> None:
    """A refusal without one is not taken; an acceptance lifts the restriction."""
    house.register.add(NUMBER, Wanted(reason="abuse"), by=MAHA, evidence=Evidence())
    review = open_review(
        house.engine,
        number=NUMBER,
        call_id="c1",
        recording_ref="",
        now=clock.now,
        answer_within=timedelta(days=1),
    )
    browser = signed_in("supervisor")
    browser.get("/blocklist/reviews")
    refused = browser.post(f"/blocklist/reviews/{review.id}", decision="refuse", why="")
    assert refused.status_code == 422
    assert browser.post(f"/blocklist/reviews/{review.id}", decision="accept").status_code == 302
    assert house.register.standing(NUMBER).entry is None
    browser.get("/blocklist/reviews")
    again = browser.post(f"/blocklist/reviews/{review.id}", decision="accept")
    assert again.status_code == 409


def test_a_file_is_shown_before_it_is_imported(house: House, signed_in: People) -> None:
    """What is imported is what was looked at, once; nothing before."""
    browser = signed_in("manager")
    browser.get("/blocklist/files")
    until = (house.now() + timedelta(days=5)).isoformat()
    file = io.BytesIO(f"{HEAD}{NUMBER},abuse,{until}\n{OTHER},flood,{until}\n".encode())
    page = browser.post("/blocklist/files", file=(file, "list.csv"), form="csv")
    assert house.register.list() == []
    waits = page.get_data(as_text=True).split('name="file" value="')[1].split('"')[0]
    assert browser.post("/blocklist/files/import", file=waits).status_code == 302
    assert {one.subject for one in house.register.list()} == {NUMBER, OTHER}
    browser.get("/blocklist/files")
    assert browser.post("/blocklist/files/import", file=waits).status_code == 409


def test_a_file_with_a_mistake_is_told_row_by_row(house: House, signed_in: People) -> None:
    """And cannot be imported from there."""
    browser = signed_in("manager")
    browser.get("/blocklist/files")
    file = io.BytesIO(f"{HEAD}{NUMBER},no reason,\n".encode())
    page = browser.post("/blocklist/files", file=(file, "list.csv"), form="csv")
    assert 'action="/blocklist/files/import"' not in page.get_data(as_text=True)
    assert house.register.list() == []


def test_the_export_is_a_csv_that_no_spreadsheet_takes_for_formulas_asvs_1_2_10(
    house: House, signed_in: People
) -> None:
    """A note that begins as a formula does is text."""
    house.register.add(
        NUMBER, Wanted(reason="abuse", note="=HYPERLINK(1)"), by=MAHA, evidence=Evidence()
    )
    answer = signed_in("manager").get("/blocklist/export")
    assert answer.mimetype == "text/csv"
    rows = answer.get_data(as_text=True)
    assert "HYPERLINK" in rows
    assert ",=" not in rows


def test_a_note_that_is_markup_is_text_on_every_page_asvs_1_2_1(
    house: House, signed_in: People
) -> None:
    """Whatever a caller or colleague has written is shown as they wrote it, and runs nowhere."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    house.register.add(NUMBER, Wanted(reason="abuse", note=evil), by=MAHA, evidence=Evidence())
    browser = signed_in("supervisor")
    for page in (browser.get("/blocklist").get_data(as_text=True), at(browser, NUMBER)):
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
    assert "<img src=x" not in browser.get("/audit").get_data(as_text=True)


def test_a_policy_with_a_mistake_is_told_by_its_line(house: House, signed_in: People) -> None:
    """And one without recorded calls says that there is nothing to try it on."""
    browser = signed_in("manager")
    text = house.policy_file.read_text(encoding="utf-8")
    browser.get("/blocklist/policy")
    wrong = browser.post("/blocklist/policy/replay", policy=text + "\nno_such: 1\n", days="30")
    assert wrong.status_code == 422
    assert "screening.yaml:" in wrong.get_data(as_text=True)
    assert "/tmp" not in wrong.get_data(as_text=True)
    nothing = browser.post("/blocklist/policy/replay", policy=text, days="30")
    assert "لا مكالمات مسجلة في هذه المدة" in nothing.get_data(as_text=True)


def test_a_form_acts_on_the_number_of_its_own_page(house: House, signed_in: People) -> None:
    """Whatever other number its sender has looked at since, in another window."""
    browser = signed_in("supervisor")
    first = at(browser, NUMBER)
    at(browser, OTHER)
    browser.page = first
    browser.post("/blocklist/number/restrict", disposition="block", reason="abuse", days="3")
    assert [one.subject for one in house.register.list()] == [NUMBER]


def test_a_form_that_is_sent_twice_is_done_once(house: House, signed_in: People) -> None:
    """A double click is one strike; a page that is opened anew may strike again."""
    browser = signed_in("operator")
    page = at(browser, NUMBER)
    for _ in range(2):
        browser.page = page
        assert browser.post("/blocklist/number/strike", reason="abuse").status_code == 302
    with reading(house.engine) as connection:
        struck = [one for one in history(connection, NUMBER) if one.action == "strike"]
    assert len(struck) == 1


def test_an_operator_cannot_find_a_number_out_digit_by_digit(
    house: House, signed_in: People
) -> None:
    """Parts of numbers are looked for by who sees numbers; others type the whole."""
    house.register.allow(NUMBER, by=MAHA)
    operator = signed_in("operator")
    operator.get("/blocklist")
    answer = operator.post("/blocklist/look", number=NUMBER[:8])
    assert answer.headers["Location"] == "/blocklist"
    supervisor = signed_in("supervisor")
    supervisor.get("/blocklist")
    found = supervisor.follow(supervisor.post("/blocklist/look", number=NUMBER[4:9]))
    assert NUMBER in found.get_data(as_text=True)


def test_a_file_of_thousands_of_rows_is_taken(house: House, signed_in: People) -> None:
    """Larger than any other form may be."""
    browser = signed_in("manager")
    browser.get("/blocklist/files")
    rows = "".join(f"+96650{number:07d},abuse,2099-01-01\n" for number in range(4000))
    file = io.BytesIO((HEAD + rows).encode())
    answer = browser.post("/blocklist/files", file=(file, "list.csv"), form="csv")
    assert answer.status_code == 200
    assert house.register.list() == []

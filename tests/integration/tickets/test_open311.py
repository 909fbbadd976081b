"""Open311 GeoReport v2: what is posted is what the specification takes, and it is made once."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug import Response

from files.yaml_model import FileWrong
from store.sql import database_now
from tests.fixtures import contract
from tests.fixtures.examples import example
from tests.fixtures.georeport import API_KEY, JURISDICTION, GeoReport, city_at
from tests.fixtures.pushing import Way, loaded
from tests.fixtures.receivers import ENDLESS, SAID_SO, Answer, receiver
from tests.fixtures.scripted_destination import AWAY
from tests.fixtures.small_server import SmallServer, small_server
from tickets.destination import CannotAsk, Message
from tickets.destinations.open311 import Open311Destination
from tickets.health import note_failure, read_health
from tickets.model import OPENED, UPDATED
from tickets.outbox import list_attempts
from tickets.put_back import put_back
from tickets.schema import deliveries

Make = Callable[..., Open311Destination]


@pytest.fixture
def city() -> GeoReport:
    """A server that answers with ids."""
    return GeoReport()


@pytest.fixture
def server(city: GeoReport) -> Iterator[SmallServer]:
    """Where it listens."""
    with small_server(city) as running:
        yield running


@pytest.fixture
def make(server: SmallServer, tmp_path: Path) -> Make:
    """Builds the destination as an entry of the file says it."""

    def made(url: str = "", **keys: Any) -> Open311Destination:
        return city_at(url or server.url, tmp_path, **keys)

    return made


def message(event: str = OPENED, version: int = 1, **changes: Any) -> Message:
    """Of a pothole."""
    return Message(contract.pothole(), event, version, **changes)


def test_a_request_says_all_by_the_specification(city: GeoReport, make: Make) -> None:
    """Each field where it belongs; nothing of who has called in what a city may show."""
    ticket = replace(contract.all_told(), service_code="RD_HOLE", phone="+966501234567")
    ticket = replace(ticket, expected_datetime=None)
    attributes = {"WHO": "{agency_responsible}", "AREA": "{area_en}", "HOW": "{location_source}"}
    attributes["NONE"] = "{expected_datetime}"
    there = make(services={"RD_HOLE": "038"}, attributes=attributes)
    result = there.push(Message(ticket))
    assert (result.verdict, result.remote_id) == ("acknowledged", "293944")
    (made,) = city.made
    described = made.pop("description").split("\n")
    assert made.pop("at")
    assert made == {
        "api_key": API_KEY,
        "jurisdiction_id": JURISDICTION,
        "service_code": "038",
        "lat": "21.5433",
        "long": "39.1728",
        "address_id": "RRRD2929",
        "address_string": f"{ticket.address_string}, JED-05, JED-05",
        "first_name": "أمل",
        "last_name": "بدر",
        "phone": "+966501234567",
        "service_request_id": "293944",
    }
    assert city.attributes == [
        {
            "attribute[WHO][]": ["roads", "parks"],
            "attribute[AREA]": ["JED-05"],
            "attribute[HOW]": ["map"],
        }
    ]
    assert described[0] == "[940-169553404]"
    assert "الخدمة: حفرة في الطريق" in described
    assert "Service: Pothole" in described
    assert described[-2:] == ["حفرة أمام المدرسة", "وأخرى بعدها"]
    assert not [line for line in described if "966" in line or "أمل" in line]


@pytest.mark.parametrize(
    ("changes", "located"),
    [
        ({}, {"address_string": "7421, 23218"}),
        (
            {"address_string": "BRM", "sub_municipality": "BRM"},
            {"address_string": "بريمان, Briman"},
        ),
        ({"address_string": None, "address": {}}, {"address_string": "جدة, Jeddah"}),
        ({"address_string": None, "lat": 21.5, "long": 39.1}, {"lat": "21.5", "long": "39.1"}),
    ],
)
def test_a_request_has_a_place_whatever_is_known(
    city: GeoReport, make: Make, changes: dict[str, Any], located: dict[str, str]
) -> None:
    """One of three ways is required; where nobody knows more it is the city."""
    ticket = replace(contract.pothole(), **changes)
    assert make().push(Message(ticket)).verdict == "acknowledged"
    (made,) = city.made
    names = ("lat", "long", "address_string")
    assert {name: made[name] for name in names if name in made} == located


def test_a_long_description_is_cut_between_words(city: GeoReport, make: Make) -> None:
    """At 4,000 characters, and what names the ticket is whole."""
    ticket = replace(contract.pothole(), description="حُفرة كبيرة " * 333)
    assert make().push(Message(ticket)).verdict == "acknowledged"
    described = city.made[0]["description"]
    assert 3980 < len(described) <= 4000
    assert described.startswith("[940-989036781]\n")
    assert described.endswith((" حُفرة …", " كبيرة …"))


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_ticket_is_made_once_though_the_answer_was_lost(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, make: Make, form: str
) -> None:
    """The list is looked through for our mark before anything is posted again."""
    way = Way(any_engine, make(format=form))
    way.open()
    way.open(origin="call:c2:1")
    server.lost = 1
    outcomes = [way.attempt() for _ in range(3)]
    assert outcomes == ["failed", "acknowledged", "acknowledged"]
    assert len(server.asked("POST")) == len(city.made) == 2
    assert {row.remote_id for row in way.rows()} == {"293944", "293945"}
    (look,) = server.asked("GET")
    assert look.args["service_code"] == "RD_HOLE"


@pytest.mark.parametrize("status", [401, 403])
def test_a_list_that_is_refused_for_a_moment_makes_no_second_request(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, make: Make, status: int
) -> None:
    """By a key that was wrong, or a proxy: it is asked again, and found."""
    way = Way(any_engine, make())
    way.open()
    server.lost = 1
    assert way.attempt() == "failed"
    city.lists, city.no_list = False, status
    assert way.attempt() == "failed"
    assert way.rows()[0].last_status == status
    city.lists = True
    assert way.attempt() == "acknowledged"
    assert len(city.made) == 1


def test_what_was_sent_lately_is_not_sent_again_before_it_can_be_found(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, make: Make
) -> None:
    """The moment counts at which an attempt last may have reached it, and no later question."""
    way = Way(any_engine, make(found_after="10m"))
    way.open()
    server.lost, city.hidden = 1, 1
    assert [way.attempt() for _ in range(3)] == ["failed", "failed", "acknowledged"]
    assert len(server.asked("POST")) == 1
    (_, waited, _) = list_attempts(any_engine, way.rows()[0].id)
    assert "not find it yet" in (waited.error or "")


def test_what_has_reached_nobody_is_not_waited_for(
    any_engine: sa.Engine, city: GeoReport, make: Make
) -> None:
    """A refusal that says so leaves no doubt."""
    way = Way(any_engine, make(found_after="10m"))
    way.open()
    city.services = ()
    assert way.attempt() == "failed"
    city.services = ("RD_HOLE",)
    assert way.attempt() == "acknowledged"


def test_words_of_a_caller_are_no_mark(city: GeoReport, make: Make) -> None:
    """Who says another's mark in a report takes nobody's ticket away."""
    there = make()
    other = replace(
        contract.pothole(), service_request_id="123456782", description="[940-989036781]"
    )
    there.push(Message(other))
    again = message(repeated=True, first_sent_at=datetime.now(UTC))
    assert there.push(again).remote_id == "293945"
    assert len(city.made) == 2


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_token_is_asked_for_until_it_has_a_number(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, make: Make, form: str
) -> None:
    """404 is "not yet"; an answer that is lost on the way changes nothing; one POST in all."""
    city.batch = True
    way = Way(any_engine, make(format=form))
    way.open()
    assert way.attempt() == "accepted"
    server.to, server.lost = ("GET",), 1
    outcomes = [way.attempt() for _ in range(3)]
    assert outcomes == ["failed", "accepted", "accepted"]
    city.settle()
    assert way.attempt() == "acknowledged"
    assert way.rows()[0].remote_id == "293944"
    assert len(server.asked("POST")) == 1
    assert server.asked("GET")[-1].path.startswith("/v2/tokens/t/293944.")


def test_what_a_server_has_lost_is_posted_anew_when_it_is_put_back(
    any_engine: sa.Engine, city: GeoReport, make: Make
) -> None:
    """The token of before, which it may know still, is not asked whether it is there."""
    city.batch = True
    way = Way(any_engine, make())
    way.open()
    assert way.attempt() == "accepted"
    city.settle()
    assert way.attempt() == "acknowledged"
    city.made.clear()
    its = deliveries.c.destination == "city"
    assert put_back(any_engine, its, states=("acknowledged",)) == 1
    assert way.attempt() == "accepted"
    assert len(city.made) == 1


def test_a_token_that_is_known_no_more_is_not_the_end(city: GeoReport, make: Make) -> None:
    """The request is looked for in the list, which has it since."""
    city.batch = True
    there = make()
    first = there.push(message())
    assert (first.verdict, first.token) == ("accepted", "t/293944")
    with small_server(lambda _request: Response("", 410)) as gone:
        lost = make(gone.url).push(message(token="t/293944"))
    assert (lost.verdict, lost.token) == ("retry", "")
    again = message(repeated=True, first_sent_at=datetime.now(UTC))
    assert there.push(again).remote_id == "293944"
    assert len(city.made) == 1


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_a_server_without_a_list_is_posted_to_again(
    city: GeoReport, server: SmallServer, make: Make, status: int
) -> None:
    """Nobody can look there: better twice than never."""
    city.lists, city.no_list = False, status
    again = message(repeated=True, first_sent_at=datetime.now(UTC))
    assert make().push(again).verdict == "acknowledged"
    assert len(server.requests) == 2
    server.lost = 1
    lost = make().push(again)
    assert (lost.verdict, lost.unsure, lost.blind) == ("retry", True, True), "it is not tried often"


@pytest.mark.parametrize(
    "answer",
    [
        Response("", 503, headers={"Retry-After": "60"}),
        *(Response("", status) for status in (400, 401, 403, 406, 429, 500)),
        Response("<!doctype html><p>maintenance</p>", content_type="text/html"),
        Response("true", content_type="application/json"),
        Response("<html></html>", content_type="text/xml"),
        Response('[{"code": 500, "description": "CRM is down"}]', content_type="application/json"),
        Response('{"error": "CRM is down"}', content_type="application/json"),
        Response("<errors><error><code>500</code></error></errors>", content_type="text/xml"),
    ],
)
def test_who_does_not_say_whether_it_has_it_is_not_posted_to(answer: Response, make: Make) -> None:
    """It is asked again first."""
    with small_server(lambda _request: answer) as elsewhere:
        again = message(repeated=True, first_sent_at=datetime.now(UTC))
        result = make(elsewhere.url).push(again)
        assert (result.verdict, result.unsure) == ("retry", False)
        assert (result.error or "").startswith("asked whether it has this already: HTTP ")
        assert elsewhere.asked("POST") == []


def test_a_list_that_is_late_is_waited_for(city: GeoReport, make: Make) -> None:
    """What was posted a moment ago may not be in it yet: `found_after` says for how long."""
    there, now = make(found_after="10m"), datetime.now(UTC)
    assert there.push(message()).verdict == "acknowledged"  # and say that this answer was lost
    city.hidden = 1
    lately: dict[str, Any] = {"repeated": True, "first_sent_at": now, "unsure_at": now}
    assert there.push(message(**lately)).verdict == "retry"
    assert there.push(message(**lately)).remote_id == "293944"
    city.hidden = 1
    earlier = {**lately, "unsure_at": now - timedelta(minutes=11)}
    assert there.push(message(**earlier)).remote_id == "293945"
    assert len(city.made) == 2


def test_a_later_version_is_a_request_that_names_the_first(
    any_engine: sa.Engine, city: GeoReport, server: SmallServer, make: Make
) -> None:
    """GeoReport v2 has no updates. It is found again by a mark of its own, and made once."""
    way = Way(any_engine, make())
    ticket = way.open()
    assert way.attempt() == "acknowledged"
    changed = way.change(ticket, status="reopen", satisfaction=2)
    server.lost = 1
    assert [way.attempt(), way.attempt()] == ["failed", "acknowledged"]
    assert [row.remote_id for row in way.rows()] == ["293944", "293945"]
    first, second = (made["description"].split("\n") for made in city.made)
    assert first[0] == f"[940-{ticket.service_request_id}]"
    assert second[:3] == [
        f"[940-{ticket.service_request_id}/{changed.version}]",
        "إضافة إلى الطلب 293944",
        "Added to request 293944",
    ]
    assert "Status: Opened again" in second
    assert "تقييم المتصل: 2 من 5" in second


def test_later_versions_may_be_left_out(server: SmallServer, make: Make) -> None:
    """Then that is what is said of them, and nothing is sent."""
    result = make(updates="leave").push(message(UPDATED, 2, remote_id="293944"))
    assert (result.verdict, result.remote_id) == ("acknowledged", "293944")
    assert "not told" in (result.error or "")
    assert server.requests == []


def test_what_nobody_was_told_says_nothing_of_a_server_s_health(
    any_engine: sa.Engine, city: GeoReport, make: Make
) -> None:
    """A later version that is left out does not make an ill destination well."""
    way = Way(any_engine, make(updates="leave"))
    ticket = way.open()
    assert way.attempt() == "acknowledged"
    way.change(ticket, satisfaction=2)
    with any_engine.begin() as connection:
        note_failure(connection, "city", AWAY, database_now(connection))
    assert way.attempt() == "acknowledged"
    assert [one.failures for one in read_health(any_engine)] == [1]
    assert len(city.made) == 1


@pytest.mark.parametrize(
    ("status", "told", "verdict"),
    [
        (400, [{"code": 400, "description": "General Service error"}], "retry"),
        (403, [{"code": 403, "description": "no such key"}], "retry"),
        (404, [{"code": 404, "description": "service_code 038 was not found"}], "retry"),
        (400, [{"code": 400, "description": "989036781 is in another city"}], "refused"),
        (422, [{"code": 422, "description": "[940-989036781]: no"}], "refused"),
        (409, {"error": {"code": "conflict"}}, "retry"),
        (409, {"error": ["duplicate"]}, "retry"),
        (500, [{"code": 500, "description": "989036781"}], "retry"),
        (307, [], "retry"),
        (410, [], "gone"),
        (200, [{"service_request_id": "", "token": None}], "retry"),
        (200, [], "retry"),
        (200, {"error": "the CRM is down"}, "retry"),
        (201, [{"service_request_id": 17, "token": ""}], "acknowledged"),
        (201, [{"service_request_id": 17, "token": "t-1"}], "acknowledged"),
        (200, {"service_requests": [{"service_request_id": "17"}]}, "acknowledged"),
        (200, [{"token": 12345}], "accepted"),
    ],
)
def test_what_an_answer_means(make: Make, status: int, told: Any, verdict: str) -> None:
    """A ticket is refused where the answer names it; else any ticket might have met it."""
    answer = Response(json.dumps(told), status, content_type="application/json")
    answer.headers["Location"] = "http://127.0.0.1:1/elsewhere"
    with small_server(lambda _request: answer) as elsewhere:
        result = make(elsewhere.url).push(message())
        assert len(elsewhere.requests) == 1, "no redirect is followed"
    assert (result.verdict, result.status) == (verdict, status)
    assert result.unsure is (verdict == "retry" and status in (200, 500))


def test_a_key_that_is_repeated_is_not_told_on(make: Make) -> None:
    """Some servers say which key they do not know; in XML what they say is between tags."""
    said = f"<error><description>{API_KEY}?</description></error>"
    told = f'<?xml version="1.0"?><errors>{said}</errors>'
    answer = Response(told, 403, content_type="text/xml")
    with small_server(lambda _request: answer) as there:
        assert make(there.url).push(message()).answer == "…?"


@pytest.mark.parametrize("answer", [*ENDLESS.values(), *SAID_SO.values()])
def test_an_answer_without_an_end_is_given_up(answer: Answer, make: Make) -> None:
    """In time, whether it drips or floods; and the request may be there."""
    with receiver(answer) as there:
        result = make(there.url().removesuffix("/tickets"), timeout="0.4s").push(message())
    assert (result.verdict, result.unsure) == ("retry", True)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<service_requests><request><service_request_id>&b;</service_request_id></request></service_requests>
"""


ODD = [
    f'<?xml version="1.0" encoding="{name}"?><a><b><service_request_id>1'.encode()
    + b"</service_request_id></b></a>"
    for name in ("gb2312", "nonsense", "base64", "idna")
]


@pytest.mark.parametrize(
    "body", [BOMB, b"<a>" * 5000, b"<a", b"<html><x>1</x></html>", b"\xff", *ODD]
)
def test_xml_that_declares_or_nests_is_not_read(body: bytes, make: Make) -> None:
    """Entities unfold without end, and files of this machine may be named by them."""
    answer = Response(body, content_type="text/xml")
    with small_server(lambda _request: answer) as elsewhere:
        result = make(elsewhere.url, format="xml").push(message())
    assert (result.verdict, result.remote_id) == ("retry", None)


def test_a_private_address_is_asked_where_the_file_says_so(server: SmallServer, make: Make) -> None:
    """And nowhere else."""
    result = make(private_addresses=False).push(message())
    assert result.verdict == "retry"
    assert "private_addresses: true" in (result.error or "")
    assert server.requests == []


def test_what_it_holds_is_told_by_our_references(city: GeoReport, make: Make) -> None:
    """Also what it has twice; others' requests are not ours to compare."""
    there = make()
    there.push(message())
    there.push(message(UPDATED, 2))
    city.made.append({**city.made[0], "description": "a pothole", "service_request_id": "x"})
    held = list(there.held(datetime.now(UTC) - timedelta(days=200), []))
    assert [(one.reference, one.remote_id, one.version) for one in held] == [
        ("989036781", "293944", 1),
        ("989036781", "293945", 2),
    ]


def test_long_lists_are_asked_for_in_parts(
    city: GeoReport, server: SmallServer, make: Make
) -> None:
    """Of 90 days, and of less where 1,000 rows come."""
    city.clock = datetime.now(UTC) - timedelta(days=100)
    there = make()
    there.push(message())
    (first,) = city.made
    for number in range(2500):
        moment = city.clock + timedelta(minutes=number)
        row = {"at": moment.isoformat(), "service_request_id": str(number)}
        city.made.append({**first, **row, "description": f"[940-{100000000 + number}]"})
    held = list(there.held(datetime.now(UTC) - timedelta(days=150), []))
    assert len({one.reference for one in held}) == 2501
    assert len(server.asked("GET")) > 4


def test_without_a_list_each_number_is_asked_for(city: GeoReport, make: Make) -> None:
    """What it has no more is missing."""
    there = make()
    there.push(message())
    city.lists = False
    sent = [message(remote_id="293944"), message(remote_id="1")]
    held = list(there.held(datetime.now(UTC), sent))
    assert [one.remote_id for one in held] == ["293944"]


def test_who_does_not_tell_what_it_holds_says_so(make: Make) -> None:
    """Nothing is missing because a server is away."""
    with small_server(lambda _request: Response("", 502)) as elsewhere:
        there = make(elsewhere.url)
        with pytest.raises(CannotAsk, match="502"):
            list(there.held(datetime.now(UTC), [message(remote_id="1")]))


def test_a_key_that_is_gone_is_told_and_not_shown(
    server: SmallServer, make: Make, tmp_path: Path
) -> None:
    """It is read anew for each attempt; nothing is sent without it."""
    key = tmp_path / "city"
    key.write_text(API_KEY, encoding="utf-8")
    there = make(api_key={"file": "city"})
    key.unlink()
    result = there.push(message())
    assert (result.verdict, server.requests) == ("retry", [])
    assert API_KEY not in repr(there)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"services": {"NO_SUCH": "1"}}, "city.services.NO_SUCH: is no service"),
        ({"attributes": {"A": "{plaec}"}}, r"city.attributes.A: .*\{plaec\} is not known: \{place"),
        ({"api_key": "abc"}, "city.api_key: .*is a secret"),
        ({"endpoint": "https://x.example/v2?a=b"}, "city.endpoint: .*without"),
        ({"format": "csv"}, "city.format: "),
    ],
)
def test_an_entry_that_cannot_work_is_told_by_its_key(
    make: Make, keys: dict[str, Any], problem: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(FileWrong, match=rf"destinations.yaml:1: destinations.{problem}"):
        make(**keys)


def test_the_guide_s_example_is_taken(city: GeoReport, server: SmallServer, tmp_path: Path) -> None:
    """All but where the server is, and that it is on this machine."""
    text = example("open311").replace("https://311.city.example", server.url)
    text += "    private_addresses: true\n"
    there = loaded(text, tmp_path, CITY_API_KEY=API_KEY)["city"]
    assert there.push(message()).verdict == "acknowledged"
    assert city.made[0]["service_code"] == "038"
    assert city.attributes == [{"attribute[DISTRICT]": ["7421, 23218"]}]

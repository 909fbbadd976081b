"""The list of a day's tickets: what stands in it, and that a day has one."""

import csv
import io
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import redis
import sqlalchemy as sa

from files.spreadsheet import restored
from outbox.relay import RelayPolicy, relay_once
from outbox.schedule import Schedule
from outbox.worker import run_worker
from store.sql import reading
from tests.fixtures.mail import ZONE, Mailbox, mail_server, mail_to, polite, scripted
from tests.fixtures.tickets import new_ticket, python_process, wait_until
from tickets.destinations.mail.destination import EmailDestination
from tickets.destinations.mail.digest import send_digest
from tickets.destinations.mail.digest_rows import MOST_ROWS
from tickets.digests import LANE, Digester, hand_out_digests
from tickets.model import Ticket
from tickets.open import open_ticket
from tickets.schema import deliveries, digests, tickets

MIDNIGHT = {"roads": time()}
ALWAYS = Schedule((0.0, 0.0, 0.0))
FORMULAS = ("=1+1", "+966501234567", "-2", "@SUM(A1)", "\t=1+1", "\r=1", "＝1", "  =2", "'=3")


def yesterday() -> date:
    """By the city's clock."""
    return datetime.now(ZONE).date() - timedelta(days=1)


def told_on(engine: sa.Engine, day: date, origin: str, to: str = "roads", **changes: Any) -> Ticket:
    """A ticket that is there since noon of `day`, as its delivery is; `a` before `b`."""
    noon = datetime.combine(day, time(12, ord(origin) - ord("a")), ZONE)
    ticket = open_ticket(engine, new_ticket(origin, **changes), destinations=[to], now=noon)
    with engine.begin() as connection:
        its = deliveries.c.ticket_id == ticket.idempotency_key
        connection.execute(deliveries.update().where(its).values(created_at=noon))
    return ticket


def change(engine: sa.Engine, ticket: Ticket, **values: Any) -> None:
    """Set what is in no call's hands."""
    with engine.begin() as connection:
        its = tickets.c.idempotency_key == ticket.idempotency_key
        connection.execute(tickets.update().where(its).values(values))


def states(engine: sa.Engine) -> Mapping[str, str]:
    """The lists that are written down."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(digests.c.id, digests.c.state).order_by(digests.c.id))
        return {row.id: row.state for row in rows}


def digester(engine: sa.Engine, *destinations: EmailDestination) -> Digester:
    """That tries at once again."""
    made = {one.name: replace(one, retry=ALWAYS) for one in destinations}
    return Digester(engine, made, ALWAYS)


def daily(port: int, folder: Path, **changes: Any) -> EmailDestination:
    """The destination `roads`, which wants a list."""
    return mail_to(port, folder, digest="07:00", **changes)


def tables(letter: EmailMessage) -> tuple[list[list[str]], openpyxl.Workbook]:
    """The attachments, read back: the rows of the CSV, the workbook."""
    _, book = letter.iter_attachments()
    return rows_of(letter), openpyxl.load_workbook(io.BytesIO(book.get_content()))


def rows_of(letter: EmailMessage) -> list[list[str]]:
    """Of the CSV alone."""
    text, _ = letter.iter_attachments()
    assert text.get_content_type() == "text/csv"
    rows = text.get_content()
    assert rows.startswith("\ufeff")
    return list(csv.reader(io.StringIO(rows.removeprefix("\ufeff"), newline="")))


def test_a_list_has_the_day_s_tickets_and_the_open_ones(
    any_engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """Of this destination alone, by the city's day, in both languages and two forms."""
    day = yesterday()
    one = told_on(any_engine, day, "a", sub_municipality="JAM", callback_requested=True)
    done = told_on(any_engine, day, "b", description="سطر\nوآخر")
    change(any_engine, done, status="fixed")
    old = told_on(any_engine, day - timedelta(days=5), "c")
    told_on(any_engine, day, "d", to="parks")
    told_on(any_engine, day + timedelta(days=1), "e")
    closed = told_on(any_engine, day - timedelta(days=5), "f")
    change(any_engine, closed, status="closed")
    result = send_digest(any_engine, daily(server.port, tmp_path), day)
    assert result.verdict == "acknowledged"
    (letter,) = server.messages()
    assert letter["Message-ID"] == f"<digest-roads-{day}@jeddah.example>"
    assert letter["Subject"] == f"قائمة بلاغات 940 · List of 940's tickets · roads · {day}"
    assert letter["To"] == "roads@jeddah.example"
    rows, book = tables(letter)
    assert rows[0][:4] == [
        "القائمة / List",
        "رقم المرجع / Reference",
        "وقت التسجيل / Opened",
        "الخدمة / Service",
    ]
    listed = {(row[0].split(" / ")[1], row[1]) for row in rows[1:]}
    assert listed == {
        ("That day", one.service_request_id),
        ("That day", done.service_request_id),
        ("Still open", one.service_request_id),
        ("Still open", old.service_request_id),
    }
    first = dict(zip([head.split(" / ")[1] for head in rows[0]], rows[1], strict=True))
    assert first["Service"] == "حفرة في الطريق / Pothole"
    assert first["Sub-municipality"] == "الجامعة / Al-Jamiah"
    assert first["Opened"] == f"{day} 12:00"
    assert (first["Wants to be called back"], first["Late"]) == ("نعم / Yes", "")
    assert restored(first["Caller's number"]) == "+966501234567"
    assert book.sheetnames == ["تذاكر اليوم - That day", "ما زالت مفتوحة - Still open"]
    for sheet, top in zip(book.worksheets, (one, old), strict=True):
        assert sheet.sheet_view.rightToLeft
        assert sheet.freeze_panes == "B2"
        assert sheet.max_row == 3
        assert [cell.value for cell in sheet[1]] == rows[0][1:]
        assert (sheet["A2"].value, sheet["A2"].data_type) == (top.service_request_id, "s")
        assert 10 < sheet.column_dimensions["A"].width < sheet.column_dimensions["H"].width
    plain = letter.get_body(("plain",))
    assert plain is not None
    told = plain.get_content().replace("\u2068", "").replace("\u2069", "")
    assert "Tickets of that day: 2" in told
    assert "تذاكر ما زالت مفتوحة: 2" in told
    assert "of these late: 1" in told


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_computed(
    formula: str, engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """What a caller says may begin as it likes: it is text, and comes back as it was."""
    ticket = told_on(engine, yesterday(), "a")
    change(engine, ticket, description=formula, address_string=formula)
    send_digest(engine, daily(server.port, tmp_path, languages=["en"]), yesterday())
    rows, book = tables(server.messages()[0])
    at, place = rows[0].index("Description"), rows[0].index("Place")
    for row in rows[1:]:
        bare = [cell.lstrip() for cell in row if not cell.startswith("'")]
        assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in bare)
        assert restored(row[at]) == restored(row[place])
        shown = formula.replace("\t", " ").replace("\r", "\n")
        assert restored(row[at]) == shown
    for sheet in book.worksheets:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
        assert not any(
            cell.data_type == "n" and cell.value is not None
            for row in sheet.iter_rows()
            for cell in row
        )
        assert sheet.cell(2, at).value == shown
        assert not sheet.sheet_view.rightToLeft


def test_a_list_is_written_down_once_a_day(any_engine: sa.Engine) -> None:
    """Whichever relays do so at once, and however often; not before its time of day."""
    day = yesterday()
    assert hand_out_digests(any_engine, ZONE, {"late": time(23, 59, 59, 999_999)}) == []
    made: list[str] = []
    begin = threading.Barrier(4)

    def relay() -> None:
        begin.wait()
        made.extend(hand_out_digests(any_engine, ZONE, MIDNIGHT))

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [f"roads-{day}"]
    assert hand_out_digests(any_engine, ZONE, MIDNIGHT) == []
    assert states(any_engine) == {f"roads-{day}": "pending"}


def test_days_that_an_outage_left_out_are_made_up_for(any_engine: sa.Engine) -> None:
    """A week of them at most."""
    day = yesterday()
    assert hand_out_digests(any_engine, ZONE, MIDNIGHT) == [f"roads-{day}"]
    for missed, most in ((3, 3), (30, 7)):
        with any_engine.begin() as connection:
            connection.execute(digests.delete().where(digests.c.id != f"roads-{day}"))
            last = day - timedelta(days=missed)
            connection.execute(digests.update().values(day=last, id=f"roads-{last}"))
        days = [day - timedelta(days=back) for back in range(most)]
        assert hand_out_digests(any_engine, ZONE, MIDNIGHT) == [f"roads-{d}" for d in sorted(days)]
        with any_engine.begin() as connection:
            connection.execute(digests.delete().where(digests.c.day < day))


def test_relay_and_worker_send_it_once(
    engine: sa.Engine, redis_url: str, server: Mailbox, tmp_path: Path
) -> None:
    """By a queue of its own; what is queued again finds nothing to do."""
    told_on(engine, yesterday(), "a")
    hand_out_digests(engine, ZONE, MIDNIGHT)
    made = digester(engine, daily(server.port, tmp_path))
    with redis.Redis.from_url(redis_url) as client:
        for queued in (1, 0):
            assert relay_once(engine, client, RelayPolicy(), [LANE]) == queued
            run_worker(client, made.jobs(), [LANE.name], burst=True)
    assert made.send(f"roads-{yesterday()}") == "skipped"
    assert len(server.letters) == 1
    assert states(engine) == {f"roads-{yesterday()}": "sent"}


def test_what_fails_is_tried_again_and_then_given_up(engine: sa.Engine, tmp_path: Path) -> None:
    """By the destination's own times; a destination that is gone ends it at once."""
    hand_out_digests(engine, ZONE, MIDNIGHT)
    row = f"roads-{yesterday()}"
    with mail_server() as server:
        server.to_data = "451 4.3.0 later"
        made = digester(engine, daily(server.port, tmp_path))
        assert [made.send(row), made.send(row), made.send(row)] == ["failed", "failed", "dead"]
        assert made.send(row) == "skipped"
    hand_out_digests(engine, ZONE, {"parks": time(), "water": time()})
    plain = replace(mail_to(server.port, tmp_path), name="water")
    made = digester(engine, plain)
    assert made.send(f"parks-{yesterday()}") == "dead"
    assert made.send(f"water-{yesterday()}") == "dead"


def test_who_is_put_off_gets_the_list_later_and_nobody_twice(
    any_engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """It is sent when all have it; after its last attempt who is put off goes without."""
    two = ["a@jeddah.example", "b@jeddah.example"]
    hand_out_digests(any_engine, ZONE, MIDNIGHT)
    row, made = f"roads-{yesterday()}", digester(any_engine, daily(server.port, tmp_path, to=two))
    server.to_recipients = {"b@jeddah.example": "451 4.7.1 greylisted"}
    assert made.send(row) == "failed"
    server.to_recipients = {}
    assert made.send(row) == "sent"
    assert [one.rcpt_tos for one in server.letters] == [two[:1], two[1:]]
    hand_out_digests(any_engine, ZONE, {"parks": time()})
    parks = replace(daily(server.port, tmp_path, to=two), name="parks")
    row, made = f"parks-{yesterday()}", digester(any_engine, parks)
    server.to_recipients = {"b@jeddah.example": "451 4.7.1 greylisted"}
    assert [made.send(row) for _ in range(3)] == ["failed", "failed", "sent"]
    assert [one.rcpt_tos for one in server.letters[2:]] == [two[:1]]


_SENDER = """
import sys
from pathlib import Path
from store.database import make_engine
from tests.fixtures.mail import mail_to
from tests.integration.mail.test_digest import daily, digester
made = digester(make_engine(sys.argv[1]), daily(int(sys.argv[2]), Path(sys.argv[3])))
made.send(sys.argv[4])
"""


def test_a_worker_that_is_killed_leaves_the_same_letter_to_another(
    engine: sa.Engine, database_url: str, tmp_path: Path
) -> None:
    """Killed while the server has it and has not said so: the second is the first once more."""
    ticket = told_on(engine, yesterday(), "a")
    hand_out_digests(engine, ZONE, MIDNIGHT)
    row = f"roads-{yesterday()}"
    with scripted(
        lambda told, peer: polite(peer, told, "dot", lambda _: told.over.wait(60))
    ) as server:
        arguments = (database_url, str(server.port), str(tmp_path), row)
        with python_process(_SENDER, *arguments) as process:
            wait_until(lambda: server.bodies, "the letter is there")
            process.kill()
    with engine.begin() as connection:
        held = connection.execute(sa.select(digests.c.lease_until, digests.c.attempts)).one()
        assert (held.lease_until > datetime.now(UTC), held.attempts) == (True, 1)
    with mail_server() as after:
        made = digester(engine, daily(after.port, tmp_path))
        assert made.send(row) == "skipped"  # the lease of who was killed
        with engine.begin() as connection:
            over = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(digests.update().values(lease_until=over))
        assert made.send(row) == "sent"
        (letter,) = after.messages()
    assert f"Message-ID: {letter['Message-ID']}".encode() in server.bodies[0]
    assert tables(letter)[0][1][1] == ticket.service_request_id


def test_a_list_that_is_too_long_is_cut_and_says_so(
    engine: sa.Engine, server: Mailbox, tmp_path: Path
) -> None:
    """Every mailbox takes what is sent."""
    ticket = told_on(engine, yesterday(), "a")
    columns = [c.name for c in tickets.c]
    with engine.begin() as connection:
        row = dict(connection.execute(sa.select(tickets)).one()._mapping)
        delivery = dict(connection.execute(sa.select(deliveries)).one()._mapping)
        more = [
            {**row, "idempotency_key": f"k{n}", "origin": f"o{n}", "service_request_id": f"{n:09}"}
            for n in range(MOST_ROWS)
        ]
        assert set(more[0]) == set(columns)
        connection.execute(tickets.insert(), more)
        told = [{**delivery, "id": f"d{n}", "ticket_id": f"k{n}"} for n in range(MOST_ROWS)]
        connection.execute(deliveries.insert(), told)
    assert ticket.is_open
    assert send_digest(engine, daily(server.port, tmp_path), yesterday()).verdict == "acknowledged"
    (letter,) = server.messages()
    assert len(rows_of(letter)) == 1 + 2 * MOST_ROWS
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "The lists are cut" in plain.get_content()
    assert len(server.raw()[0]) < 5_000_000

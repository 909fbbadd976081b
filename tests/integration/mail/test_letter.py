"""A ticket as a letter: what arrives at a real mail server, read as a mail program reads it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures import contract
from tests.fixtures.mail import Mailbox, mail_server, mail_to
from tickets.destination import Message
from tickets.model import UPDATED, Ticket

WORDS = (
    'قال: "<b>خطر</b>" & <img src=http://evil.example/x.png onerror=alert(1)>\r\n'
    "Bcc: all@example.org\r\n\r\n\u202egnp.exe\u202c\u2069\u2067 =1+1 \x85{{ 7*7 }}\u2028end"
)
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2067\u200e\u200f]")


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Kept."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Kept."""
        self.text += data


def complaint(**changes: Any) -> Ticket:
    """A ticket with all that there is, changed by its caller since."""
    notes = [{"origin": "n", "recording_ref": "c2-4", "recording_ms": 64_100, "call_id": "c2"}]
    notes[0]["at"] = "2026-11-25T08:00:00+00:00"
    ticket = contract.all_told()
    values: dict[str, Any] = {
        "sub_municipality": "JAM",
        "phone": "+966501234567",
        "caller_id_withheld": False,
        "status": "reopen",
        "version": 3,
        "satisfaction": 2,
        "attributes": {
            **ticket.attributes,
            "recording_ms": 6200,
            "complaint": "LATE",
            "notes": notes,
            "called_from": "+966559876543",
            "told_references": ["912345678"],
        },
    }
    return replace(ticket, **(values | changes))


def sent(server: Mailbox, folder: Path, message: Message, **changes: Any) -> EmailMessage:
    """The letter that arrives of it."""
    result = mail_to(server.port, folder, **changes).push(message)
    assert result.verdict == "acknowledged", result
    return server.messages()[-1]


def body(letter: EmailMessage, kind: str) -> str:
    """One of its bodies."""
    part = letter.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text


def test_a_letter_arrives_with_all_its_headers(server: Mailbox, tmp_path: Path) -> None:
    """From, to and about what; which ticket and version it is of, for programs too."""
    before = datetime.now(UTC) - timedelta(seconds=1)
    result = mail_to(
        server.port,
        tmp_path,
        **{"from": "خط البلاغات 940 <hotline@jeddah.example>"},
        to=["إدارة الطرق <roads@jeddah.example>", "chief@jeddah.example"],
        cc=["Desk <desk@jeddah.example>"],
        reply_to="answers@jeddah.example",
    ).push(Message(contract.pothole()))
    assert (result.verdict, result.status, result.remote_id) == ("acknowledged", 250, "4F2A1")
    (letter,), (envelope,) = server.messages(), server.letters
    everyone = ["roads@jeddah.example", "chief@jeddah.example", "desk@jeddah.example"]
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hotline@jeddah.example", everyone)
    assert letter["From"] == "خط البلاغات 940 <hotline@jeddah.example>"
    assert letter["To"] == "إدارة الطرق <roads@jeddah.example>, chief@jeddah.example"
    assert letter["Cc"] == "Desk <desk@jeddah.example>"
    assert letter["Reply-To"] == "answers@jeddah.example"
    assert letter["Subject"] == "940 · 989036781 · حفرة في الطريق · Pothole"
    key = contract.pothole().idempotency_key
    assert letter["Message-ID"] == f"<{key}@jeddah.gov.sa>"
    assert before <= parsedate_to_datetime(letter["Date"]) <= datetime.now(UTC)
    assert letter["Auto-Submitted"] == "auto-generated"
    assert (letter["X-940-Reference"], letter["X-940-Version"]) == ("989036781", "1")
    assert (letter["In-Reply-To"], letter["References"]) == (None, None)
    assert letter.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in letter.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    (raw,) = server.raw()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_what_is_later_is_in_the_thread_of_what_was_opened(server: Mailbox, tmp_path: Path) -> None:
    """By reference to its letter, whose number is the same on every attempt."""
    ticket = complaint()
    opened = sent(server, tmp_path, Message(ticket))
    again = sent(server, tmp_path, Message(ticket, repeated=True))
    changed = sent(server, tmp_path, Message(ticket, UPDATED, 3))
    assert opened["Message-ID"] == again["Message-ID"]
    assert changed["Message-ID"] == f"<{ticket.idempotency_key}-v3@jeddah.gov.sa>"
    assert changed["In-Reply-To"] == changed["References"] == opened["Message-ID"]
    assert changed["X-940-Version"] == "3"
    assert changed["Subject"] == opened["Subject"]


def test_both_bodies_say_all_that_is_known_in_arabic_first(server: Mailbox, tmp_path: Path) -> None:
    """By the names of the catalogue and the clock of the city; each language its own way round."""
    letter = sent(server, tmp_path, Message(complaint(), UPDATED, 3))
    page, plain = Page(body(letter, "html")), body(letter, "plain")
    known = (
        *(
            "169553404",
            "912345678",
            "+966501234567",
            "+966559876543",
            "989036781",
            "x-1 (0:06)",
            "x-3",
        ),
        *("25/11/2026 11:00 c2-4 (1:04)", "24/11/2026 12:00", "25/11/2026 12:00", "RRRD2929"),
        *("21.543300, 39.172800", "شارع فلسطين", "أمل بدر", "حفرة أمام المدرسة", "وأخرى بعدها"),
    )
    arabic = (
        *("أخرى", "شكوى", "أعيد فتحه", "عالية", "الجامعة", "العربية", "نعم", "2 من 5"),
        *("بلاغ متأخر أو نفذ تنفيذا سيئا", "لم يؤكد المتصل", "جديد في شكوى"),
    )
    english = (
        *("Something else", "Complaint", "Opened again", "High", "Al-Jamiah", "Arabic", "2 of 5"),
        *("A report that is late or badly done", "did not confirm", "News of a complaint"),
    )
    for text in (page.text, plain):
        first, second = text.split("News of a complaint")
        for half, words in ((first, arabic), (f"News of a complaint{second}", english)):
            assert [word for word in (*known, *words) if word not in half] == []
        assert not re.search("[\u064b-\u0652\u0670]", text)
    turned = [
        (attributes["lang"], attributes["dir"])
        for tag, attributes in page.tags
        if tag == "div" and "lang" in attributes
    ]
    assert turned == [("ar", "rtl"), ("en", "ltr")]
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "link", "script", "iframe", "style"})
    assert not any("http" in (value or "") for _, attrs in page.tags for value in attrs.values())


def test_one_language_alone_is_written_where_the_office_wants_one(
    server: Mailbox, tmp_path: Path
) -> None:
    """With the other no word is said."""
    letter = sent(server, tmp_path, Message(contract.pothole()), languages=["en"])
    assert letter["Subject"] == "940 · 989036781 · Pothole"
    assert not re.search("[\u0600-\u06ff]", body(letter, "plain") + body(letter, "html"))


def test_what_a_caller_says_changes_nothing_around_it(server: Mailbox, tmp_path: Path) -> None:
    """Quotes, tags, line ends, templates, overrides of direction: they are words."""
    ticket = complaint(description=WORDS, first_name="=cmd|' /C calc'!A0", last_name="<i>")
    letter = sent(server, tmp_path, Message(ticket))
    assert letter["Bcc"] is None
    assert len(letter.defects) == 0
    html, plain = body(letter, "html"), body(letter, "plain")
    page = Page(html)
    assert {tag for tag, _ in page.tags}.isdisjoint({"img", "b", "i", "script"})
    assert '"<b>خطر</b>" & <img src=http://evil.example/x.png onerror=alert(1)>' in page.text
    for text in (page.text, plain):
        assert "{{ 7*7 }}" in text
        assert "gnp.exe" in text
        assert UNSEEN.search(text.replace("\r\n", "\n").replace("\n", "")) is None
    for line in plain.splitlines():
        begun = 0
        for sign in line:
            begun += {"\u2068": 1, "\u2066": 1, "\u2069": -1}.get(sign, 0)
            assert begun >= 0, line
        assert begun == 0, line
    assert "\nBcc:" not in plain.replace("\u2068", "\n\u2068")
    assert "\n\u2068Bcc: all@example.org\u2069" in plain.replace("\r\n", "\n")


def test_a_long_description_comes_whole(server: Mailbox, tmp_path: Path) -> None:
    """Four thousand letters, dots at the beginnings of lines too."""
    long = "\n".join(["." * 40, "حفرة " * 780, ".", "نهاية"])[:4000]
    letter = sent(server, tmp_path, Message(complaint(description=long)))
    plain = body(letter, "plain").replace("\r\n", "\n")
    told = plain.replace("\u2068", "").replace("\u2069", "")
    assert told.count(long.strip()) == 2


@pytest.mark.parametrize("jurisdiction", ["city of jeddah", "jeddah", "a@b.example", "-.example"])
def test_a_city_that_is_no_domain_takes_the_senders(
    server: Mailbox, tmp_path: Path, jurisdiction: str
) -> None:
    """A Message-ID of no form is one that mail programs make anew."""
    ticket = replace(contract.pothole(), jurisdiction_id=jurisdiction)
    letter = sent(server, tmp_path, Message(ticket))
    assert letter["Message-ID"] == f"<{ticket.idempotency_key}@jeddah.example>"


def test_addresses_in_other_letters_are_written_as_they_are(tmp_path: Path) -> None:
    """Where the server knows them (SMTPUTF8); where it does not, it says so and waits."""
    changes = {"to": ["طرق@جدة.example"], "from": "مركز@jeddah.example"}
    with mail_server(enable_SMTPUTF8=True) as server:
        letter = sent(server, tmp_path, Message(contract.pothole()), **changes)
        assert letter["To"] == "طرق@xn--ogbfj.example"
        assert server.letters[0].rcpt_tos == ["طرق@xn--ogbfj.example"]
    with mail_server(enable_SMTPUTF8=False) as server:
        result = mail_to(server.port, tmp_path, **changes).push(Message(contract.pothole()))
        assert (result.verdict, server.letters) == ("retry", [])
        assert "SMTPUTF8" in (result.error or "")

"""The texts of messages, and who gets one."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from files.yaml_model import FileWrong
from tests.fixtures.sms import TEXTS
from tests.fixtures.tickets import NOW, new_ticket
from tickets.destination import Message, PushResult
from tickets.destinations.sms import SmsDestination, load_sms_texts, reply_of, text_of
from tickets.mobile import is_mobile, wants_sms
from tickets.open import build_ticket

RIYADH = ZoneInfo("Asia/Riyadh")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+966501234567", True),
        ("+966126123456", False),
        ("+966920012345", False),
        ("+966800123456", False),
        ("+966521234567", True),
        ("+966161234567", False),
        ("+9665212345678", False),
        ("+201991234567", True),
        ("+447911123456", True),
        ("+12025550123", True),
        ("+966940", False),
        ("anonymous", False),
        ("", False),
    ],
)
def test_only_numbers_that_may_be_mobiles_are_told(number: str, expected: bool) -> None:
    """A landline takes no messages; 052 does, though libphonenumber has not heard of it."""
    assert is_mobile(number) is expected


def test_reports_and_complaints_are_told_and_others_are_not() -> None:
    """A request for a call back has no reference that anybody waits for."""
    assert wants_sms(new_ticket(kind="report"))
    assert wants_sms(new_ticket(kind="complaint"))
    assert not wants_sms(new_ticket(kind="inquiry"))
    assert not wants_sms(new_ticket(phone=None))
    assert not wants_sms(new_ticket(phone=None, caller_id_withheld=True))


def test_each_text_of_the_house_fits_one_message() -> None:
    """70 letters of Arabic or Urdu (UCS-2), 160 of English."""
    texts = load_sms_texts(TEXTS)
    for hours in (72, None):
        ticket = build_ticket(new_ticket(target_hours=hours), NOW, "572400002")
        assert len(text_of(ticket, texts["ar"], RIYADH)) <= 70
        assert len(text_of(ticket, texts["ur"], RIYADH)) <= 70
        assert len(text_of(ticket, texts["en"], RIYADH)) <= 160


FILE = """
ar:
  opened: "{ar}"
  opened_open: "رقم {reference}"
en:
  opened: "{reference} {expected}"
  opened_open: "{reference}"
"""


@pytest.mark.parametrize(
    ("arabic", "problem"),
    [
        ("رقم {reference}", "must hold {reference} and {expected}"),
        ("{reference} {expected} {phone}", "and no other"),
        ("بَلاغ {reference} {expected}", "vowel marks"),
    ],
)
def test_a_text_that_would_mislead_is_refused_by_line_and_key(
    tmp_path: Path, arabic: str, problem: str
) -> None:
    """The file is edited by people."""
    path = tmp_path / "sms.yaml"
    path.write_text(FILE.replace("{ar}", arabic), encoding="utf-8")
    with pytest.raises(FileWrong) as caught:
        load_sms_texts(path)
    assert f"{path}:3: ar.opened: " in str(caught.value)
    assert problem in str(caught.value)


def test_a_reply_says_which_ticket_it_is_about_and_what_was_written(tmp_path: Path) -> None:
    """Also by a file of an earlier release, which says nothing of replies."""
    path = tmp_path / "sms.yaml"
    file = FILE.replace("{ar}", "{reference} {expected}")
    path.write_text(file, encoding="utf-8")
    ticket = build_ticket(new_ticket(), NOW, "572400002")
    said = reply_of(ticket, load_sms_texts(path)["ar"], "{text} {reference}")
    assert said == "940 572400002: {text} {reference}"
    path.write_text(f'{file}  reply: "{{text}}"\n', encoding="utf-8")
    with pytest.raises(FileWrong, match=r"sms\.yaml:8: en\.reply: must hold \{text\} and \{ref"):
        load_sms_texts(path)


def test_a_language_that_the_menu_offers_has_its_messages(tmp_path: Path) -> None:
    """Others may be there; none at all is a mistake too."""
    path = tmp_path / "sms.yaml"
    path.write_text(FILE.replace("{ar}", "{reference} {expected}"), encoding="utf-8")
    assert list(load_sms_texts(path, ["en"])) == ["ar", "en"]
    with pytest.raises(FileWrong, match=r"sms\.yaml:1: ur: is missing: the menu offers it"):
        load_sms_texts(path, ["ar", "ur"])
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(FileWrong, match="at least 1 item"):
        load_sms_texts(path)


def test_who_chose_a_language_that_is_offered_no_more_gets_the_first_text() -> None:
    """The reference matters more than the language it is told in."""
    sent: list[str] = []

    class Gateway:
        timeout_s = 1.0

        def send(self, to: str, text: str) -> PushResult:
            sent.append(text)
            return PushResult("acknowledged")

    texts = load_sms_texts(TEXTS)
    ticket = build_ticket(new_ticket(language="xx", phone="+966501234567"), NOW, "572400002")
    SmsDestination(Gateway(), texts, RIYADH).push(Message(ticket))
    assert sent == [text_of(ticket, texts["ar"], RIYADH)]

"""The fallback TwiML stands alone: well-formed, in both languages, to a human."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from click.testing import CliRunner

from hotline.cli.twilio import PLACEHOLDER
from hotline.main import cli
from hotline.settings import load_settings

FILE = Path(__file__).parents[3] / "config" / "twilio" / "fallback.xml"


def test_both_languages_are_greeted_before_the_operators_are_dialled() -> None:
    """Arabic first; and who is not answered is told so, and not left in silence."""
    verbs = list(ET.parse(FILE).getroot())
    assert [verb.tag for verb in verbs] == ["Say", "Say", "Dial", "Say", "Say", "Hangup"]
    voices = [(verb.get("voice"), verb.get("language")) for verb in verbs if verb.tag == "Say"]
    arabic, english = ("Polly.Hala-Neural", "ar-AE"), ("Polly.Joanna-Neural", "en-US")
    assert voices == [arabic, english, arabic, english]


def test_it_needs_nothing_of_ours() -> None:
    """No address in it: it works when every machine of ours is down."""
    root = ET.parse(FILE).getroot()
    assert root.tag == "Response"
    for node in root.iter():
        assert set(node.attrib) <= {"voice", "language", "timeout"}, node.tag
        assert "://" not in (node.text or "")


def test_one_line_holds_the_number_to_edit() -> None:
    """A placeholder that no network connects."""
    assert FILE.read_text(encoding="utf-8").count(PLACEHOLDER) == 1
    (dialled,) = ET.parse(FILE).getroot().iter("Number")
    assert dialled.text == PLACEHOLDER


def test_the_command_prints_it_with_the_operators_number(tmp_path: Path) -> None:
    """Ready to be published; anything but a number is wrong usage."""
    settings = load_settings({"HOTLINE_STATE_DIR": str(tmp_path)})

    def printed(number: str, *more: str) -> tuple[int, str]:
        arguments = ["twilio", "fallback", "--operators", number, *more]
        result = CliRunner().invoke(cli, arguments, obj=settings)
        return result.exit_code, result.output

    status, text = printed("+966126000000")
    assert status == 0
    root = ET.fromstring(text.encode())
    assert [node.text for node in root.iter("Number")] == ["+966126000000"]
    assert PLACEHOLDER not in text
    assert printed("+966<Redirect/>")[0] == 2
    _, text = printed("+966126000000", "--caller-id", "+966126149940")
    assert [e.get("callerId") for e in ET.fromstring(text.encode()).iter("Dial")] == [
        "+966126149940"
    ]
    assert printed("+966126000000", "--caller-id", "940")[0] == 2


def test_arabic_is_written_with_its_vowels() -> None:
    """A voice reads it: a word without a mark is read by guess."""
    for verb in ET.parse(FILE).getroot().iter("Say"):
        if verb.get("language") == "ar-AE":
            words = re.findall("[\u0621-\u0652]+", verb.text or "")
            assert words
            assert all(re.search("[\u064b-\u0652]", word) for word in words)

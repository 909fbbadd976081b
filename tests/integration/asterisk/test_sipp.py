"""Calls placed by SIPp: many at once, headers of every kind, and who is not served."""

import socket
from pathlib import Path

import pytest

from tests.fixtures.asterisk import running_asterisk
from tests.fixtures.sipp import place_calls
from tests.integration.asterisk.scripted_agi import Agi, ScriptedAgi

pytestmark = pytest.mark.asterisk

KEYS = Path(__file__).with_name("sipp") / "keys.xml"
HARMLESS = {"attestation": "A", "origin": "", "display": "caller"}
ORIGID = "4f2c0a1e-0000-4000-8000-12345678abcd"


def read_keys(agi: Agi) -> None:
    """A server that reads three keys."""
    if agi.script == "call":
        agi.command('EXEC Read "IVR_IN,,3,,1,10"')
        agi.environment["keys"] = agi.command("GET VARIABLE IVR_IN")
        agi.done("hangup")


def test_twenty_calls_with_keys_all_succeed(tmp_path: Path) -> None:
    """Ten new ones a second, every key heard."""
    with running_asterisk() as asterisk:
        done = place_calls(
            KEYS,
            asterisk.sip_address,
            tmp_path,
            service="9402",
            calls=20,
            press="742",
            names=HARMLESS,
        )
        assert (done.successful, done.failed) == (20, 0), done.errors
        assert asterisk.cpu_seconds() > 0


def test_a_call_whose_keys_do_not_arrive_is_counted_as_failed(tmp_path: Path) -> None:
    """The count of the test above can tell."""
    with running_asterisk() as asterisk:
        done = place_calls(
            KEYS, asterisk.sip_address, tmp_path, service="9402", press="74", names=HARMLESS
        )
        assert (done.successful, done.failed) == (0, 1)


@pytest.mark.parametrize(
    ("header", "argument"),
    [
        ("A", "A"),
        ("B", "B"),
        ("C", "C"),
        ("", ""),
        ("D", ""),
        ("ABC", ""),
        ("A,hangup", ""),
        ("${SHELL(id)}", ""),
        ('")', ""),
        (")", ""),
    ],
)
def test_only_a_letter_of_attestation_reaches_the_server(
    tmp_path: Path, header: str, argument: str
) -> None:
    """STIR/SHAKEN's A, B or C from P-Attestation-Indicator; else there is no origin either."""
    with (
        ScriptedAgi(read_keys) as server,
        running_asterisk(server.address) as asterisk,
    ):
        names = {**HARMLESS, "attestation": header, "origin": ORIGID}
        done = place_calls(KEYS, asterisk.sip_address, tmp_path, press="742", names=names)
        call = server.next_call("call")
        assert (done.successful, done.failed) == (1, 0), done.errors
        origin = ORIGID.replace("-", "") if argument else ""
        assert call.arguments == (argument, "", "", origin)
        assert call.environment["keys"] == "200 result=1 (742)"


def test_only_a_uuid_of_an_attested_call_reaches_the_server(tmp_path: Path) -> None:
    """From P-Origination-ID, in whatever spelling; anything else is as if there were none."""
    digits = ORIGID.replace("-", "")
    sent = {
        f"{{{ORIGID.upper()}}}": digits.upper(),
        digits: digits,
        f"{ORIGID}0": "",
        f"{ORIGID},hangup": "",
        "0123" * 500: "",
        "${SHELL(id)}": "",
        '")': "",
    }
    with (
        ScriptedAgi(lambda agi: agi.done("hangup")) as server,
        running_asterisk(server.address) as asterisk,
    ):
        for header, argument in sent.items():
            names = {**HARMLESS, "origin": header}
            place_calls(KEYS, asterisk.sip_address, tmp_path, names=names)
            assert server.next_call("call").arguments == ("A", "", "", argument), header
            server.next_call("ended")


@pytest.mark.parametrize(
    "display",
    [
        "tab\tand\x01control\x7f",
        "percent %0a%0d",
    ],
)
def test_a_display_name_with_control_characters_is_one_line_for_the_server(
    tmp_path: Path, display: str
) -> None:
    """Nothing in it becomes a line or an argument of its own."""
    with (
        ScriptedAgi(read_keys) as server,
        running_asterisk(server.address) as asterisk,
    ):
        names = {**HARMLESS, "display": display}
        done = place_calls(KEYS, asterisk.sip_address, tmp_path, press="742", names=names)
        assert (done.successful, done.failed) == (1, 0), done.errors
        call = server.next_call("call")
        assert all(line.startswith("agi_") for line in call.lines)
        assert call.arguments == ("A", "", "", "")
        assert call.environment["keys"] == "200 result=1 (742)"


@pytest.mark.parametrize("display", ["a\r\n SET VARIABLE IVR_DONE hangup", "a\r\n\tagi_arg_1: A"])
def test_a_display_name_with_line_ends_never_reaches_a_server(tmp_path: Path, display: str) -> None:
    """A name folded over two lines is not understood as SIP, and no call begins."""
    with (
        ScriptedAgi(read_keys) as server,
        running_asterisk(server.address) as asterisk,
    ):
        names = {**HARMLESS, "display": display}
        done = place_calls(KEYS, asterisk.sip_address, tmp_path, names=names, timeout=3)
        assert done.successful == 0
        assert server.calls.empty()


def test_an_address_that_is_not_the_trunk_is_not_served() -> None:
    """A second loopback address stands for a stranger on the network."""
    with running_asterisk() as asterisk:
        host, _, port = asterisk.sip_address.partition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind(("127.0.0.2", 0))
            stranger.settimeout(3)
            me = f"127.0.0.2:{stranger.getsockname()[1]}"
            stranger.sendto(_options(me, asterisk.sip_address), (host, int(port)))
            try:
                answer = stranger.recv(4096).decode()
            except TimeoutError:
                answer = ""
        assert not answer or answer.startswith(("SIP/2.0 403", "SIP/2.0 401")), answer


def test_the_trunk_itself_is_answered() -> None:
    """The same request from the trunk's address: the test above tells them apart."""
    with running_asterisk() as asterisk:
        host, _, port = asterisk.sip_address.partition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trunk:
            trunk.bind(("127.0.0.1", 0))
            trunk.settimeout(3)
            me = f"127.0.0.1:{trunk.getsockname()[1]}"
            trunk.sendto(_options(me, asterisk.sip_address), (host, int(port)))
            assert trunk.recv(4096).decode().startswith("SIP/2.0 200")


def _options(sender: str, target: str) -> bytes:
    lines = [
        f"OPTIONS sip:940@{target} SIP/2.0",
        f"Via: SIP/2.0/UDP {sender};branch=z9hG4bK-test;rport",
        f"From: <sip:trunk@{sender}>;tag=1",
        f"To: <sip:940@{target}>",
        "Call-ID: a-stranger-asks",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""]).encode()

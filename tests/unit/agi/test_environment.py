"""The block that opens a connection is bounded, and believed only as far as it can be genuine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agi_scripts.arrival import arrival_of
from agi_scripts.environment import (
    MAX_BYTES,
    MAX_LINES,
    MAX_VALUE,
    Environment,
    EnvironmentReader,
)
from agi_scripts.errors import BadEnvironment
from blacklist.numbers import LONGEST_RAW

GENUINE = {
    "agi_network": "yes",
    "agi_network_script": "call",
    "agi_uniqueid": "1795502706.1",
    "agi_callerid": "+966501234567",
    "agi_calleridname": "unknown",
    "agi_callingpres": "0",
    "agi_dnid": "940",
    "agi_arg_1": "A",
}


def block(**changed: str) -> bytes:
    """A whole environment with some values changed."""
    values = GENUINE | changed
    return ("".join(f"{name}: {value}\n" for name, value in values.items()) + "\n").encode()


def read(data: bytes) -> Environment:
    """The environment of these bytes, which must be whole."""
    environment = EnvironmentReader().feed(data)
    assert environment is not None
    return environment


def test_an_environment_is_read_whatever_the_pieces() -> None:
    """The network may cut the block anywhere."""
    reader = EnvironmentReader()
    data = block()
    for at in range(len(data) - 1):
        assert reader.feed(data[at : at + 1]) is None
    environment = reader.feed(data[-1:])
    assert environment is not None
    assert environment.script == "call"
    assert environment["agi_callerid"] == "+966501234567"
    assert environment.argument(1) == "A"
    assert environment.argument(2) == ""
    assert not environment.tampered


def test_values_may_hold_colons_and_any_encoding() -> None:
    """Only the first colon divides; Latin-1 names, which pyst2 fails on, are read."""
    environment = read(b"agi_request: agi://h:4573/call\nagi_calleridname: Ren\xe9\n\n")
    assert environment["agi_request"] == "agi://h:4573/call"
    assert environment["agi_calleridname"] == "René"


def test_too_many_lines_are_given_up() -> None:
    """Ten thousand lines are not kept."""
    with pytest.raises(BadEnvironment):
        EnvironmentReader().feed(b"agi_x: 1\n" * 10_000)
    assert EnvironmentReader().feed(b"a:1\n" * MAX_LINES) is None
    with pytest.raises(BadEnvironment):
        EnvironmentReader().feed(b"a:1\n" * (MAX_LINES + 1))


def test_a_line_without_an_end_is_given_up() -> None:
    """Bytes are bounded even when no newline ever comes."""
    reader = EnvironmentReader()
    for _ in range(MAX_BYTES // 1024):
        assert reader.feed(b"x" * 1024) is None
    with pytest.raises(BadEnvironment):
        reader.feed(b"x")


def test_a_nine_kilobyte_name_is_cut() -> None:
    """A long value costs its sender, not us."""
    environment = read(block(agi_calleridname="n" * 9000))
    assert len(environment["agi_calleridname"]) == MAX_VALUE
    assert not environment.tampered


def test_a_hangup_line_within_the_block_is_noted() -> None:
    """A caller may be gone before the block is whole."""
    assert read(b"agi_network: yes\nHANGUP\n\n").hung_up
    assert read(block() + b"HANGUP\n").hung_up


def test_lines_after_the_block_are_refused() -> None:
    """A blank line in a caller's name ends the block early: the rest would be read as replies."""
    with pytest.raises(BadEnvironment):
        EnvironmentReader().feed(block() + b"200 result=0\n")


@pytest.mark.parametrize(
    "name",
    [
        'x"\nEXEC System reboot',
        "x\nagi_callingpres: 0\nagi_callerid: +966599999999",
        "x\nagi_arg_1: B",
        "x\n: y",
    ],
)
def test_a_newline_in_a_name_proves_nothing(name: str) -> None:
    """Lines that a caller may have written take number and attestation from the call, not more."""
    environment = read(block(agi_calleridname=name))
    assert environment.tampered
    arrival = arrival_of(environment)
    assert (arrival.caller, arrival.withheld, arrival.attestation) == ("", True, "")
    assert arrival.provider_id == GENUINE["agi_uniqueid"]


def test_the_same_line_twice_is_harmless() -> None:
    """A duplicate with the same value leaves the call as it was."""
    environment = read(block().replace(b"agi_dnid: 940\n", b"agi_dnid: 940\nagi_dnid: 940\n"))
    assert arrival_of(environment).caller == "+966501234567"


def test_the_call_is_told_as_asterisk_presents_it() -> None:
    """Number, attestation and dialled number come from their own lines; the name is not used."""
    arrival = arrival_of(read(block()))
    assert arrival.channel == "asterisk"
    assert arrival.provider_id == "1795502706.1"
    assert (arrival.caller, arrival.withheld) == ("+966501234567", False)
    assert (arrival.attestation, arrival.dialled, arrival.redirected) == ("A", "940", "")


@pytest.mark.parametrize(
    ("channel", "trunk"),
    [
        ("PJSIP/north-0000001a", "north"),
        ("PJSIP/north-east-0000001a", "north-east"),
        ("Local/s@hotline-0001;2", "s@hotline"),
        ("nothing", ""),
    ],
)
def test_the_trunk_is_the_endpoint_of_the_channel(channel: str, trunk: str) -> None:
    """Whatever the administrator calls it."""
    assert arrival_of(read(block(agi_channel=channel))).trunk == trunk


def test_who_sent_the_call_on_is_told_unless_the_block_was_tampered_with() -> None:
    """The network's word for it counts, a caller's forgery does not."""
    assert arrival_of(read(block(agi_rdnis="997"))).redirected == "997"
    assert arrival_of(read(block(agi_rdnis="unknown"))).redirected == ""
    forged = block().replace(b"agi_dnid", b"agi_rdnis: 997\nforged\nagi_dnid")
    assert arrival_of(read(forged)).redirected == ""


@pytest.mark.parametrize("presentation", ["32", "35", "67", "96", "", "x", "-1", "٣٢", "9999"])
def test_a_number_not_meant_to_be_seen_is_withheld(presentation: str) -> None:
    """Restricted, not available, reserved or unreadable presentation is withheld (Q.931)."""
    assert arrival_of(read(block(agi_callingpres=presentation))).withheld


@pytest.mark.parametrize("presentation", ["0", "1", "2", "3"])
def test_a_number_that_may_be_shown_is_not_withheld(presentation: str) -> None:
    """How it was screened does not matter to its presentation."""
    assert not arrival_of(read(block(agi_callingpres=presentation))).withheld


@pytest.mark.parametrize("number", ["", "anonymous", "Anonymous", "unknown"])
def test_no_number_is_withheld(number: str) -> None:
    """What networks write in place of a number is none."""
    arrival = arrival_of(read(block(agi_callerid=number)))
    assert (arrival.caller, arrival.withheld) == ("", True)


@pytest.mark.parametrize("attestation", ["a", "D", "AA", "A;", "unknown"])
def test_only_a_known_attestation_counts(attestation: str) -> None:
    """Anything but A, B and C is no attestation."""
    assert arrival_of(read(block(agi_arg_1=attestation))).attestation == ""


def test_an_attested_call_has_the_origin_that_its_network_names() -> None:
    """One without an attestation, or whose lines a caller may have written, has none."""
    told = {"agi_arg_4": "4F2C0A1E00004000800012345678ABCD"}
    origin = "4f2c0a1e00004000800012345678abcd"
    assert arrival_of(read(block(**told))).origin == origin
    assert arrival_of(read(block())).origin == ""
    assert arrival_of(read(block(agi_arg_1="", **told))).origin == ""
    assert arrival_of(read(block(agi_arg_1="D", **told))).origin == ""
    assert arrival_of(read(block(agi_calleridname="x\nforged", **told))).origin == ""


def test_a_strange_number_is_passed_on_cut() -> None:
    """Who screens decides what it means; its length is bounded here."""
    arrival = arrival_of(read(block(agi_callerid="500&PJSIP/itsp/1900" + "9" * 500)))
    assert len(arrival.caller) == LONGEST_RAW
    assert not arrival.withheld


def test_systems_that_share_servers_have_calls_of_their_own() -> None:
    """The same unique id on two Asterisks is two calls."""
    calls = {
        arrival_of(read(block(agi_network_script=script))).call_id
        for script in ("call", "call?system=north", "call?system=south")
    }
    assert len(calls) == 3


def test_a_call_without_a_unique_id_is_refused() -> None:
    """Two such calls would be taken for one."""
    with pytest.raises(BadEnvironment):
        arrival_of(read(block(agi_uniqueid="")))


@given(st.lists(st.binary(max_size=80), max_size=30))
def test_no_bytes_raise_anything_but_bad_environment(chunks: list[bytes]) -> None:
    """Whatever a stranger sends, it is an environment, the wish for more, or refused."""
    reader = EnvironmentReader()
    try:
        for chunk in chunks:
            environment = reader.feed(chunk)
            if environment is not None:
                arrival_of(environment)
                return
    except BadEnvironment:
        return

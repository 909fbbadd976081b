"""Who calls, as the network asserts it (RFC 3325)."""

from urllib.parse import quote

import pytest

from agi_scripts.arrival import arrival_of
from agi_scripts.environment import Environment

ASSERTED = "+966504444444"
FORGED = "+966500000000"


def environment(
    header: str, privacy: str = "", *, caller: str = FORGED, **more: str
) -> Environment:
    """A call whose From says `caller`, with this P-Asserted-Identity."""
    values = {
        "agi_uniqueid": "1.1",
        "agi_network_script": "call",
        "agi_callerid": caller,
        "agi_callingpres": "0",
        "agi_arg_1": "A",
        "agi_arg_2": quote(header, safe=""),
        "agi_arg_3": privacy,
    }
    return Environment(values | more)


@pytest.mark.parametrize("caller", [FORGED, "anonymous", "unknown", ""])
@pytest.mark.parametrize(
    "header",
    [
        f"<sip:{ASSERTED}@ims.example;user=phone>,<tel:{ASSERTED}>",
        f"<tel:{ASSERTED}>, <sip:{ASSERTED}@ims.example>",
        f'"Ali" <sip:{ASSERTED}@ims.example>,tel:{ASSERTED}',
        f'"{FORGED}, Ali \\"<sip:{FORGED}@x>\\"" <sip:{ASSERTED}@ims.example>,<tel:{ASSERTED}>',
        f"<sip:ali@ims.example>,<tel:{ASSERTED}>",
        f"sip:{ASSERTED}@ims.example,",
        "<tel:0504444444;phone-context=+966>",
    ],
)
def test_the_asserted_number_stands_before_what_the_caller_says(header: str, caller: str) -> None:
    """One value or two, whichever comes first, whatever stands in its name."""
    arrival = arrival_of(environment(header, caller=caller))
    assert (arrival.caller, arrival.withheld) == (ASSERTED, False)


@pytest.mark.parametrize(
    ("privacy", "withheld"), [("", False), ("none", False), ("id", True), ("userid", True)]
)
def test_an_asserted_number_that_is_private_is_withheld(privacy: str, withheld: bool) -> None:
    """The network knows it, and it is not meant to be seen (RFC 3325, 9.3)."""
    arrival = arrival_of(environment(f"<sip:{ASSERTED}@x>,<tel:{ASSERTED}>", privacy))
    assert arrival.withheld is withheld


@pytest.mark.parametrize("header", ["", "%2C", "<sip:anonymous@anonymous.invalid>", "<sip:a@b>,<"])
def test_where_no_number_is_asserted_the_callers_word_counts(header: str) -> None:
    """As with a network that asserts nothing."""
    assert arrival_of(environment(header)).caller == FORGED


def test_a_number_that_asterisk_has_as_well_stays_as_it_is_written() -> None:
    """Later scripts know the call by it; what is private stays so."""
    header = f"<sip:{ASSERTED}@x>,<tel:{ASSERTED}>"
    arrival = arrival_of(environment(header, "id", caller="0504444444"))
    assert (arrival.caller, arrival.withheld) == ("0504444444", True)


def test_only_the_script_that_is_told_of_it_believes_it() -> None:
    """Other scripts have other arguments, and a tampered block proves no number."""
    header = f"<tel:{ASSERTED}>"
    assert arrival_of(environment(header, agi_network_script="ended")).caller == FORGED
    tampered = Environment(environment(header).values, tampered=True)
    assert arrival_of(tampered).caller == ""

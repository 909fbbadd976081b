"""Who calls on a real Asterisk: what the trunk asserts stands before what a telephone says."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from agi_scripts.scripts import make_scripts
from agi_scripts.server import FastAgiServer
from call_handlers.arrival import Arrival
from ivr.turn import HangUp, Transfer
from tests.fixtures.agi import ListDesk, serving, stub_sounds, turn
from tests.fixtures.asterisk import CONFIG, running_asterisk
from tests.fixtures.telephone import Telephone
from tests.integration.asterisk.test_alive import configured

pytestmark = pytest.mark.asterisk

ASSERTED = "+966504444444"
FORGED = "<sip:+966500000000@127.0.0.1>"
ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
TWO = f"P-Asserted-Identity: <sip:{ASSERTED}@ims.example;user=phone>,<tel:{ASSERTED}>"


@contextmanager
def hotline(config: Path = CONFIG) -> Iterator[tuple[str, ListDesk]]:
    """An Asterisk whose caller is put through to nobody, and then is said goodbye to."""
    desk = ListDesk([turn(Transfer("operators")), turn(HangUp(), number=2)])
    server = FastAgiServer("127.0.0.1", 0, make_scripts(desk, stub_sounds(), recordings="/rec"))
    with serving(server):
        address = f"127.0.0.1:{server.port}"
        nobody = {"OPERATORS": "Local/busy@hotline-lab", "OPERATORS_WAIT": "1"}
        with running_asterisk(address, globals=nobody, config=config) as asterisk:
            yield asterisk.sip_address, desk


def arrived(address: str, desk: ListDesk, sender: str, headers: Sequence[str]) -> list[Arrival]:
    """A call, as the server learns of it when it comes and when its transfer has failed."""
    seen = len(desk.arrivals)
    with Telephone(address, sender=sender, headers=headers) as caller:
        caller.dial()
        caller.wait_over(15)
    return desk.arrivals[seen:]


def test_an_asserted_number_is_the_callers_in_every_form() -> None:
    """One value or two, one header or two, sip or tel: never From, which a caller chooses."""
    forms = (
        [TWO],
        [f"P-Asserted-Identity: <sip:{ASSERTED}@ims.example>"],
        [f"P-Asserted-Identity: <tel:{ASSERTED}>"],
        [f"P-Asserted-Identity: <sip:{ASSERTED}@x>", f"P-Asserted-Identity: <tel:{ASSERTED}>"],
        [
            "P-Asserted-Identity: <sip:ali@x>",
            f"P-Asserted-Identity: <tel:{ASSERTED};cpc=ordinary>",
        ],
        [f'P-Asserted-Identity: "a, ${{SHELL(id)}}) <b>" <sip:{ASSERTED}@x>, <tel:{ASSERTED}>'],
    )
    with hotline() as (address, desk):
        for headers in forms:
            for sender in (FORGED, ANONYMOUS):
                arrivals = arrived(address, desk, sender, headers)
                told = {(arrival.caller, arrival.withheld) for arrival in arrivals}
                assert (told, len(arrivals)) == ({(ASSERTED, False)}, 2), (sender, headers)


def test_an_asserted_number_that_is_private_is_withheld_all_the_call() -> None:
    """The network knows who it is; nobody here is to (RFC 3325, 9.3)."""
    with hotline() as (address, desk):
        for privacy, withheld in (("id", True), ("user;id", True), ("none", False)):
            arrivals = arrived(address, desk, FORGED, [TWO, f"Privacy: {privacy}"])
            assert [arrival.withheld for arrival in arrivals] == [withheld] * 2, privacy


def test_a_call_is_known_by_its_asserted_number_however_that_is_written() -> None:
    """When its transfer has failed it is the same caller's."""
    with hotline() as (address, desk):
        arrivals = arrived(address, desk, FORGED, ["P-Asserted-Identity: <sip:0504444444@x>"])
        assert [arrival.caller for arrival in arrivals] == ["0504444444"] * 2


def test_without_an_asserted_number_the_callers_word_counts() -> None:
    """A network that asserts nothing, or nobody."""
    with hotline() as (address, desk):
        for headers in ([], ["P-Asserted-Identity: <sip:anonymous@anonymous.invalid>, <sip:x@y>"]):
            arrivals = arrived(address, desk, FORGED, headers)
            assert {arrival.caller for arrival in arrivals} == {"+966500000000"}


def test_a_trunk_that_is_not_believed_asserts_nothing(tmp_path: Path) -> None:
    """`trust_id_inbound = no`: the header may be the caller's own."""
    config = configured(
        tmp_path / "asterisk",
        "hotline_trunk.conf",
        "trust_id_inbound = yes",
        "trust_id_inbound = no",
    )
    with hotline(config) as (address, desk):
        arrivals = arrived(address, desk, FORGED, [TWO])
        assert {arrival.caller for arrival in arrivals} == {"+966500000000"}

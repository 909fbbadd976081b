"""What a site may write into hotline_globals.conf, held against the dialplan that reads it."""

import re
import shutil
from pathlib import Path

import pytest

from agi_scripts.scripts import ping
from agi_scripts.server import FastAgiServer
from hotline.doctor.check import Check
from hotline.doctor.dialplan_checks import dialplan_checks
from hotline.settings import CONFIG_DIR

ENDPOINT = "[{0}]\ntype = endpoint\naors = {0}\n"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """Asterisk's folder as it is after an installation, and with operators who can be dialled."""
    folder = tmp_path / "asterisk"
    shutil.copytree(CONFIG_DIR / "asterisk", folder)
    (folder / "hotline_inside.conf").write_text(ENDPOINT.format("desk"))
    edit(folder, "OPERATORS", "PJSIP/desk")
    return folder


def edit(etc: Path, name: str, value: str | None) -> None:
    """Set a global, or take it out."""
    path = etc / "hotline_globals.conf"
    line = "" if value is None else f"{name} = {value}"
    text, count = re.subn(rf"^{name} = .*$", line, path.read_text(), flags=re.MULTILINE)
    assert count == 1
    path.write_text(text)


def globals_check(etc: Path) -> Check:
    """The line about the globals."""
    (check,) = (one for one in dialplan_checks(etc) if one.name == "dialplan globals")
    return check


def test_what_is_shipped_lacks_nothing_but_operators(etc: Path) -> None:
    """Every global that the dialplan reads is set, and the trunk takes what leaves."""
    assert globals_check(etc).passed


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("AGENCY_997", None, "AGENCY_997 is not set"),
        ("AGENCY_997", "", "AGENCY_997 is not set"),
        ("OPERATORS", None, "OPERATORS is not set"),
        ("AGI_B", "10.0.0.6", "AGI_B must be host:port"),
        ("AGI_A", "", "AGI_A is not set"),
        ("OPERATORS_WAIT", "60s", "OPERATORS_WAIT must be seconds"),
        ("CALL_LONGEST", "4h", "CALL_LONGEST must be seconds"),
        ("AGENCY_911", "PJSIP/911@trunc", "AGENCY_911 dials trunc"),
        ("OPERATORS", "PJSIP/desk&PJSIP/dask", "OPERATORS dials dask"),
    ],
)
def test_a_slip_is_told_with_its_name(etc: Path, name: str, value: str | None, told: str) -> None:
    """A call would be led there, and end."""
    edit(etc, name, value)
    check = globals_check(etc)
    assert not check.passed
    assert told in check.found
    assert str(etc / "hotline_globals.conf") in check.mend


def test_both_servers_are_asked_for_a_word(etc: Path) -> None:
    """From where Asterisk is: an address that is open to itself alone is of no use to it."""
    server = FastAgiServer("127.0.0.1", 0, {"ping": ping})
    server.start()
    try:
        edit(etc, "AGI_A", f"127.0.0.1:{server.port}")
        edit(etc, "AGI_B", "127.0.0.1:1")
        found = {one.name: one.passed for one in dialplan_checks(etc)}
        assert (found["fastagi AGI_A"], found["fastagi AGI_B"]) == (True, False)
    finally:
        server.stop()

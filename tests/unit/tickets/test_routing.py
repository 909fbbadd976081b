"""Which destinations a ticket concerns: rules as a city writes them, and none goes nowhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from files.yaml_model import FileWrong
from hotline.settings import CONFIG_DIR
from tests.fixtures.tickets import NOW, new_ticket
from tickets.catalogue import load_services, load_sub_municipalities
from tickets.destinations.file import DestinationsFile, Known, load_destinations, the_office
from tickets.model import KINDS, PRIORITIES
from tickets.open import build_ticket
from tickets.routing import Route, Routes, Rule

SERVICES = load_services(CONFIG_DIR / "services.yaml")
AREAS = tuple(load_sub_municipalities(CONFIG_DIR / "sub_municipalities.yaml"))
KNOWN = Known(SERVICES, AREAS)
CITY = """
destinations:
  crm: {kind: webhook, takes: [{kinds: [report, complaint]}]}
  lighting: {kind: webhook, takes: [{services: [LT_OUT]}, {groups: ["2"], priorities: [high]}]}
  abhur: {kind: webhook, takes: [{sub_municipalities: [ABH], kinds: [report]}]}
  water: {kind: webhook, takes: [{agencies: [water_company]}]}
  desk: {kind: webhook, otherwise: true}
"""


def written(tmp_path: Path, text: str) -> DestinationsFile:
    """The file, read."""
    path = tmp_path / "destinations.yaml"
    path.write_text(text, encoding="utf-8")
    return load_destinations(path, KNOWN)


@pytest.mark.parametrize(
    ("ticket", "wanted"),
    [
        ({"service_code": "RD_HOLE"}, ("crm",)),
        ({"service_code": "LT_OUT"}, ("crm", "lighting")),
        ({"service_code": "RD_HOLE", "priority": "high"}, ("crm", "lighting")),
        ({"service_code": "CLN_BIN", "priority": "high"}, ("crm",)),
        ({"service_code": "LT_OUT", "sub_municipality": "ABH"}, ("crm", "lighting", "abhur")),
        ({"kind": "complaint", "sub_municipality": "ABH"}, ("crm",)),
        ({"service_code": "WT_LEAK", "agency_responsible": ("water_company",)}, ("crm", "water")),
        ({"kind": "inquiry", "agency_responsible": ("roads", "water_company")}, ("water",)),
        ({"kind": "inquiry"}, ("desk",)),
        ({"kind": "inquiry", "service_code": "NOT_OURS_ANY_MORE"}, ("desk",)),
    ],
)
def test_a_ticket_goes_to_everybody_whom_it_concerns(
    tmp_path: Path, ticket: Mapping[str, Any], wanted: tuple[str, ...]
) -> None:
    """All keys of a rule, one rule of several; what is left over, to who takes that."""
    routes = written(tmp_path, CITY).routes
    new = new_ticket(**ticket)
    assert routes.of(new) == wanted
    assert routes.of(build_ticket(new, NOW, "572400002")) == wanted


def test_without_a_rule_a_destination_takes_every_ticket() -> None:
    """As the shipped file has it, and a site without one."""
    shipped = load_destinations(CONFIG_DIR / "destinations.yaml", KNOWN)
    for file in (shipped, the_office(KNOWN, Path("none"))):
        assert file.routes.of(new_ticket(kind="inquiry")) == ("backoffice",)
        assert list(file.routes.untaken(SERVICES, AREAS)) == []


def test_a_ticket_that_nobody_takes_goes_to_the_first_and_is_told_of(tmp_path: Path) -> None:
    """Never nowhere: a lost ticket is worse than one at the wrong desk."""
    only = "destinations: {lights: {kind: webhook, takes: [{groups: ['2']}]}}"
    routes = written(tmp_path, only).routes
    assert routes.of(new_ticket(service_code="CLN_BIN")) == ("lights",)
    untaken = {one.service_code for one in routes.untaken(SERVICES, AREAS)}
    assert untaken == {code for code, service in SERVICES.items() if service.group != "2"}


def test_a_change_is_told_to_those_of_now_and_to_those_who_have_the_ticket() -> None:
    """Each once; one that is not configured any more is told nothing."""
    routes = Routes((Route("a", (Rule(priorities=frozenset({"high"})),)), Route("b"), Route("c")))
    ticket = build_ticket(new_ticket(), NOW, "572400002")
    assert routes.after(ticket, ["a", "gone", "c"]) == ("b", "c", "a")


def test_without_any_destination_there_are_no_routes() -> None:
    """It is told where they are made, not when the first ticket has nowhere to go."""
    with pytest.raises(ValueError, match="nowhere"):
        Routes(())


HEAD = "destinations:\n  crm:\n    kind: webhook\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("destinations: {}", "destinations:"),
        ("destinations: {crm: {kind: pigeon}}", "destinations.crm"),
        ("destinations: {CRM: {kind: webhook}}", "destinations.CRM"),
        ("destinations: {sms: {kind: webhook}}", "sms: is a name of our own"),
        (HEAD + "    takes: []\n", "crm"),
        (HEAD + "    takes: [{}]\n", "says nothing"),
        (HEAD + "    takes: [{services: []}]\n", "services"),
        (HEAD + "    takes: [{services: [NOPE]}]\n", "services.0: is not one of"),
        (HEAD + "    takes: [{groups: ['9']}]\n", "groups.0: is not one of 1, 2, 3, 4, 5"),
        (HEAD + "    takes: [{groups: [2]}]\n", "double quotes"),
        (HEAD + "    takes: [{sub_municipalities: [XXX]}]\n", "sub_municipalities.0"),
        (HEAD + "    takes: [{kinds: [prank]}]\n", "kinds.0: is not one of"),
        (HEAD + "    takes: [{priorities: [urgent]}]\n", "priorities.0"),
        (HEAD + "    takes: [{agencies: [army]}]\n", "agencies.0"),
        (HEAD + "    takes: [{service: [RD_HOLE]}]\n", "not known here"),
        (HEAD + "    timeout: soon\n", "must be a time"),
        (HEAD + "    retry: []\n", "retry"),
        (HEAD + "    retry: [8d]\n", "retry"),
        (HEAD + "    url: https://crm.example/t\n", "stand together"),
        (HEAD + "    url: ftp://crm.example/\n    secrets: {env: A}\n", "https://"),
        (HEAD + "    url: https://u:p@crm.example/\n    secrets: {env: A}\n", "are secrets"),
        (HEAD + "    url: https://a.example/\n    secrets: whsec_AAAA\n", "not kept in this file"),
        (HEAD + "    url: https://a.example/\n    secrets: {}\n", "must be {env: NAME}"),
        (HEAD + "    acknowledgement: '='\n", "acknowledgement"),
    ],
)
def test_what_cannot_stand_is_told_with_its_line_and_the_mend(
    tmp_path: Path, text: str, told: str
) -> None:
    """And a secret that stands where others read it is not repeated."""
    with pytest.raises(FileWrong) as wrong:
        written(tmp_path, text)
    assert told in str(wrong.value)
    assert str(tmp_path / "destinations.yaml") in str(wrong.value)
    assert "whsec_AAAA" not in str(wrong.value)


def test_rules_know_all_that_the_menu_can_make() -> None:
    """Each value that a ticket may have can be named."""
    codes = dict(KNOWN.codes())
    assert (codes["kinds"], codes["priorities"]) == (KINDS, PRIORITIES)
    assert set(codes["services"]) == set(SERVICES)
    assert set(codes["sub_municipalities"]) == set(AREAS)

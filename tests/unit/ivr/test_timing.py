"""What each way through a flow asks of a caller."""

from dataclasses import replace
from pathlib import Path

import pytest

from call_handlers.effects.every import CONTRACTS
from ivr.alike import alike_options
from ivr.flow import Flow, Limit, Menu
from ivr.prompts import load_catalogue
from ivr.timing import Walked, past, timed, ways
from tests.fixtures.dialog import FLOW
from tests.fixtures.languages import LANGUAGES

CONFIG = Path(__file__).parents[3] / "config"
CATALOGUE = load_catalogue(
    {lang: CONFIG / "prompts" / f"{lang}.yaml" for lang in FLOW.languages}, LANGUAGES
)
LISTS = ("last_place", "addresses")
WAYS = list(ways(FLOW, "open_report", CONTRACTS, without=LISTS))
BY_PLATE = ("1", "…4", "…5", "#", "1")


def only(language: str, code: str) -> Walked:
    """The way to this service, by a number plate that nobody knows."""
    found = [w for w in WAYS if (w.language, w.answers["service_code"]) == (language, code)]
    (way,) = [w for w in found if w.presses[4:] == BY_PLATE and w.answers.get("plate_building")]
    return way


def test_every_way_to_each_service_in_each_language_is_walked() -> None:
    """Five groups of five services; by a plate that is known or not, a short address, an area."""
    assert len({(way.language, way.answers["service_code"]) for way in WAYS}) == 75
    assert {way.presses[4:] for way in WAYS} == {
        BY_PLATE,
        ("2", "…8", "#", "1"),
        ("3", "1", "#", "1"),
    }
    assert len(WAYS) == 75 * 4


def test_a_caller_who_is_known_is_asked_for_no_language() -> None:
    """By each of them; who reports from the place of their last ticket presses five keys."""
    found = list(ways(FLOW, "open_report", CONTRACTS, known=True, without=("location",)))
    assert {way.language for way in found} == {"ar", "en", "ur"}
    assert {way.digits for way in found} == {5}
    assert len({way.presses for way in found}) == 25


@pytest.mark.parametrize("limit", FLOW.limits)
def test_no_way_presses_more_keys_than_it_may(limit: Limit) -> None:
    """Of every limit that the flow states."""
    walked = ways(FLOW, limit.to, CONTRACTS, known=limit.known, without=limit.without)
    assert max(way.digits for way in walked) == limit.keys or limit.keys == 6


@pytest.mark.parametrize(
    "to",
    [
        "open_complaint",
        "follow_up_actions",
        "own_address",
        "services_told",
        "agency_numbers",
        "agency",
    ],
)
def test_every_branch_is_walked(to: str) -> None:
    """By each language, all that is heard on the way there."""
    found = list(ways(FLOW, to, CONTRACTS))
    assert {way.language for way in found} == {"ar", "en", "ur"}


def test_a_way_has_the_keys_that_are_pressed_on_it() -> None:
    """Fifteen digits, and the `#` that ends the recording."""
    way = only("ar", "RD_HOLE")
    assert way.presses == ("1", "1", "2", "1", "1", "…4", "…5", "#", "1")
    assert way.digits == 15


def test_a_way_has_all_that_is_heard_on_it_and_nothing_twice() -> None:
    """The danger sentence in every language before one is chosen; the address read back once."""
    heard = [(said.language, said.prompt.key) for said in only("en", "RD_HOLE").heard]
    assert heard == [
        ("ar", "welcome"),
        ("ar", "danger"),
        ("en", "danger"),
        ("ur", "danger"),
        ("ar", "language"),
        ("en", "main"),
        ("en", "report_group"),
        ("en", "report_service_2"),
        ("en", "location"),
        ("en", "ask_building"),
        ("en", "ask_postal"),
        ("en", "description"),
        ("en", "record_notice"),
        ("en", "confirm_service"),
        ("en", "place_plate"),
        ("en", "confirm"),
        ("en", "confirm_hint"),
    ]


def test_the_seconds_of_a_way_are_those_of_its_sounds() -> None:
    """Each piece counts as often as it is heard, and what has no sound is told."""
    way = only("ar", "RD_HOLE")
    pieces = [p for said in way.heard for p in CATALOGUE.speak(said.language, said.prompt)]
    found = timed(way, CATALOGUE, lambda _stem: 0.5)
    assert found.seconds == pytest.approx(0.5 * len(pieces))
    assert found.missing == ()
    silent = timed(way, CATALOGUE, lambda _stem: None)
    assert (silent.seconds, set(silent.missing)) == (0.0, {piece.audio for piece in pieces})


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (Limit("x", "open_report"), ""),
        (Limit("x", "open_report", prompts_s=1000, keys=15), ""),
        (Limit("x", "open_report", prompts_s=1), "s of prompts; at most 1 s"),
        (Limit("x", "open_report", keys=14), "15 digits to press; at most 14"),
    ],
)
def test_what_is_past_a_limit_is_told_with_the_limit(limit: Limit, told: str) -> None:
    """Seconds and digits, each where it is bounded."""
    found = past(limit, timed(only("ar", "RD_HOLE"), CATALOGUE, lambda _stem: 0.5))
    assert (found == "") == (told == "")
    assert told in found


def told(way: Walked) -> tuple[object, ...]:
    """All of a way, to be compared."""
    heard = tuple(
        (one.language, one.prompt.key, one.prompt.language, *one.prompt.values.items())
        for one in way.heard
    )
    return way.language, way.presses, way.digits, heard, tuple(sorted(way.answers.items()))


def one_by_one(number: int) -> Flow:
    """The flow in which each menu has but one of the options that are alike, the one so far on."""
    nodes, groups = dict(FLOW.nodes), dict[tuple[str, str], list[str]]()
    for (name, key), (first, _) in alike_options(FLOW).items():
        groups.setdefault((name, first), []).append(key)
    for (name, _), keys in groups.items():
        menu = nodes[name]
        assert isinstance(menu, Menu)
        lost = {key for at, key in enumerate(keys) if at != number % len(keys)}
        options = {key: option for key, option in menu.options.items() if key not in lost}
        nodes[name] = replace(menu, options=options)
    return replace(FLOW, nodes=nodes)


@pytest.mark.parametrize(
    ("to", "known"),
    [("open_report", True), *((to, False) for to in ("open_complaint", "rate_ticket", "operator"))],
)
def test_what_is_walked_once_for_several_options_is_what_each_of_them_leads_to(
    to: str, known: bool
) -> None:
    """Word for word and in order: against flows in which no option is like another."""
    found = [told(way) for way in ways(FLOW, to, CONTRACTS, known=known)]
    plain: set[object] = set()
    for number in range(5):
        alone = one_by_one(number)
        assert not alike_options(alone)
        walked = [told(way) for way in ways(alone, to, CONTRACTS, known=known)]
        assert [way for way in found if way in set(walked)] == walked
        plain.update(walked)
    assert plain == set(found) != set()


def test_options_are_not_alike_where_what_they_note_down_decides() -> None:
    """To whom a call is put through; what is not there, or counts as none."""
    assert ("report_service_1", "1") in alike_options(FLOW)
    agency = {name for name, _ in alike_options(FLOW)} & {"agencies", "recording", "language"}
    assert not agency

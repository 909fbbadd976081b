"""Places in texts: filled all at once, each as where it stands needs it."""

import json
import re
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures import contract
from tickets.destination import Message
from tickets.destinations.field_names import KNOWN, MORE
from tickets.destinations.fields import values_of
from tickets.destinations.mail.told import Names
from tickets.destinations.template import (
    Unfit,
    fill_body,
    header_of,
    parse_body,
    parse_template,
    url_of,
)

NAMES = ("reference", "description", "lat", "agency_responsible", "address")
WORDS = 'قال: "{reference}" {{x}} \\ \n</p> & 100%'


def values(**changes: object) -> dict[str, object]:
    """Of a ticket."""
    known = {"reference": "989036781", "description": WORDS, "lat": None}
    return {**known, "agency_responsible": ["roads", "parks"], "address": {"a": "b"}} | changes


def test_a_citizen_s_words_stay_what_they_are() -> None:
    """Arabic, quotation marks, new lines, braces and names of places."""
    body = fill_body(parse_body({"d": "{description}", "e": "- {description}"}, NAMES), values())
    assert json.loads(json.dumps(body)) == {"d": WORDS, "e": f"- {WORDS}"}


@given(st.text(st.characters(codec="utf-8")))
def test_words_are_never_places(words: str) -> None:
    """Whatever a citizen says is one text in JSON, and one part of an address."""
    known = values(description=words)
    body = fill_body(parse_body({"d": "a {description} {reference}"}, NAMES), known)
    assert json.loads(json.dumps(body)) == {"d": f"a {words} 989036781"}
    if words not in (".", ".."):
        address = url_of(parse_template("https://x.example/a-{description}", NAMES), known)
        assert unquote(address) == f"https://x.example/a-{words}"
        assert re.fullmatch(r"https://x\.example/a-[A-Za-z0-9_.~%-]*", address)


def test_what_is_a_whole_text_keeps_its_kind() -> None:
    """Numbers, lists and null stay what they are in JSON; among other text they are told."""
    body = {"a": "{lat}", "b": ["{agency_responsible}", 1, None], "c": "{address}"}
    body |= {"d": "{text:lat}", "e": "to {agency_responsible}: {lat}; {address}"}
    assert fill_body(parse_body(body, NAMES), values(lat=21.5)) == {
        "a": 21.5,
        "b": [["roads", "parks"], 1, None],
        "c": {"a": "b"},
        "d": "21.5",
        "e": 'to roads, parks: 21.5; {"a": "b"}',
    }
    assert fill_body(parse_body("{lat}", NAMES), values()) is None
    assert fill_body(parse_body("{lat}!", NAMES), values()) == "!"


def test_html_is_shown_as_it_was_said() -> None:
    """Tags are none, and lines end."""
    made = parse_template("<p>{html:description}</p>", NAMES).text(values(description="a<b>\n&"))
    assert made == "<p>a&lt;b&gt;<br>\n&amp;</p>"


def test_a_value_means_nothing_in_an_address() -> None:
    """Neither another part of the path, nor another key of the query."""
    template = parse_template("https://x.example/t/{description}?q={reference}", NAMES)
    filled = url_of(template, values(description="../a?b=c&d#é /"))
    assert filled == "https://x.example/t/..%2Fa%3Fb%3Dc%26d%23%C3%A9%20%2F?q=989036781"
    with pytest.raises(Unfit):
        url_of(template, values(description=".."))


@pytest.mark.parametrize("words", ["a\r\nx-admin: 1", "ا", "a\x00", "\x85"])
def test_a_header_holds_no_other(words: str) -> None:
    """Neither a new line nor a letter that HTTP has not; what is said of it repeats nothing."""
    template = parse_template("by {description}", NAMES)
    with pytest.raises(Unfit, match=r"header x-by: \{description\}") as caught:
        header_of("x-by", template, values(description=f"- {words} -"))
    assert words not in str(caught.value)
    assert header_of("x-by", template, values(description="é ")) == "by é"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{refrence}", r"\{refrence\} is not known: \{reference\}"),
        ("{secret.token}", "may stand in headers alone"),
        ("{basic.user}", "may stand in headers alone"),
        ("{session}", "may stand in headers alone"),
        ("{code}", "is not known"),
        ("a { b", r"\{ by itself: write \{\{"),
        ("a } b", r"\} by itself: write \}\}"),
        ("{}", "is no place"),
        ("{a b}", "is no place"),
        ("{reference.__class__}", "is no place"),
        ("{json:reference}", "is no place"),
    ],
)
def test_a_place_that_nobody_knows_is_refused(text: str, problem: str) -> None:
    """Before anything is sent, with what was perhaps meant."""
    with pytest.raises(ValueError, match=problem):
        parse_template(text, NAMES)


def test_braces_are_written_twice() -> None:
    """And come out once."""
    assert parse_template("{{code}} {{{reference}}}", NAMES).text(values()) == "{code} {989036781}"


def test_every_name_has_a_value() -> None:
    """Of a ticket of which all is known, and of one of which little is."""
    names = Names(ZoneInfo("Asia/Riyadh"))
    whole = values_of(Message(contract.all_told(), remote_id="7"), names)
    assert set(whole) == set(KNOWN) == {*values_of(Message(contract.pothole()), names)}
    assert not [name for name in MORE if whole[name] in (None, "")]
    json.dumps(whole)

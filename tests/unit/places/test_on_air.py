"""What a call makes of the key of announcements: those whose time it is, and never an error."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from places.fields import Announcement
from places.on_air import on_air, written

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def announced(id_: str, start: timedelta, end: timedelta, **texts: str) -> Announcement:
    """An announcement with these texts, from and until so long after NOW."""
    return Announcement(id_, texts, "", NOW + start, NOW + end, "maha", NOW, None, None)


def test_only_what_has_begun_and_is_not_over_is_heard_in_its_order() -> None:
    """The first moment belongs to it, the last does not."""
    hour = timedelta(hours=1)
    stored = written(
        [
            announced("one", -hour, hour, ar="أ", en="a"),
            announced("two", timedelta(0), hour, en="b"),
            announced("over", -hour, timedelta(0), en="c"),
            announced("to come", timedelta(seconds=1), hour, en="d"),
        ]
    )
    assert on_air(stored.encode(), NOW.timestamp()) == ({"ar": "أ", "en": "a"}, {"en": "b"})
    assert on_air(stored, (NOW + hour).timestamp()) == ()


def test_nothing_stored_is_no_announcement() -> None:
    """The key is absent, or empty."""
    assert on_air(None, 0.0) == on_air(b"", 0.0) == on_air("", 0.0) == ()


def test_a_row_that_is_not_as_it_must_be_is_left_out_and_it_alone() -> None:
    """As a later release, or a hand, might write it."""
    good = {"from": 0, "until": 9, "texts": {"ar": "أ"}}
    wrong: list[object] = [
        *(None, 1, "x", [], {}, {"from": "0", "until": 9, "texts": {"ar": "أ"}}),
        *({"from": 0, "until": 9, "texts": ["أ"]}, {"from": 0, "until": 9, "texts": {"ar": 1}}),
        {"from": 0, "until": 9, "texts": {"ar": ""}},
    ]
    assert on_air(json.dumps([*wrong, good]), 5.0) == ({"ar": "أ"},)


@given(st.one_of(st.none(), st.binary(max_size=200), st.text(max_size=200)))
def test_no_bytes_cost_a_caller_their_call(stored: bytes | str | None) -> None:
    """Whatever stands in the key."""
    assert isinstance(on_air(stored, 0.0), tuple)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_json_costs_a_caller_their_call(value: object) -> None:
    """Whatever a program wrote there."""
    assert isinstance(on_air(json.dumps(value), 0.0), tuple)

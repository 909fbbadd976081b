"""A body says that a message was taken, where the receiver's settings say how it says so."""

import pytest

from hotline.environment import SettingsWrong
from hotline.settings import load_settings
from tickets.destinations.acknowledgement import parse_acknowledgement

PAGE = "<!doctype html><title>Back soon</title>"


@pytest.mark.parametrize(
    ("setting", "body", "holds"),
    [
        ("json", '{"id": "A-1"}', True),
        ("json", "{}", True),
        ("json", PAGE, False),
        ("json", "[]", False),
        ("json", "", False),
        ("id", '{"id": "A-1"}', True),
        ("id", '{"id": 0}', True),
        ("id", '{"id": null}', False),
        ("id", '{"id": ""}', False),
        ("id", '{"error": "closed"}', False),
        ("id", PAGE, False),
        ("success", '{"success": true}', True),
        ("success", '{"success": false}', False),
        ("status=queued|sent", '{"status": "Queued"}', True),
        ("status=queued|sent", '{"status": "rejected"}', False),
        ("status=queued|sent", '{"state": "queued"}', False),
        ("status=queued|sent", '{"status": ["queued"]}', False),
        ("code=0", '{"code": 0}', True),
        ("code=0", '{"code": "0"}', True),
        ("code=0", '{"code": false}', False),
        ("ok=true", '{"ok": true}', True),
        ("data.status=1", '{"data": {"status": 1}}', True),
        ("data.status=1", '{"data": [1]}', False),
        ("messages.0.status=0", '{"messages": [{"status": "0"}]}', True),
        ("messages.0.status=0", '{"messages": [{"status": "4"}]}', False),
        ("messages.0.status=0", '{"messages": []}', False),
        ("=1|100", "1\n", True),
        ("=1|100", "100", True),
        ("=1|100", "M0029", False),
        ("=OK", "ok", True),
        ("=OK", '"OK"', True),
        ("=OK", PAGE, False),
        ("id", "[" * 100_000, False),
    ],
)
def test_a_body_is_an_acknowledgement_as_the_setting_says(
    setting: str, body: str, holds: bool
) -> None:
    """JSON or text, whatever the case."""
    wanted = parse_acknowledgement(setting)
    assert wanted is not None
    assert wanted.holds(body.encode()) is holds
    assert not wanted.holds(None)


def test_without_a_setting_the_status_alone_counts() -> None:
    """The default."""
    assert parse_acknowledgement("") is None


@pytest.mark.parametrize("setting", ["=", "status=", "=|", "a b", "a..b", ".a=1", "a.=1", "|"])
@pytest.mark.parametrize(
    "name", ["HOTLINE_BACKOFFICE__ACKNOWLEDGEMENT", "HOTLINE_SMS__ACKNOWLEDGEMENT"]
)
def test_a_setting_that_could_never_hold_is_told_at_the_start(name: str, setting: str) -> None:
    """By its name, before a ticket meets it."""
    with pytest.raises(SettingsWrong, match=name):
        load_settings({name: setting})

"""The console asks nothing of an address that somebody has typed (server-side request forgery)."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from flask import Flask

from console.house import House
from people.person import ACCOUNT_ROLES
from tests.fixtures.console import somebody


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody inside, whom only this machine reaches."""
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        made.setblocking(False)
        yield made


def test_no_form_makes_the_console_ask_an_address_asvs_1_3_6(
    house: House, app: Flask, listener: socket.socket
) -> None:
    """Every form of every page, every field that somebody may make up, and every name in a path."""
    inside = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    fields = ("url", "next", "to", "host", "address", "name", "form", "number", "template", "kind")
    made_up = dict.fromkeys(fields, inside)
    browser = somebody(app, house, "admin")
    asked = 0
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/api/", "/static", "/sign-", "/me/sign-out")):
            continue
        named = re.sub("<int:[^>]+>", "1", rule.rule)
        path = re.sub("<[^>]+>", quote(inside, safe=""), named)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            browser.get("/me")
            if method == "GET":
                answer = browser.client.get(path, query_string=made_up)
            else:
                answer = browser.post(path, **made_up)
            assert answer.status_code < 500, (method, path)
            asked += 1
    assert asked > 80
    with pytest.raises(BlockingIOError):
        listener.accept()


@pytest.mark.parametrize("role", ACCOUNT_ROLES)
def test_a_trial_goes_to_destinations_of_the_file_alone_asvs_1_3_6(
    house: House, app: Flask, listener: socket.socket, role: str
) -> None:
    """By their names: where they are stands in no page and in no form."""
    inside = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    browser = somebody(app, house, role)  # type: ignore[arg-type]  # one of them
    browser.get("/me")
    answer = browser.post(f"/destinations/{inside.replace('/', '%2F')}/trial", url=inside)
    assert answer.status_code in (403, 404)
    with pytest.raises(BlockingIOError):
        listener.accept()

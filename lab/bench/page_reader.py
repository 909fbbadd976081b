"""Somebody at the console's pages: signed in, without a browser and without a network between."""

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import Engine

from hotline.bootstrap import Services
from hotline.console.wiring import make_console
from lab.bench.house import BenchFailed
from people.accounts import add_account
from people.invitations import accept_invitation
from people.person import Person

NOTHING = "/me"
"""A page that shows nothing of the record: what any page takes."""
_EMAIL = "bench@hotline.example"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_BEHIND = (302, 404, 410)
"""Of what there is nothing until somebody looks it up, writes it or records it."""


@dataclass(frozen=True, slots=True)
class Reader:
    """An admin, who may open every page."""

    app: Flask
    engine: Engine
    client: FlaskClient

    def ms(self, path: str) -> float | None:
        """How long a page takes (ms); None for one of which there is nothing.

        Raises BenchFailed for an answer that is none.
        """
        began = time.perf_counter()
        status = self.client.get(path).status_code
        took = (time.perf_counter() - began) * 1000
        if status != 200 and status not in _BEHIND:
            raise BenchFailed(f"{path} was answered with {status}")
        return took if status == 200 else None

    def led_to(self, page: str, form: str, **given: str) -> str:
        """Where a form of a page leads."""
        found = _TOKEN.search(self.client.get(page).get_data(as_text=True))
        token = found[1] if found else ""
        answer = self.client.post(form, data={"csrf_token": token, **given})
        if answer.status_code != 302:
            raise BenchFailed(f"{form} was answered with {answer.status_code}")
        return str(answer.headers["Location"])


@contextmanager
def reading_as_admin(services: Services) -> Iterator[Reader]:
    """Somebody who has signed in to the console of these services. Raises BenchFailed."""
    app, engine = make_console(services), services.engine()
    password, now = secrets.token_urlsafe(24), datetime.now(UTC)
    by = Person("bench", "admin")
    link, _ = add_account(engine, name="bench", email=_EMAIL, role="admin", by=by, now=now)
    with app.app_context():
        accept_invitation(engine, link, hash_password(password), now=now, origin="")
    reader = Reader(app, engine, app.test_client())
    reader.led_to("/sign-in", "/sign-in", email=_EMAIL, password=password)
    yield reader

"""Whose token sees whole numbers, and whose second person is the first one again."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from blacklist.record.register import BlacklistRegister
from people.audit import history
from people.permissions import allows
from people.person import ROLES, NotAllowed, Person, Role
from people.tokens import create_token
from store.sql import reading
from tests.fixtures.console import ADMIN
from tests.fixtures.record import MAHA, NADA, NUMBER, OTHER, Clock
from tests.integration.api.conftest import Ask

ROOT = "/api/v1"
HIDDEN = NUMBER[4:-2]
"""What of a number is hidden."""
PREFIX = {"number": "05598765", "reason": "flood", "days": 3}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "receiver"])
def test_a_token_sees_as_much_of_numbers_as_its_role_sees_in_pages(
    ask: Ask, client: FlaskClient, role: Role
) -> None:
    """Every list and every look at the blocklist, also a number that a note has in it."""
    restricted = {"number": NUMBER, "reason": "flood", "days": 3, "note": f"again {NUMBER}!"}
    assert ask("POST", json=restricted).status_code == 201
    assert ask("POST", f"/{NUMBER}/strikes", json={"reason": "flood"}).status_code == 201
    assert ask("PUT", f"/{OTHER}/allow", json={"note": "hospital"}).status_code == 200
    assert ask("POST", "/prefixes", name="maha", role="manager", json=PREFIX).status_code == 201
    document: Any = client.get("/openapi.json").json
    seen, told = 0, ""
    for path, methods in document["paths"].items():
        if "get" not in methods or not path.startswith(f"{ROOT}/blacklist"):
            continue
        below = path.removeprefix(f"{ROOT}/blacklist").replace("{number}", NUMBER)
        below = below.replace("{prefix}", "05598765")
        answer = ask("GET", below, role=role)
        assert answer.status_code in (200, 403, 404), below
        told += answer.get_data(as_text=True) if answer.status_code == 200 else ""
        seen += answer.status_code == 200
    assert seen > 2
    assert (HIDDEN in told) == allows(role, "numbers.see")
    assert "+96655987" in told, "a prefix is shown to whoever sees that it stands"


Post = Callable[..., int]


def by_token(
    register: BlacklistRegister, client: FlaskClient, maker: Person, name: str = "Saad"
) -> Post:
    """Posts to prefixes by a manager's token of another name, which `maker` has made."""
    now = register.now()
    text, _ = create_token(register.engine, name=name, role="manager", by=maker, now=now)

    def post(path: str = "/05598765/approve", **more: Any) -> int:
        headers = {"Authorization": f"Bearer {text}"}
        return client.post(f"{ROOT}/blacklist/prefixes{path}", headers=headers, **more).status_code

    return post


def test_who_asked_for_a_prefix_is_not_the_second_person_by_a_token_of_their_own(
    ask: Ask, register: BlacklistRegister, client: FlaskClient, clock: Clock
) -> None:
    """Whatever name they have given it; a token that another has made is somebody else."""
    assert ask("POST", "/prefixes", name="maha", role="manager", json=PREFIX).status_code == 201
    hers, anothers = by_token(register, client, MAHA), by_token(register, client, NADA)
    assert hers() == 403
    assert ask("GET", "/prefixes/05598765", role="manager").json["approved_by"] is None  # type: ignore[index]  # an object
    assert anothers() == 200


def test_who_has_made_the_token_that_asked_is_not_the_second_person(
    register: BlacklistRegister, client: FlaskClient
) -> None:
    """By their own name, nor by another token of theirs; somebody else is."""
    one, two = (by_token(register, client, MAHA, name) for name in ("one", "two"))
    assert one("", json=PREFIX) == 201
    with pytest.raises(NotAllowed):
        register.approve_prefix("05598765", by=MAHA)
    assert two() == 403
    assert register.approve_prefix("05598765", by=NADA).approved_by == NADA.name


def test_tokens_that_an_admin_makes_are_other_peoples(
    register: BlacklistRegister, client: FlaskClient
) -> None:
    """As accounts are; their own name is theirs all the same."""
    one, two = (by_token(register, client, ADMIN, name) for name in ("one", "two"))
    assert one("", json=PREFIX) == 201
    with pytest.raises(NotAllowed):
        register.approve_prefix("05598765", by=ADMIN)
    assert two() == 200


def test_the_audit_says_from_where_a_request_came(ask: Ask, register: BlacklistRegister) -> None:
    """As it does of what is done in pages."""
    assert ask("POST", f"/{NUMBER}/strikes", json={"reason": "flood"}).status_code == 201
    assert ask("PUT", f"/{OTHER}/allow", json={"note": "hospital"}).status_code == 200
    with reading(register.engine) as connection:
        made = [one for one in history(connection) if one.subject in (NUMBER, OTHER)]
    assert [one.origin for one in made] == ["127.0.0.1"] * 2

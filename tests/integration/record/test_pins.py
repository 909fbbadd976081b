"""PINs of the telephone codes: whose they are, how they are kept, and how many may be tried."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import redis
import sqlalchemy as sa
from click.testing import CliRunner
from pydantic import SecretStr
from redis.exceptions import RedisError

from hotline.cli.pin import pin_group
from hotline.doctor.roles import all_checks
from hotline.settings import Settings
from people.audit import history
from people.person import NotAllowed, Person
from people.pin_guard import FROM_ALL, FROM_ONE, WHILE_S, PinGuard
from people.pins import PinRefused, list_pins, person_of_pin, revoke_pin, set_pin
from people.schema import pins
from store.sql import reading
from tests.fixtures.house import house_of
from tests.fixtures.processes import free_tcp_port
from tests.fixtures.record import MAHA, SALEM, Clock


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    with redis.Redis.from_url(redis_url) as made:
        yield made


def given(engine: sa.Engine, clock: Clock, name: str = "amal", pin: str = "407193") -> str:
    """What a supervisor of this name keys."""
    keyed, _ = set_pin(engine, name=name, role="supervisor", by=MAHA, now=clock.now, pin=pin)
    return keyed


def test_what_a_person_keys_names_them_and_their_role(engine: sa.Engine, clock: Clock) -> None:
    """Three digits of their own, then the PIN; two people may have the same PIN."""
    amal, badr = given(engine, clock), given(engine, clock, "badr")
    assert amal[:3] != badr[:3]
    assert amal[3:] == badr[3:] == "407193"
    assert person_of_pin(engine, amal, clock.now) == Person("amal", "supervisor")
    assert person_of_pin(engine, badr, clock.now) == Person("badr", "supervisor")


@pytest.mark.parametrize("change", ["", "1", "x", " ", "\n", "٤", "-1"])
def test_anything_else_names_nobody(engine: sa.Engine, clock: Clock, change: str) -> None:
    """Nothing, more, another PIN, another person's number, what is no digit."""
    keyed = given(engine, clock)
    wrong = keyed[:-1] + change if change else ""
    assert person_of_pin(engine, wrong, clock.now) is None
    assert person_of_pin(engine, f"{(int(keyed[0]) % 9) + 1}{keyed[1:]}", clock.now) is None


def test_only_a_salted_slow_hash_is_kept(engine: sa.Engine, clock: Clock) -> None:
    """The same PIN has two hashes, and stands nowhere, the audit included."""
    given(engine, clock)
    given(engine, clock, "badr")
    with reading(engine) as connection:
        rows = connection.execute(sa.select(pins)).all()
        told = connection.execute(sa.text("SELECT * FROM blacklist_audit")).all()
    assert len({row.hash for row in rows}) == 2
    assert all(row.hash.startswith("16384:8:1:") for row in rows)
    assert "407193" not in repr(rows) + repr(told)


def test_a_person_has_one_pin_however_the_name_is_written(engine: sa.Engine, clock: Clock) -> None:
    """Or a PIN that was replaced would go on opening the codes."""
    first = given(engine, clock, "Amal Saad")
    second = given(engine, clock, " amal  SAAD", pin="502918")
    assert first[:3] == second[:3]
    assert person_of_pin(engine, first, clock.now) is None


def test_a_pin_ends_with_its_days_when_it_is_revoked_and_with_the_next_one(
    engine: sa.Engine, clock: Clock
) -> None:
    """And each end is in the audit."""
    short, made = set_pin(
        engine, name="hind", role="operator", by=MAHA, now=clock.now, days=1, pin="407193"
    )
    first = given(engine, clock)
    second = given(engine, clock, pin="502918")
    assert first[:3] == second[:3], "a person keeps their number"
    assert person_of_pin(engine, first, clock.now) is None
    assert person_of_pin(engine, second, clock.now) is not None
    assert revoke_pin(engine, second[:3], by=MAHA, now=clock.now)
    assert not revoke_pin(engine, second[:3], by=MAHA, now=clock.now)
    assert person_of_pin(engine, second, clock.now) is None
    clock.forward(days=1, seconds=1)
    assert person_of_pin(engine, short, clock.now) is None
    with reading(engine) as connection:
        assert len(list_pins(connection)) == 3
        assert [change.action for change in history(connection, made.id, limit=9)] == ["pin_set"]
        revoked = next(pin for pin in list_pins(connection) if pin.name == "amal")
        told = [change.action for change in history(connection, revoked.id, limit=9)]
        assert told == ["pin_revoked", "pin_set"]


@pytest.mark.parametrize(
    "pin", ["12345", "1234567890123", "12345a", "٤٠٧١٩٣", "000000", "123456", "987654", "246802"]
)
def test_a_pin_that_anybody_would_try_is_refused(engine: sa.Engine, clock: Clock, pin: str) -> None:
    """Too short, too long, no digits, or digits at equal distances."""
    with pytest.raises(PinRefused):
        given(engine, clock, pin=pin)


def test_only_a_manager_gives_pins_and_takes_them(engine: sa.Engine, clock: Clock) -> None:
    """As with tokens."""
    with pytest.raises(NotAllowed):
        set_pin(engine, name="amal", role="operator", by=SALEM, now=clock.now)
    with pytest.raises(NotAllowed):
        revoke_pin(engine, "123", by=SALEM, now=clock.now)


def wrong(guard: PinGuard, extension: str) -> bool:
    """One wrong PIN; whether no more are looked at then."""
    assert guard.may_try(extension)
    return guard.failed(extension)


def test_so_many_tries_at_once_are_no_more_than_one_after_another(client: redis.Redis) -> None:
    """A try counts before its PIN is looked at; those that could not be looked at do not."""
    guard = PinGuard(client)
    assert [guard.may_try("op-1") for _ in range(FROM_ONE + 2)] == [True] * FROM_ONE + [False] * 2
    others = [guard.may_try(f"op-{number}") for number in range(2, FROM_ALL)]
    assert others.count(True) == FROM_ALL - FROM_ONE
    guard.withdraw("op-2")
    assert guard.may_try("op-2")


def test_a_telephone_is_shut_out_after_five_wrong_pins(client: redis.Redis) -> None:
    """That one alone, for a quarter of an hour; a right PIN before that forgets the wrong ones."""
    guard = PinGuard(client)
    for _ in range(FROM_ONE - 1):
        assert not wrong(guard, "op-1")
    assert guard.may_try("op-1")
    guard.succeeded("op-1")
    assert [wrong(guard, "op-1") for _ in range(FROM_ONE)] == [False] * (FROM_ONE - 1) + [True]
    for _ in range(FROM_ALL):
        assert not guard.may_try("op-1")
    assert guard.may_try("op-2")
    assert 0 < client.ttl("hotline:pins:op-1") <= WHILE_S
    client.expire("hotline:pins:op-1", 0)
    assert guard.may_try("op-1")


def test_all_telephones_are_shut_out_after_twenty(client: redis.Redis) -> None:
    """Somebody tries from one after another."""
    guard = PinGuard(client)
    told = [wrong(guard, f"op-{number}") for number in range(FROM_ALL)]
    assert told == [False] * (FROM_ALL - 1) + [True]
    assert not guard.may_try("op-99")
    assert 0 < client.ttl("hotline:pins") <= WHILE_S


@pytest.mark.parametrize("name", ["", "x" * 41, "a b", "op\n1", "٤"])
def test_what_is_no_telephone_is_refused(client: redis.Redis, name: str) -> None:
    """No key of Redis is made of it."""
    with pytest.raises(ValueError, match="telephone"):
        PinGuard(client).may_try(name)


def test_with_redis_away_nobody_is_let_in() -> None:
    """These codes are on no citizen's path."""
    with (
        redis.Redis(port=free_tcp_port(), socket_connect_timeout=0.2) as away,
        pytest.raises(RedisError),
    ):
        PinGuard(away).may_try("op-1")


def test_the_command_sets_lists_and_revokes(database_url: str, engine: sa.Engine) -> None:
    """What is keyed is shown once; wrong usage is 2, nothing there is 1."""
    services = house_of(Settings(database_url=SecretStr(database_url)))
    run = CliRunner()
    done = run.invoke(
        pin_group, ["set", "--name", "amal", "--role", "supervisor", "--who", "maha"], obj=services
    )
    assert done.exit_code == 0, done.output
    keyed = done.stdout.strip()
    assert len(keyed) == 11
    assert keyed[3:] not in done.stderr
    listed = run.invoke(pin_group, ["list", "--json"], obj=services)
    assert keyed[:3] in listed.stdout
    assert keyed[3:] not in listed.stdout
    assert "hash" not in listed.stdout
    asked = run.invoke(
        pin_group,
        ["set", "--name", "badr", "--role", "operator", "--ask", "--who", "maha"],
        obj=services,
        input="123456\n123456\n",
    )
    assert (asked.exit_code, "choose another" in asked.output) == (2, True)
    asked = run.invoke(
        pin_group,
        ["set", "--name", "badr", "--role", "operator", "--ask", "--who", "maha"],
        obj=services,
        input="407193\n407193\n",
    )
    assert (asked.exit_code, "407193" in asked.output) == (0, False)
    revoke = ["revoke", keyed[:3], "--who", "maha"]
    assert run.invoke(pin_group, revoke, obj=services).exit_code == 0
    assert run.invoke(pin_group, revoke, obj=services).exit_code == 1
    services.close()


def test_the_doctor_notes_that_nobody_has_a_pin(
    database_url: str, redis_url: str, engine: sa.Engine
) -> None:
    """It is no failure: a centre may do without the codes."""
    services = house_of(
        Settings(database_url=SecretStr(database_url), redis_url=SecretStr(redis_url))
    )

    def told() -> tuple[bool, str]:
        check = next(one for one in all_checks(services) if one.name == "pins")
        return check.passed, check.found

    assert told() == (True, "nobody has one: see `hotline pin set`")
    _, pin = set_pin(engine, name="amal", role="supervisor", by=MAHA, now=datetime.now(UTC))
    assert told() == (True, "1 in force")
    assert revoke_pin(engine, pin.number, by=MAHA, now=datetime.now(UTC))
    assert told()[1].startswith("nobody has one")

"""PINs of the codes that inside telephones dial: shown once, stored as a slow hash.

What a person keys is three digits, their own number, and then the PIN. The number picks the one
hash that is compared, so that a try costs the same however many people there are; a number that
nobody has costs it too. A PIN can be guessed, unlike a token: hence scrypt (RFC 7914), and
`people.pin_guard`.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa

from people.audit import note_change
from people.fields import Pin
from people.identity import identity
from people.person import LONGEST_GRANT_DAYS, Person, Role, holder_of
from people.schema import pins
from store.fields import columns_in, record_of
from store.sql import one_at_a_time, reading

PIN_DIGITS = 8
"""Digits of a PIN that is drawn here."""
_NUMBERS = range(100, 1000)
_PIN = re.compile(r"[0-9]{6,12}")
_KEYED = re.compile(r"([0-9]{3})([0-9]{6,12})")
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_NOBODY = f"{_COST}:{_BLOCK}:{_PARALLEL}:{bytes(16).hex()}:{bytes(32).hex()}"
"""A hash that no PIN has: compared where there is no other."""


class PinRefused(ValueError):
    """The PIN may not be set; the message says why and what to do instead."""


def set_pin(
    engine: sa.Engine,
    *,
    name: str,
    role: Role,
    by: Person,
    now: datetime,
    days: float = LONGEST_GRANT_DAYS,
    pin: str | None = None,
) -> tuple[str, Pin]:
    """Give a person a PIN, in place of the one they have; what they key is returned this once.

    A person keeps their number, as long as they have a PIN. `pin` is 6 to 12 digits; None draws
    eight. Raises PinRefused for one that anybody would try first, and when all numbers are taken;
    ValueError for a name or number of days that cannot be; NotAllowed below manager.
    """
    by.must_be("manager", "a PIN")
    holder_of("a PIN", name, role, days)
    by.must_be_above(role, "a PIN")
    pin = _checked(pin) if pin is not None else _drawn()
    until = now + timedelta(days=days)
    with engine.begin() as connection:
        one_at_a_time(connection, "pins")
        standing = connection.execute(
            sa.select(pins.c.id, pins.c.number, pins.c.name).where(_stands(now))
        ).all()
        old = [one for one in standing if identity(one.name) == identity(name)]
        for one in old:
            _end(connection, one.id, by, now)
        number = old[0].number if old else _free(connection, now)
        made = Pin(secrets.token_hex(8), number, name, role, now, until, None)
        connection.execute(
            pins.insert().values(
                id=made.id,
                number=made.number,
                hash=_hash(pin),
                name=name,
                role=role,
                created_at=now,
                expires_at=until,
            )
        )
        note_change(connection, by, "pin_set", made.id, now, name=name, role=role)
    return made.number + pin, made


def person_of_pin(engine: sa.Engine, keyed: str, now: datetime) -> Person | None:
    """Whose number and PIN these are; None for what is wrong, over or revoked.

    Raises SQLAlchemyError when the database is away.
    """
    found = _KEYED.fullmatch(keyed)
    if found is None:
        return None
    number, pin = found.groups()
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(pins.c.hash, pins.c.name, pins.c.role).where(
                _stands(now), pins.c.number == number
            )
        ).one_or_none()
    right = _is(pin, _NOBODY if row is None else row.hash)
    return Person(row.name, row.role) if row is not None and right else None


def revoke_pin(engine: sa.Engine, number: str, *, by: Person, now: datetime) -> bool:
    """End the PIN of this number at once; False when none is in force. Raises NotAllowed."""
    by.must_be("manager", "revoking a PIN")
    with engine.begin() as connection:
        statement = sa.select(pins.c.id).where(_stands(now), pins.c.number == number)
        found = connection.scalars(statement).one_or_none()
        if found is not None:
            _end(connection, found, by, now)
    return found is not None


def list_pins(connection: sa.Connection) -> list[Pin]:
    """Every PIN that was ever set, the newest first."""
    rows = connection.execute(
        sa.select(*columns_in(pins, Pin)).order_by(pins.c.created_at.desc(), pins.c.number)
    )
    return [record_of(Pin, row) for row in rows]


def count_pins(connection: sa.Connection, now: datetime) -> int:
    """How many PINs are in force."""
    found = connection.scalar(sa.select(sa.func.count()).select_from(pins).where(_stands(now)))
    return found or 0


def _stands(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(pins.c.revoked_at.is_(None), pins.c.expires_at > now)


def _end(connection: sa.Connection, pin_id: str, by: Person, now: datetime) -> None:
    connection.execute(pins.update().where(pins.c.id == pin_id).values(revoked_at=now))
    note_change(connection, by, "pin_revoked", pin_id, now)


def _free(connection: sa.Connection, now: datetime) -> str:
    """A number that nobody has now."""
    taken = set(connection.scalars(sa.select(pins.c.number).where(_stands(now))))
    free = [str(number) for number in _NUMBERS if str(number) not in taken]
    if not free:
        raise PinRefused(f"all {len(_NUMBERS)} numbers are taken: revoke PINs that nobody uses")
    return secrets.choice(free)


def _checked(pin: str) -> str:
    if not _PIN.fullmatch(pin):
        raise PinRefused("a PIN has 6 to 12 digits, 0 to 9")
    if _easy(pin):
        raise PinRefused("this PIN is among the first that anybody would try: choose another")
    return pin


def _drawn() -> str:
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(PIN_DIGITS))
        if not _easy(pin):
            return pin


def _easy(pin: str) -> bool:
    """All digits the same distance from the one before: 000000, 123456, 864208."""
    return len({(int(b) - int(a)) % 10 for a, b in pairwise(pin)}) == 1


def _hash(pin: str) -> str:
    salt = secrets.token_bytes(16)
    made = _scrypt(pin, salt, _COST, _BLOCK, _PARALLEL)
    return f"{_COST}:{_BLOCK}:{_PARALLEL}:{salt.hex()}:{made.hex()}"


def _is(pin: str, kept: str) -> bool:
    cost, block, parallel, salt, made = kept.split(":")
    tried = _scrypt(pin, bytes.fromhex(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(tried, bytes.fromhex(made))


def _scrypt(pin: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=block, p=parallel, dklen=32)

"""What calls ask of SQL by the shortest way, on every database that is supported."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from places.schema import gazetteer
from store.lookup import Lookup
from tests.fixtures.places import address, lay

ASKED = Lookup(
    sa.select(gazetteer.c.building_number, gazetteer.c.lat)
    .where(gazetteer.c.postal_code == sa.bindparam("postal_code"))
    .order_by(gazetteer.c.building_number)
    .limit(2)
)


def test_rows_are_those_of_the_question(any_engine: sa.Engine) -> None:
    """In its order, no more than its limit, and as often as it is asked."""
    lay(any_engine, [address(number) for number in ("3333", "1111", "2222")])
    for _ in range(2):
        rows = ASKED.rows(any_engine, {"postal_code": "23218"})
        assert [row[0] for row in rows] == ["1111", "2222"]
        assert isinstance(rows[0][1], float)
    assert ASKED.rows(any_engine, {"postal_code": "00000"}) == []


def test_emptiness_is_known_quickly_where_nobody_has_to_be_asked(any_engine: sa.Engine) -> None:
    """A server is a way away: there the question itself tells."""
    lay(any_engine, [address()])
    at_hand = any_engine.dialect.name == "sqlite"
    assert ASKED.is_quickly_empty(any_engine, {"postal_code": "00000"}) == at_hand
    assert not ASKED.is_quickly_empty(any_engine, {"postal_code": "23218"})


def test_what_goes_wrong_is_told_as_everywhere(any_engine: sa.Engine) -> None:
    """Callers of a lookup mind SQLAlchemy's errors alone."""
    with any_engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE gazetteer"))
    with pytest.raises(SQLAlchemyError, match="gazetteer"):
        ASKED.rows(any_engine, {"postal_code": "23218"})

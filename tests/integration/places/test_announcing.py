"""Announcements on real SQL and a real Redis: on the air at once, off by themselves, audited."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
import sqlalchemy as sa

from people.audit import history
from people.person import NotAllowed, NothingThere
from places.announcing import MOST_AT_ONCE, Refused, announce, end, latest, not_over, project
from places.fields import Announcement
from places.on_air import ON_AIR_KEY, on_air
from store.sql import reading
from tests.fixtures.record import AMAL, MAHA, SALEM

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXTS = {"ar": "أَمْطَارٌ غَزِيرَةْ.", "en": "Heavy rain."}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    with redis.Redis.from_url(redis_url) as found:
        yield found


def put(engine: sa.Engine, **changes: Any) -> Announcement:
    """Put one on the air from now on, for an hour."""
    given: dict[str, Any] = {"starts_at": NOW, "until": NOW + HOUR, "by": SALEM, "now": NOW}
    texts = changes.pop("texts", TEXTS)
    return announce(engine, texts, **(given | changes))


def heard(client: redis.Redis, at: datetime) -> tuple[Any, ...]:
    """What a call hears that begins then."""
    stored = client.get(ON_AIR_KEY)
    assert stored is None or isinstance(stored, bytes)
    return on_air(stored, at.timestamp())


def test_the_next_call_hears_it_and_none_after_its_end(
    any_engine: sa.Engine, client: redis.Redis
) -> None:
    """By the moment alone: nobody has to come and take it off."""
    put(any_engine)
    project(any_engine, client, NOW)
    assert heard(client, NOW) == heard(client, NOW + HOUR - timedelta(seconds=1)) == (TEXTS,)
    assert heard(client, NOW + HOUR) == heard(client, NOW - timedelta(seconds=1)) == ()


def test_several_are_heard_in_the_order_in_which_they_began(
    any_engine: sa.Engine, client: redis.Redis
) -> None:
    """Whenever they were written down; one that is to come waits."""
    put(any_engine, texts={"en": "second"})
    put(any_engine, texts={"en": "first"}, starts_at=NOW - HOUR)
    put(any_engine, texts={"en": "to come"}, starts_at=NOW + HOUR, until=NOW + 2 * HOUR)
    project(any_engine, client, NOW)
    assert heard(client, NOW) == ({"en": "first"}, {"en": "second"})
    assert heard(client, NOW + HOUR) == ({"en": "to come"},)


def test_what_is_ended_is_heard_no_more_and_kept_with_who_and_when(
    any_engine: sa.Engine, client: redis.Redis
) -> None:
    """Once: a second end finds nothing, and the key is gone."""
    made = put(any_engine)
    end(any_engine, made.id, by=MAHA, now=NOW)
    assert project(any_engine, client, NOW) == []
    assert client.exists(ON_AIR_KEY) == 0
    (kept,) = latest(any_engine, 10)
    assert (kept.texts, kept.who, kept.ended_by, kept.ended_at) == (TEXTS, "salem", "maha", NOW)
    with pytest.raises(NothingThere):
        end(any_engine, made.id, by=MAHA, now=NOW)
    with reading(any_engine) as connection:
        last, first = history(connection)
    assert (first.who, first.action, first.subject) == ("salem", "announced", made.id)
    assert first.details["texts"] == TEXTS
    assert (last.who, last.action, last.subject) == ("maha", "announcement_ended", made.id)


def test_an_emptied_redis_is_told_again_and_an_equal_one_is_left_alone(
    any_engine: sa.Engine, client: redis.Redis
) -> None:
    """As the relay does it every few seconds."""
    put(any_engine)
    project(any_engine, client, NOW)
    client.flushall()
    assert heard(client, NOW) == ()
    project(any_engine, client, NOW)
    assert heard(client, NOW) == (TEXTS,)
    changes = client.info("stats")["total_commands_processed"]
    writes = client.info("commandstats")["cmdstat_set"]["calls"]
    project(any_engine, client, NOW)
    assert client.info("commandstats")["cmdstat_set"]["calls"] == writes
    assert client.info("stats")["total_commands_processed"] > changes
    client.set(ON_AIR_KEY, "garbage")
    project(any_engine, client, NOW)
    assert heard(client, NOW) == (TEXTS,)


@pytest.mark.parametrize(
    "changes",
    [
        {"texts": {}},
        {"until": NOW},
        {"until": NOW - HOUR, "starts_at": NOW - 2 * HOUR},
        {"starts_at": NOW + 2 * HOUR},
        {"until": NOW + timedelta(days=367)},
    ],
)
def test_what_nobody_would_hear_or_nobody_would_end_is_refused(
    any_engine: sa.Engine, changes: dict[str, Any]
) -> None:
    """Nothing is kept of it."""
    with pytest.raises(Refused):
        put(any_engine, **changes)
    assert latest(any_engine, 10) == []


def test_nobody_listens_to_more_than_five(any_engine: sa.Engine) -> None:
    """At one moment: one that begins when they are over is taken."""
    for _ in range(MOST_AT_ONCE):
        put(any_engine)
    with pytest.raises(Refused, match="end one first"):
        put(any_engine)
    put(any_engine, starts_at=NOW + HOUR, until=NOW + 2 * HOUR)
    assert len(not_over(any_engine, NOW)) == MOST_AT_ONCE + 1
    assert len(not_over(any_engine, NOW + HOUR)) == 1


def test_only_a_supervisor_speaks_to_everybody(any_engine: sa.Engine) -> None:
    """Nor does an operator silence one."""
    made = put(any_engine)
    with pytest.raises(NotAllowed):
        put(any_engine, by=AMAL)
    with pytest.raises(NotAllowed):
        end(any_engine, made.id, by=AMAL, now=NOW)
    assert len(not_over(any_engine, NOW)) == 1

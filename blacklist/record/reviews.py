"""Redress: a restricted caller asks for review, a person decides by a deadline and says why."""

from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from blacklist.record.entries import end_entry
from blacklist.record.fields import Review
from blacklist.record.schema import reviews
from blacklist.record.strikes import lift_strikes
from people.audit import note_change
from people.person import NothingThere, Person
from store.fields import record_of
from store.sql import beyond, one_at_a_time

LONGEST_WHY = 500
CALLER = Person("caller", "operator")
"""Who the audit names for what the caller asked for: never the number's owner by name."""


def open_review(
    engine: sa.Engine,
    *,
    number: str,
    call_id: str,
    recording_ref: str,
    now: datetime,
    answer_within: timedelta,
) -> Review:
    """Note that the caller from `number` (E.164) asks for review; due after `answer_within`.

    One request a number waits at a time: asking again gives the one that waits, with its deadline,
    and the audit keeps the new recording. Repeating the same call changes nothing.
    Raises sqlalchemy.exc.SQLAlchemyError when the database is away.
    """
    with engine.begin() as connection:
        one_at_a_time(connection, number)
        waiting = _waiting(connection, number)
        if waiting is None:
            values = {
                "number": number,
                "call_id": call_id[:100],
                "recording_ref": recording_ref[:200],
                "opened_at": now,
                "due_at": now + answer_within,
                "state": "open",
                "why": "",
            }
            connection.execute(reviews.insert(), values)
            waiting = _waiting(connection, number)
            assert waiting is not None
        elif waiting.call_id == call_id[:100]:
            return waiting
        note_change(
            connection,
            CALLER,
            "review_asked",
            number,
            now,
            review=waiting.id,
            call=call_id[:100],
            recording=recording_ref[:200],
        )
        return waiting


def decide_review(
    connection: sa.Connection, review_id: int, *, accept: bool, why: str, by: Person, now: datetime
) -> Review:
    """Accept (the restriction and the strikes behind it are lifted) or refuse, with the reason.

    Raises NothingThere, NotAllowed below supervisor, ValueError for a refusal without a reason.
    """
    by.must_be("supervisor", "deciding a review")
    if not accept and not why.strip():
        raise ValueError("a refusal says why")
    if len(why) > LONGEST_WHY:
        raise ValueError(f"why is longer than {LONGEST_WHY} characters")
    state = "accepted" if accept else "refused"
    number = connection.execute(
        reviews.update()
        .where(reviews.c.id == review_id, reviews.c.state == "open")
        .values(state=state, decided_at=now, decided_by=by.name, why=why.strip())
        .returning(reviews.c.number)
    ).scalar_one_or_none()
    if number is None:
        raise NothingThere(f"review {review_id}: none of this number waits for a decision")
    note_change(connection, by, f"review_{state}", number, now, review=review_id, why=why.strip())
    if accept:
        end_entry(connection, "number", number, by, now, why=f"review {review_id}", how="review")
        lift_strikes(connection, number, by, now, why=f"review {review_id}")
    return record_of(
        Review, connection.execute(sa.select(reviews).where(reviews.c.id == review_id)).one()
    )


def list_reviews(
    connection: sa.Connection,
    now: datetime,
    *,
    only: Literal["open", "due", "all"] = "open",
    limit: int | None = None,
    after: tuple[datetime, int] | None = None,
) -> list[Review]:
    """Requests, the one with the nearest deadline first; `due` are those past it.

    They begin behind the one of this deadline and id, `after`, where one is given.
    """
    order = (reviews.c.due_at, reviews.c.id)
    wanted = sa.select(reviews).order_by(*order).limit(limit)
    if after is not None:
        wanted = wanted.where(beyond(order, after))
    if only != "all":
        wanted = wanted.where(reviews.c.state == "open")
    if only == "due":
        wanted = wanted.where(reviews.c.due_at <= now)
    return [record_of(Review, row) for row in connection.execute(wanted)]


def count_due(connection: sa.Connection, now: datetime) -> int:
    """How many requests are past their deadline: for a gauge."""
    counted = sa.select(sa.func.count()).select_from(reviews)
    due = counted.where(reviews.c.state == "open", reviews.c.due_at <= now)
    return int(connection.execute(due).scalar_one())


def _waiting(connection: sa.Connection, number: str) -> Review | None:
    row = connection.execute(
        sa.select(reviews).where(reviews.c.number == number, reviews.c.state == "open")
    ).one_or_none()
    return None if row is None else record_of(Review, row)

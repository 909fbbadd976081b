"""How each destination stands: how it does, what waits for it, what was given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tickets.health import Health, read_health
from tickets.outbox import Backlog, backlog


@dataclass(frozen=True, slots=True)
class Standing:
    """A destination; `kind` is empty where there is none of this name any more.

    `accepted` are those of `waiting` that it has, and has still to say so. `oldest_s` is the age of
    the oldest that waits, in seconds. `last_error` and `failing_since` are there while it is ill.
    """

    name: str
    kind: str
    state: str
    waiting: int
    accepted: int
    oldest_s: int
    dead: int
    last_error: str | None
    failing_since: datetime | None = None


def standings(engine: sa.Engine, kinds: Mapping[str, str]) -> list[Standing]:
    """Every destination, by the names of `kinds`, and those besides that something waits for.

    It costs what is not delivered. Raises SQLAlchemyError.
    """
    rows = backlog(engine)
    seen = {one.name: one for one in read_health(engine)}
    names = dict.fromkeys((*kinds, *(row.destination for row in rows)))
    return [_standing(name, kinds.get(name, ""), rows, seen.get(name)) for name in names]


def _standing(name: str, kind: str, rows: list[Backlog], health: Health | None) -> Standing:
    its = [row for row in rows if row.destination == name]
    waiting = [row for row in its if row.state != "dead"]
    ill = health if health is not None and health.ill else None
    return Standing(
        name=name,
        kind=kind,
        state=health.state if health is not None else "well",
        waiting=sum(row.count for row in waiting),
        accepted=sum(row.accepted for row in waiting),
        oldest_s=round(max((row.oldest_s for row in waiting), default=0.0)),
        dead=sum(row.count for row in its if row.state == "dead"),
        last_error=ill.last_error if ill is not None else None,
        failing_since=ill.failing_since if ill is not None else None,
    )

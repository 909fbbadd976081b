"""`/api/v1/announcements`: what callers hear before the menu, put on the air and taken off."""

from typing import Annotated, Any

import redis
import structlog
from pydantic import Field, StringConstraints

from blacklist.record.arguments import Arguments, Plain
from blacklist.record.operations import Operation
from console.api.pages import Moment
from console.api.resources.served import Served
from console.house import House
from people.person import Person
from places.announcing import announce, end, not_over, project
from places.fields import Announcement

log = structlog.get_logger()

ROOT = "/api/v1/announcements"
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=500), Plain]


class AnnouncementBody(Arguments):
    """A text by language, with all its vowel marks in Arabic, and until when."""

    texts: dict[_Language, _Text] = Field(default_factory=dict)
    template: Annotated[str, StringConstraints(max_length=32), Plain] = Field(
        "", description="One of config/announcements.yaml; texts stand in place of its own"
    )
    starts_at: Moment | None = Field(None, description="Default: now")
    until: Moment


def routes(house: House) -> tuple[Served, ...]:
    """What can be asked about announcements, and done."""
    air = house.air

    def listed(person: Person) -> list[Announcement]:
        del person
        return not_over(house.engine, house.now())

    def put(
        person: Person, *, texts: dict[str, str], template: str, starts_at: Any, until: Any
    ) -> Announcement:
        checked, now = air.check(template, texts), house.now()
        for said in checked.items():
            air.sound(*said)
        made = announce(
            house.engine,
            checked,
            starts_at=starts_at or now,
            until=until,
            by=person,
            now=now,
            template=template,
        )
        _tell(house)
        return made

    def taken_off(person: Person, announcement: str) -> Announcement:
        ended = end(house.engine, announcement, by=person, now=house.now())
        _tell(house)
        return ended

    return (
        Served("list_announcements", "GET", ROOT, asks=Operation(
            "list_announcements", "On the air, and to come", "announcements.read", listed,
            list[Announcement])),
        Served("put_on_the_air", "POST", ROOT, 201, asks=Operation(
            "put_on_the_air", "The next call hears it", "announcements.change", put, Announcement,
            AnnouncementBody)),
        Served("take_off_the_air", "DELETE", f"{ROOT}/{{announcement}}", asks=Operation(
            "take_off_the_air", "No call hears it any more", "announcements.change", taken_off,
            Announcement, of="announcement", misses=True)),
    )  # fmt: skip


def _tell(house: House) -> None:
    try:
        project(house.engine, house.redis, house.now())
    except redis.RedisError as error:  # the relay tells the calls, seconds later
        log.warning("announcement_told_later", error=type(error).__name__)

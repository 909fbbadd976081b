"""The list of a day's tickets, which a destination of e-mail is sent once a day.

Its `Message-ID` says destination and day, so that one that is sent again is the same letter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage

import sqlalchemy as sa

from tickets.destination import PushResult
from tickets.destinations.mail.destination import EmailDestination
from tickets.destinations.mail.digest_rows import DayList, day_list
from tickets.destinations.mail.digest_tables import DigestTables, is_late
from tickets.destinations.mail.letter import Envelope, letter, message_id, write_bodies
from tickets.destinations.mail.told import Fact
from tickets.destinations.mail.words import LANGUAGES, Words

_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class _Part:
    words: Words
    facts: tuple[Fact, ...]
    cut: bool


def send_digest(
    engine: sa.Engine,
    destination: EmailDestination,
    day: date,
    token: str | None = None,
    *,
    patient: bool = False,
) -> PushResult:
    """Send the list of `day`, as it is now, at once; `token` and `patient` as of any letter.

    Raises ValueError for a destination that has no digest, SQLAlchemyError.
    """
    if destination.digest is None:
        raise ValueError(f"{destination.name} has no `digest` in config/destinations.yaml")
    found = day_list(engine, destination.name, day, destination.names.zone)
    made = digest_letter(destination, destination.digest, found, datetime.now(UTC))
    return destination.send(made, destination.digest, token, patient=patient)


def digest_letter(
    destination: EmailDestination, envelope: Envelope, found: DayList, now: datetime
) -> EmailMessage:
    """The letter with the list, as it is sent `now` (aware)."""
    day = found.day.isoformat()
    titles = " · ".join(LANGUAGES[language]["digest"] for language in envelope.languages)
    own_id = message_id(f"digest-{destination.name}-{day}", envelope.sender.domain)
    made = letter(envelope, f"{titles} · {destination.name} · {day}", own_id, now)
    parts = [_part(LANGUAGES[language], found, now) for language in envelope.languages]
    write_bodies(made, "digest", {"parts": parts, "subject": str(made["Subject"])})
    tables = DigestTables(destination.names, envelope.languages, now)
    name = f"940-{destination.name}-{day}"
    made.add_attachment(
        tables.csv(found),
        maintype="text",
        subtype="csv",
        filename=f"{name}.csv",
        params={"charset": "utf-8"},
    )
    made.add_attachment(
        tables.xlsx(found), maintype="application", subtype=_XLSX, filename=f"{name}.xlsx"
    )
    return made


def _part(words: Words, found: DayList, now: datetime) -> _Part:
    late = sum(is_late(ticket, now) for ticket in found.open)
    facts = (
        Fact(words["digest.day"], found.day.strftime("%d/%m/%Y"), "ltr"),
        Fact(words["digest.told"], str(len(found.told))),
        Fact(words["digest.open"], str(len(found.open))),
        Fact(words["digest.late"], str(late)),
    )
    return _Part(words, facts, found.cut)

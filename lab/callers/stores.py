"""Stores of a call's own: a folder, an SQLite file, sessions, screening. Nothing stays behind.

The desk is the real one, with the real flow, SQL and effects; only what a caller cannot tell apart
is kept in memory: the sessions (as JSON text, as Redis has them) and the blocklist.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from blacklist.decision import UNKNOWN_WAY, Way
from blacklist.entry import EntryRefused, new_entry
from blacklist.numbers import CallerNumber, Kind, normalise
from blacklist.verdict import Disposition, Verdict
from call_handlers.arrival import call_from_json
from call_handlers.desk import CallDesk
from call_handlers.effects.every import LOOKS, make_effects
from call_handlers.effects.port import Effect
from call_handlers.guesses import NoGuesses
from call_handlers.memory import Memory
from call_handlers.sessions import MemorySessions
from hotline.bootstrap import Services
from hotline.gazetteer import sub_municipality_codes
from hotline.world import make_world
from ivr.prompt_text import text_fault
from ivr.turn import Perform, Turn
from lab.callers.given_memory import GivenMemory
from lab.own_stack import own_folder, own_services, own_settings, wait_record
from lab.transcript import Transcript, TranscriptError
from people.person import Person
from places.csv_read import Reader
from places.importing import import_gazetteer
from tickets.model import Address, InvalidTicket, NewTicket, to_wire
from tickets.open import list_tickets, withdraw_ticket, withdraw_unnamed
from tickets.schema import tickets as ticket_table

DATABASE = "hotline.db"
CHALLENGE = "7"
"""The digit that a challenged caller is asked for in every transcript."""
GIVEN_DAYS = 7
"""How long a verdict that a transcript gives still holds."""
_RECORD_S = 10.0


class WitnessedSessions(MemorySessions):
    """Sessions of one call that tell which turns the hotline has made: each is stored before it is
    performed, so whoever looks here knows what is being said, on whatever driver.
    """

    def __init__(self) -> None:
        super().__init__()
        self.call_id = ""
        self._turns: list[Turn] = []
        self._changed = threading.Condition()

    def save(self, call_id: str, turn: int, state: str, events: Sequence[str]) -> str | None:
        """Keep `state`, and take notice of its turn."""
        with self._changed:
            stored = super().save(call_id, turn, state, events)
            if stored is None:
                self.call_id = call_id
                made = call_from_json(state).turn
                if not isinstance(made.action, Perform):
                    self._turns.append(made)
                    self._changed.notify_all()
        return stored

    @property
    def turns(self) -> list[Turn]:
        """The turns made so far, effects left out."""
        with self._changed:
            return list(self._turns)

    def wait_turn(self, after: int, timeout_s: float, over: Callable[[], bool]) -> Turn | None:
        """The first turn numbered above `after`; None when `over` says so, or the time is up."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                ended = over()
                found = next((turn for turn in self._turns if turn.number > after), None)
                if found is not None:
                    return found
                if ended or time.monotonic() > deadline:
                    return None
                self._changed.wait(0.05)


class GivenScreening:
    """What one transcript gives: a verdict on its caller, or none."""

    def __init__(self, blocked: dict[str, Verdict]) -> None:
        self._blocked = blocked

    def screen(
        self, number: CallerNumber, *, emergency: bool = False, way: Way = UNKNOWN_WAY
    ) -> Verdict:
        """The verdict that is given for this number, else `allow`."""
        del emergency, way
        return self._blocked.get(number.e164 or "", Verdict())

    def served(self, number: str | None, way: Way = UNKNOWN_WAY, kind: Kind = "withheld") -> None:
        """What is given does not change."""


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the stores say of a call after its end. `tickets` are as they are told to others."""

    call_id: str
    disposition: str
    verdict: str
    language: str
    path: tuple[str, ...]
    turns: int
    tickets: tuple[dict[str, Any], ...]
    transferred_to: str

    def to_json(self) -> str:
        """One JSON object, in one line."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Stores:
    """All that one call needs; `references` are those of the tickets that were given."""

    folder: Path
    engine: sa.Engine
    sessions: WitnessedSessions
    desk: CallDesk
    references: tuple[str, ...]

    def facts(self, call_id: str) -> CallFacts:
        """The call's record and tickets, once the record is complete.

        Waits for the writer for at most ten seconds; a record that is never completed is given as
        it is, with an empty disposition.
        """
        self.desk.records.settle(_RECORD_S)  # an end may be amended by what is told after it
        found = wait_record(self.engine, call_id, _RECORD_S)
        made = tuple(to_wire(t) for t in reversed(list_tickets(self.engine, call_id=call_id)))
        if found is None:
            return CallFacts(call_id, "", "", "", (), 0, made, "")
        record, _ = found
        return CallFacts(
            call_id=call_id,
            disposition=record.disposition,
            verdict=record.verdict,
            language=record.language,
            path=record.path,
            turns=record.turns,
            tickets=made,
            transferred_to=record.transferred_to,
        )


@contextmanager
def empty_database(services: Services) -> Iterator[Path]:
    """An SQLite file at the newest revision, for `own_stores` to copy; removed at the end.

    Migrating takes longer than a call without sound, and Alembic cannot do it in two threads.
    """
    with own_folder() as folder:
        with own_services(own_settings(services.settings, folder), services.files):
            pass  # closed, all of it is in the one file
        yield folder / DATABASE


@contextmanager
def own_stores(services: Services, transcript: Transcript, database: Path) -> Iterator[Stores]:
    """Stores for one call, with the facts that the transcript gives; removed at the end.

    `database` is `empty_database`'s. Raises TranscriptError when a fact cannot be given, such as
    an unknown reason.
    """
    with own_folder() as folder:
        shutil.copyfile(database, folder / DATABASE)
        settings = own_settings(services.settings, folder)
        with closing(Services(settings, services.files)) as own:
            engine = own.engine()
            screening = GivenScreening(_verdicts(transcript))
            references = _give_tickets(own, transcript)
            if transcript.gazetteer:
                _give_addresses(own)
            sessions, memory = WitnessedSessions(), GivenMemory(transcript)
            desk = CallDesk(
                flows=services.flows,
                screening=screening,
                sessions=sessions,
                records=own.records,
                memory=memory,
                looks=LOOKS,
                effects=_effects(own, memory),
                kept_days=own.settings.retention.recordings_days,
                draw=lambda: CHALLENGE,
                withdraw=partial(withdraw_ticket, engine),
                withdraw_unnamed=partial(withdraw_unnamed, engine),
            )
            yield Stores(folder, engine, sessions, desk, references)


def _effects(own: Services, memory: Memory) -> Mapping[str, Effect]:
    """What the house's own effects do, but that nothing is remembered of this call afterwards."""
    world = make_world(own)
    records = replace(world.records, guesses=NoGuesses())
    return make_effects(replace(world, memory=memory, records=records))


def _verdicts(transcript: Transcript) -> dict[str, Verdict]:
    """What is given for the caller; a caller without a number stands under the empty one."""
    if transcript.verdict:
        caller = normalise(transcript.caller, withheld=transcript.withheld)
        until = datetime.now(UTC) + timedelta(days=GIVEN_DAYS)
        disposition = cast(Disposition, transcript.verdict)
        return {caller.e164 or "": Verdict(disposition, "", until, "given", "given")}
    blocked = transcript.blocked
    if blocked is None:
        return {}
    try:
        entry = new_entry(
            transcript.caller,
            reason=blocked.reason,
            who="transcript",
            now=datetime.now(UTC),
            days=blocked.days,
        )
    except EntryRefused as error:
        where = f"{transcript.path}:{blocked.line}: given.blocked"
        raise TranscriptError([f"{where}: {error}"]) from None
    verdict = Verdict(
        entry.disposition, entry.reason, entry.until, evidence="entry", rule="exact_number"
    )
    return {entry.number: verdict}


def _give_addresses(own: Services) -> None:
    """The addresses of the sample, as people import it."""
    with (own.settings.config_dir / "gazetteer.sample.csv").open("rb") as sample:
        reader = Reader(sample, codes=sub_municipality_codes(own), unsayable=text_fault)
        who = Person("transcript", "manager")
        import_gazetteer(own.engine(), reader, by=who, now=datetime.now(UTC))


def _give_tickets(own: Services, transcript: Transcript) -> tuple[str, ...]:
    open_ticket = own.open_ticket()
    references = []
    for number, given in enumerate(transcript.tickets):
        where = f"{transcript.path}:{given.line}: given.tickets.{number}"
        service = own.services.get(given.service_code)
        if service is None:
            raise TranscriptError([f"{where}: no such service: {given.service_code}"])
        caller = normalise(
            given.caller or transcript.caller,
            withheld=transcript.withheld and not given.caller,
        )
        since = datetime.now(UTC) - timedelta(days=given.days)
        try:
            ticket = open_ticket(
                NewTicket(
                    origin=f"given:{number}",
                    service_code=service.code,
                    phone=caller.e164,
                    caller_id_withheld=caller.withheld,
                    address=Address(building_number="7421", postal_code="23218"),
                    agency_responsible=service.departments,
                    target_hours=service.target_hours,
                    reported_from=caller.e164 or "",
                    location_source="number_plate",
                ),
                since,
            )
        except InvalidTicket as error:
            raise TranscriptError([f"{where}: {error}"]) from None
        reference = ticket.service_request_id if given.reference == "auto" else given.reference
        with own.engine().begin() as connection:
            connection.execute(
                ticket_table.update()
                .where(ticket_table.c.idempotency_key == ticket.idempotency_key)
                .values(status=given.status, service_request_id=reference)
            )
        references.append(reference)
    return tuple(references)

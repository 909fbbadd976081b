"""Writing records: idempotent, in batches, and through the journal when SQL is away."""

import json
import stat
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from call_handlers.arrival import Facts
from call_handlers.history import Wanted, find_call, stream_calls
from call_handlers.records import Record, RecordWriter, replay_journal, write_records
from call_handlers.schema import metadata
from lab.own_postgres import own_database
from store.database import make_engine
from store.journal import Journal
from store.migrations import differences, upgrade
from tests.fixtures.calls import House, arrival, play
from tests.fixtures.processes import wait_until

FACTS = Facts(
    call_id="a" * 32,
    channel="asterisk",
    provider_id="1.1",
    caller="0501234567",
    e164="+966501234567",
    withheld=False,
    attestation="",
    flow="940",
    flow_version="1",
    verdict="allow",
    verdict_reason="",
    screening="ok",
    started_ms=1_795_510_800_000,
)
EVENT = json.dumps(
    {
        "turn": 1,
        "node": "language",
        "language": "ar",
        "prompts": ["welcome"],
        "kind": "digits",
        "input": "1",
        "at_ms": FACTS.started_ms + 4000,
        "ms": 4000,
    }
)
BEGUN = Record(FACTS)
ENDED = replace(
    BEGUN, ended_ms=FACTS.started_ms + 9000, disposition="abandoned", turns=2, events=(EVENT,)
)


def test_the_migration_makes_the_tables_of_the_room(house: House) -> None:
    """Autogenerate finds no difference."""
    assert differences(house.engine, metadata) == []


def test_the_first_end_of_a_record_wins(house: House) -> None:
    """In whatever order and however often they are written."""
    later = replace(ENDED, ended_ms=FACTS.started_ms + 99_000, disposition="completed")
    for records in ([BEGUN], [ENDED, later], [BEGUN, later]):
        write_records(house.engine, records)
    found = find_call(house.engine, FACTS.call_id)
    assert found is not None
    assert (found[0].disposition, found[0].seconds, len(found[1])) == ("abandoned", 9.0, 1)


def test_events_of_another_release_are_read_as_far_as_they_go(house: House) -> None:
    """What lacks a field, has one more, or nothing where that has no place; not what is none."""
    older = json.loads(EVENT) | {"turn": 2, "language": None}
    del older["ms"]
    newer = json.loads(EVENT) | {"turn": 3, "mood": "cross"}
    told = (EVENT, json.dumps(older), json.dumps(newer), "[]", "{")
    write_records(house.engine, [replace(ENDED, events=told)])
    found = find_call(house.engine, FACTS.call_id)
    assert found is not None
    events = [(one.turn, one.language, one.ms, one.prompts, one.at) for one in found[1]]
    at = datetime.fromtimestamp(FACTS.started_ms / 1000 + 4, UTC)
    assert events == [
        (1, "ar", 4000, ("welcome",), at),
        (2, "", 0, ("welcome",), at),
        (3, "ar", 4000, ("welcome",), at),
    ]


def test_an_end_without_a_beginning_is_a_whole_record(house: House) -> None:
    """The beginning was lost with its process, or comes later."""
    write_records(house.engine, [ENDED])
    write_records(house.engine, [BEGUN])
    found = find_call(house.engine, FACTS.call_id)
    assert found is not None
    assert found[0].disposition == "abandoned"


def test_who_waits_for_the_writer_finds_all_that_was_submitted_before(house: House) -> None:
    """A beginning too, which else waits for others."""
    writer = RecordWriter(house.engine, house.journal)
    writer.submit(BEGUN)
    assert writer.settle(20)
    assert find_call(house.engine, FACTS.call_id) is not None
    writer.submit(ENDED)
    assert writer.settle(20)
    found = find_call(house.engine, FACTS.call_id)
    assert found is not None
    assert found[0].disposition == "abandoned"
    writer.close()


def test_a_record_survives_a_database_that_is_away(house: House, tmp_path: Path) -> None:
    """It goes to the journal, and from there to the database: once, however often replayed."""
    broken = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    desk = house.desk(engine=broken)
    call = play(desk, desk.begin(arrival()), "1")
    desk.end(call, "hangup")
    house.flush()
    broken.dispose()
    assert find_call(house.engine, call.call_id) is None
    lines = (tmp_path / "journal" / "records.jsonl").read_bytes()
    assert replay_journal(house.engine, house.journal) == 2
    record, events = house.written(call.call_id)
    assert (record.disposition, len(events)) == ("abandoned", 2)
    (tmp_path / "journal" / "records.jsonl").write_bytes(lines)
    assert replay_journal(house.engine, house.journal) == 2
    assert house.written(call.call_id) == (record, events)
    assert replay_journal(house.engine, house.journal) == 0


def test_a_journal_that_cannot_be_replayed_now_is_kept(house: House, tmp_path: Path) -> None:
    """Nothing is taken out before it is in the database."""
    house.journal.append([asdict(BEGUN)])
    broken = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(sa.exc.OperationalError):
        replay_journal(broken, house.journal)
    broken.dispose()
    assert replay_journal(house.engine, house.journal) == 1


def test_the_journal_is_for_its_owner_only(house: House, tmp_path: Path) -> None:
    """It holds what the database would hold: numbers of callers."""
    house.journal.append([asdict(BEGUN)])
    mode = (tmp_path / "journal" / "records.jsonl").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_line_that_was_cut_short_costs_itself_alone(house: House, tmp_path: Path) -> None:
    """A power failure in the middle of a write; what is written afterwards begins a new line."""
    path = tmp_path / "journal" / "records.jsonl"
    house.journal.append([asdict(BEGUN)])
    with path.open("ab") as file:
        file.write(b'{"facts": {"call_id": "b')
    house.journal.append([asdict(replace(ENDED, facts=replace(FACTS, call_id="c" * 32)))])
    assert replay_journal(house.engine, house.journal) == 2
    assert find_call(house.engine, "c" * 32) is not None


def test_an_entry_of_another_release_does_not_hold_up_the_others(
    house: House, tmp_path: Path
) -> None:
    """One that no default can make whole is set aside for a person to look at, not lost."""
    house.journal.append([{"of": "another release"}, asdict(ENDED), {"facts": {"call_id": 7}}])
    assert replay_journal(house.engine, house.journal) == 3
    assert find_call(house.engine, FACTS.call_id) is not None
    refused = (tmp_path / "journal" / "records.refused").read_text().splitlines()
    assert [json.loads(line).get("of") for line in refused] == ["another release", None]


def test_a_record_that_sql_can_never_take_does_not_hold_up_the_others(
    house: House, tmp_path: Path
) -> None:
    """Its values are of kinds that no column has: the database is not away over it."""
    strange = asdict(replace(BEGUN, facts=replace(FACTS, call_id="d" * 32)))
    strange["facts"]["caller"] = {"number": 1}
    house.journal.append([strange, asdict(ENDED)])
    assert replay_journal(house.engine, house.journal) == 2
    assert find_call(house.engine, FACTS.call_id) is not None
    assert len((tmp_path / "journal" / "records.refused").read_text().splitlines()) == 1


def test_the_writer_outlives_a_record_that_cannot_be_written(house: House) -> None:
    """Neither in SQL nor in the journal: it is counted as lost, and the next one is written."""
    writer = RecordWriter(house.engine, house.journal)
    writer.submit(replace(BEGUN, path=object()))  # type: ignore[arg-type]  # what nobody foresaw
    writer.submit(ENDED)
    writer.close()
    replay_journal(house.engine, house.journal)
    found = find_call(house.engine, FACTS.call_id)
    assert found is not None


def test_a_call_that_begins_is_written_soon_and_one_that_ends_at_once(house: House) -> None:
    """Who looks at the calls that go on sees a new one within a moment; together they cost one."""
    commits: list[object] = []
    sa.event.listen(house.engine, "commit", commits.append)
    writer = RecordWriter(house.engine, house.journal)

    def found(call_id: str, ended: bool) -> bool:
        one = find_call(house.engine, call_id)
        return one is not None and (one[0].disposition != "") == ended

    other = replace(FACTS, call_id="b" * 32, provider_id="1.2")
    writer.submit(Record(other))
    wait_until(lambda: found("b" * 32, False))
    writer.submit(BEGUN)
    writer.submit(ENDED)
    wait_until(lambda: found(FACTS.call_id, True))
    writer.close()
    assert len(commits) == 2


def test_nobody_who_appends_waits_for_a_replay(tmp_path: Path) -> None:
    """The database that is written to may hang: calls go on, and their lines come later."""
    journal = Journal(tmp_path / "j.jsonl")
    journal.append([{"n": 1}])
    seen: list[int] = []

    def apply(entries: list[dict[str, int]]) -> None:
        journal.append([{"n": 2}])  # would wait for itself
        seen.extend(entry["n"] for entry in entries)

    assert journal.replay(apply) == 1
    assert journal.replay(lambda entries: seen.extend(entry["n"] for entry in entries)) == 1
    assert seen == [1, 2]


def test_what_a_broken_replay_left_is_replayed_with_what_came_since(tmp_path: Path) -> None:
    """In its order; a second replay that breaks loses nothing either."""
    journal = Journal(tmp_path / "j.jsonl")

    def broken(_entries: object) -> None:
        raise RuntimeError

    for number in (1, 2):
        journal.append([{"n": number}])
        with pytest.raises(RuntimeError):
            journal.replay(broken)
    seen: list[int] = []
    journal.append([{"n": 3}])
    journal.replay(lambda entries: seen.extend(entry["n"] for entry in entries))
    assert seen == [1, 2, 3]
    assert journal.replay(broken) == 0


def test_writers_of_several_threads_lose_no_line(tmp_path: Path) -> None:
    """Append and replay beside each other: every entry is applied once at least."""
    journal = Journal(tmp_path / "j.jsonl")
    seen: list[int] = []
    done = threading.Event()

    def append(first: int) -> None:
        for number in range(first, first + 50):
            journal.append([{"n": number}])

    def replay() -> None:
        while not done.is_set():
            journal.replay(lambda entries: seen.extend(entry["n"] for entry in entries))

    threads = [threading.Thread(target=append, args=(start,)) for start in (0, 100, 200)]
    reader = threading.Thread(target=replay)
    for thread in (*threads, reader):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    journal.replay(lambda entries: seen.extend(entry["n"] for entry in entries))
    assert sorted(seen) == [*range(50), *range(100, 150), *range(200, 250)]


def test_postgresql_keeps_the_same_promises(tmp_path: Path, postgres_server: str) -> None:
    """Migration, first end, journal, and reading in batches."""
    with own_database(postgres_server) as url:
        engine = make_engine(url)
        upgrade(engine)
        assert differences(engine, metadata) == []
        other = replace(ENDED, facts=replace(FACTS, call_id="b" * 32))
        refused = replace(BEGUN, facts=replace(FACTS, call_id="c" * 32, channel="x" * 99))
        journal = Journal(tmp_path / "records.jsonl")
        journal.append([asdict(refused), asdict(other)])
        write_records(engine, [BEGUN, ENDED, replace(ENDED, disposition="completed")])
        assert replay_journal(engine, journal) == 2
        streamed = list(stream_calls(engine, Wanted(caller="0501234567"), batch=1))
        assert [(record.id[0], record.disposition) for record, _ in streamed] == [
            ("a", "abandoned"),
            ("b", "abandoned"),
        ]
        assert [len(events) for _, events in streamed] == [1, 1]
        assert (tmp_path / "records.refused").read_text().count("\n") == 1
        engine.dispose()


def test_submitting_a_record_never_waits(house: House) -> None:
    """A database that is locked for seconds does not hold up a call."""
    writer = RecordWriter(house.engine, house.journal)
    with house.engine.begin():  # BEGIN IMMEDIATE: nobody else can write
        for number in range(500):
            writer.submit(replace(BEGUN, facts=replace(FACTS, call_id=f"{number:032}")))
    writer.close()
    assert find_call(house.engine, f"{499:032}") is not None

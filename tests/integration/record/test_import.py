"""Importing and exporting the blocklist: all or nothing, again without change, in bounded time."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import IntegrityError

from blacklist.index import RedisIndex
from blacklist.record import importing
from blacklist.record.csv_read import Defaults, Reader, Row
from blacklist.record.exporting import export_rows
from blacklist.record.importing import Imported, import_rows
from blacklist.record.limits import Wanted
from blacklist.record.prefix_replay import PrefixReplay, RecordUnreadable
from blacklist.record.register import BlacklistRegister
from blacklist.record.writing import Writer
from blacklist.verdict import Disposition
from files.csv_lines import FileUnusable
from lab.own_postgres import own_database
from people.person import NotAllowed, Person
from store.database import make_engine
from store.migrations import upgrade
from tests.fixtures.record import MAHA, NADA, NUMBER, OTHER, SALEM, Clock, register_on
from tests.fixtures.spellings import MOBILE, SPELLINGS

HEAD = "number,reason,until,note\n"


def imports(register: BlacklistRegister, text: str, *, by: Person = MAHA, **how: Any) -> Imported:
    """Import a file."""
    reader = Reader(
        io.BytesIO(text.encode()),
        now=register.now(),
        zone=ZoneInfo("Asia/Riyadh"),
        defaults=Defaults(days=3.0, reason="abuse"),
        protected=register.protected,
        shortest_saudi=6,
        longest=timedelta(days=183),
    )
    return import_rows(
        register.engine, reader, by=by, now=register.now(), replays=register.replays, **how
    )


def exported(register: BlacklistRegister) -> str:
    """What an export gives."""
    out = io.StringIO(newline="")
    for _ in export_rows(register.engine, out, register.now()):
        pass
    return out.getvalue()


def counts(done: Imported) -> tuple[int, int, int, int]:
    """Added, replaced, unchanged, refused."""
    return done.added, done.replaced, done.unchanged, done.refused


def test_one_wrong_row_keeps_all_out(register: BlacklistRegister) -> None:
    """All or nothing, with the row's number."""
    done = imports(register, f"{HEAD}0501234567\n940\n0507654321\n05*\n")
    assert [error.row for error in done.errors] == [3, 5]
    assert (done.written, done.rows) == (False, 4)
    assert register.list() == []


def test_with_keep_going_the_good_rows_are_written(register: BlacklistRegister) -> None:
    """And the others are named."""
    done = imports(register, f"{HEAD}0501234567\n940\n0507654321\n", keep_going=True)
    assert counts(done) == (2, 0, 0, 1)
    assert {entry.subject for entry in register.list()} == {NUMBER, OTHER}


def test_a_dry_run_counts_and_writes_nothing(register: BlacklistRegister) -> None:
    """Neither entries nor lines of the audit."""
    assert counts(imports(register, f"{HEAD}0501234567\n", dry_run=True)) == (1, 0, 0, 0)
    assert register.list() == []
    assert register.history(NUMBER) == []


def test_importing_again_changes_nothing(register: BlacklistRegister) -> None:
    """A row that gives its end, and one that leaves it to the import."""
    end = (register.now() + timedelta(days=5)).isoformat()
    text = f"{HEAD}0501234567,flood,{end},n\n0507654321\n"
    assert counts(imports(register, text)) == (2, 0, 0, 0)
    before = register.list()
    assert counts(imports(register, text)) == (0, 0, 2, 0)
    assert register.list() == before
    assert len(register.history(NUMBER)) == 1
    changed = text.replace("flood", "abuse")
    assert counts(imports(register, changed)) == (0, 1, 1, 0)
    assert [change.action for change in register.history(NUMBER)] == ["imported", "imported"]


def test_what_is_exported_imports_into_an_empty_record_as_it_was(
    register: BlacklistRegister,
) -> None:
    """Numbers, allowed numbers and prefixes; notes that spreadsheets would compute."""
    note = "=cmd|' /C calc'!A0\n'quoted', \"double\"\n'=x"
    register.add(NUMBER, Wanted("abuse", days=20, note=note), by=SALEM)
    register.allow(OTHER, by=SALEM, note="+hospital")
    register.add_prefix("+966501111", Wanted("flood", days=2), by=MAHA)
    text = exported(register)
    assert "\n=cmd" not in text
    assert ",=cmd" not in text
    assert '"=cmd' not in text
    assert counts(imports(register, text)) == (0, 0, 3, 0)
    for entry in register.list():
        {"number": register.remove, "allow": register.disallow, "prefix": register.remove_prefix}[
            entry.kind
        ](entry.subject, by=NADA)
    assert register.list() == []
    assert counts(imports(register, text)) == (3, 0, 0, 0)
    found = {entry.kind: entry for entry in register.list()}
    assert found["number"].note == note
    assert found["allow"].until is None
    assert not found["prefix"].in_effect
    assert sorted(exported(register).split("\r\n")[1:])[0] == ""


def test_an_imported_prefix_waits_for_a_second_person(register: BlacklistRegister) -> None:
    """A file is no way around the second person."""
    imports(register, "number\n+966501111*\n")
    (entry,) = register.list()
    assert (entry.kind, entry.approved_by, entry.in_effect) == ("prefix", None, False)
    with pytest.raises(NotAllowed):
        register.approve_prefix("+966501111", by=MAHA)
    assert register.approve_prefix("+966501111", by=NADA).in_effect


def test_what_an_imported_prefix_would_do_is_looked_up_once(register: BlacklistRegister) -> None:
    """With its own measure; one that stands already, and a dry run, ask nothing."""
    asked: list[tuple[str, str]] = []
    plain = register.replays

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        asked.append((prefix, disposition))
        return plain(prefix, disposition, now)

    register.replays = replays
    text = "number,disposition\n+966501111*,low_priority\n0501234567,block\n"
    imports(register, text, dry_run=True)
    assert asked == []
    assert counts(imports(register, text)) == (2, 0, 0, 0)
    assert counts(imports(register, text)) == (0, 0, 2, 0)
    assert asked == [("+966501111", "low_priority")]


def test_when_an_imported_prefix_cannot_be_looked_up_nothing_is_imported(
    register: BlacklistRegister,
) -> None:
    """All or nothing."""

    def replays(prefix: str, disposition: Disposition, now: datetime) -> PrefixReplay:
        raise RecordUnreadable(f"{prefix} {disposition} {now}")

    register.replays = replays
    with pytest.raises(RecordUnreadable):
        imports(register, "number\n0501234567\n+966501111*\n")
    assert register.list() == []


def test_a_file_brings_a_hundred_new_prefixes_at_most(register: BlacklistRegister) -> None:
    """Each is a look at the past; what stands already does not count."""
    rows = [f"+966501{number:03d}*" for number in range(101)]
    imports(register, "\n".join(["number", *rows[:50]]))
    with pytest.raises(FileUnusable, match="100 new prefixes"):
        imports(register, "\n".join(["number", *(f"+966502{n:03d}*" for n in range(101))]))
    assert len(register.list()) == 50
    assert counts(imports(register, "\n".join(["number", *rows]))) == (51, 0, 50, 0)


def test_rows_of_one_number_in_many_spellings_are_one_entry(register: BlacklistRegister) -> None:
    """Of a file that was put together from several sources."""
    rows = "".join(f'"{spelling.replace(chr(34), chr(34) * 2)}"\n' for spelling in SPELLINGS)
    done = imports(register, f"{HEAD}{rows}".replace("\0", ""), keep_going=True)
    assert done.errors == ()
    assert [entry.subject for entry in register.list()] == [MOBILE]


def test_the_later_of_two_rows_counts(register: BlacklistRegister) -> None:
    """In one piece or in two."""
    rows = "".join(f"05{number:08d},abuse,,\n" for number in range(1_000_000, 1_001_200))
    done = imports(register, f"{HEAD}0501000000,flood,,\n{rows}0501000000,harassment,,\n")
    assert done.rows == 1202
    standing = register.standing("0501000000").entry
    assert standing is not None
    assert standing.reason == "harassment"


def test_a_large_import_on_sqlite_lets_others_write_between_its_pieces(
    register: BlacklistRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call's ticket does not wait for a million rows."""
    monkeypatch.setattr(importing, "AT_ONCE", 100)
    monkeypatch.setattr(importing, "CHUNK", 1000)
    rows = "".join(f"05{number:08d}\n" for number in range(1_000_000, 1_003_000))
    written: list[int] = []

    def progress(what: str, count: int) -> None:
        if what == "written":
            register.strike(NUMBER, by=Person(f"p{count}", "operator"), reason="abuse")
            written.append(count)

    reader = Reader(
        io.BytesIO(f"number\n{rows}".encode()),
        now=register.now(),
        zone=ZoneInfo("Asia/Riyadh"),
        defaults=Defaults(days=3.0, reason="abuse"),
        protected=register.protected,
        shortest_saudi=6,
        longest=timedelta(days=183),
    )
    done = import_rows(
        register.engine,
        reader,
        by=MAHA,
        now=register.now(),
        replays=register.replays,
        progress=progress,
    )
    assert done.added == 3000
    assert written == [1000, 2000, 3000]
    assert len(register.standing(NUMBER).strikes) == 3


@pytest.fixture(params=["sqlite", "postgresql"])
def either(
    request: pytest.FixtureRequest, register: BlacklistRegister, clock: Clock, index: RedisIndex
) -> Iterator[BlacklistRegister]:
    """A register on an empty database of either kind."""
    if request.param == "sqlite":
        yield register
        return
    with own_database(request.getfixturevalue("postgres_server")) as url:
        engine = make_engine(url)
        upgrade(engine)
        yield register_on(engine, index, clock)
        engine.dispose()


def test_the_audit_keeps_of_each_row_all_that_its_entry_says(either: BlacklistRegister) -> None:
    """Whatever stands in it, beside rows that say the same and rows that do not."""
    register = either
    end = (register.now() + timedelta(days=5)).isoformat()
    text = (
        "number,kind,reason,disposition,until,note,calls,recordings\n"
        "0501234561,,flood,,,,,\n"
        '0501234562,,flood,,,"a ""quote"", a \\ and\na line: {}",,\n'
        f"0501234563,number,flood,warn,{end},ملاحظة,c1 c2,r1\n"
        "0501234564,allow,,,,مستشفى,,\n"
        "+966501111*,,flood,,,,c3,\n"
    )
    assert counts(imports(register, text)) == (5, 0, 0, 0)
    for entry in register.list():
        (change,) = register.history(entry.subject)
        assert change.action == "imported"
        assert change.details == {
            "entry": entry.id,
            "kind": entry.kind,
            "disposition": entry.disposition,
            "reason": entry.reason,
            "note": entry.note,
            "calls": list(entry.calls),
            "recordings": list(entry.recordings),
            "source": "import",
            "until": entry.until and entry.until.isoformat(),
            "review_at": None,
        }
    assert len(register.list()) == 5


def test_of_many_rows_only_what_says_something_else_is_replaced(
    either: BlacklistRegister,
) -> None:
    """New rows, changed ones and those that stand, mixed in one file, each with its own audit."""
    register = either
    first = [f"05012345{number:02d},flood,,{number}\n" for number in range(40)]
    assert counts(imports(register, HEAD + "".join(first[:30]))) == (30, 0, 0, 0)
    changed = [
        row.replace("flood", "abuse") if at % 3 == 0 else row for at, row in enumerate(first)
    ]
    assert counts(imports(register, HEAD + "".join(changed))) == (10, 10, 20, 0)
    found = {entry.subject: entry for entry in register.list()}
    for number in range(40):
        entry = found[f"+9665012345{number:02d}"]
        assert (entry.reason, entry.note) == ("flood" if number % 3 else "abuse", str(number))
        audited = len(register.history(entry.subject))
        assert audited == (2 if number < 30 and number % 3 == 0 else 1)


def test_what_cannot_be_written_leaves_nothing_and_its_error_tells_no_number(
    either: BlacklistRegister,
) -> None:
    """An entry that came between looking and writing: neither entries nor audit are kept."""
    register = either
    row = Row(NUMBER, "late", "number", "block", "abuse", register.now(), True, (), ())
    write = Writer(register.engine.dialect, MAHA, register.now(), {})
    unseen = write.page([row])._replace(rows={("number", OTHER): row})

    def both() -> None:
        with register.engine.begin() as connection:
            write(connection, write.page([row]), dry_run=False)
            write(connection, unseen, dry_run=False)

    with pytest.raises(IntegrityError) as failed:
        both()
    assert NUMBER[1:] not in f"{failed.value} {failed.value.orig!r}"
    assert register.list() == []
    assert register.history(NUMBER) == []


def test_on_postgresql_nobody_sees_half_of_an_import(
    either: BlacklistRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one transaction, in however many pieces; a short one is that on SQLite too."""
    monkeypatch.setattr(importing, "CHUNK", 10)
    seen: list[tuple[int, int]] = []

    def progress(what: str, count: int) -> None:
        if what == "written":
            seen.append((count, len(either.list())))

    text = "number\n" + "".join(f"05012345{number:02d}\n" for number in range(25))
    assert counts(imports(either, text, progress=progress)) == (25, 0, 0, 0)
    assert seen == [(10, 0), (20, 0), (25, 0)]
    assert len(either.list()) == 25


def test_an_import_needs_a_manager(register: BlacklistRegister) -> None:
    """It can block many at once."""
    with pytest.raises(NotAllowed):
        imports(register, f"{HEAD}0501234567\n", by=SALEM)

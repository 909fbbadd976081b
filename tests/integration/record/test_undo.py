"""Taking changes back: as if they had not been, once, and never over somebody else's change."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from blacklist.entry import EntryRefused
from blacklist.index import RedisIndex
from blacklist.port import RegisterUnavailable
from blacklist.record import batches
from blacklist.record.importing import Imported
from blacklist.record.limits import Wanted
from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import open_review
from blacklist.record.undo import undo
from blacklist.record.undoing import Undone
from blacklist.record.whole import import_file
from people.person import NotAllowed, NothingThere, Person
from tests.fixtures.record import (
    AMAL,
    BADR,
    HIND,
    LINE,
    MAHA,
    NADA,
    NUMBER,
    OTHER,
    SALEM,
    Clock,
    disagreements,
    index_at,
    register_on,
)

PREFIX = "+966501234"
BLOCK = Wanted("abuse", days=20, note="first")


def back(register: BlacklistRegister, *, by: Person = MAHA, **named: Any) -> Undone:
    """Take back what is named."""
    nothing: dict[str, Any] = {"number": None, "change": None, "batch": None}
    how = {"keep_going": False, "dry_run": False}
    return undo(register, by=by, **(nothing | how | named))


def held(register: BlacklistRegister, number: str = NUMBER) -> str:
    """What happens to the calls of a number, and by which note."""
    entry = register.standing(number).entry
    return "" if entry is None else f"{entry.disposition} {entry.note}"


def imports(register: BlacklistRegister, *numbers: str) -> Imported:
    """An import of these, as the last of the moment."""
    text = "\n".join(("number,reason,note", *(f"{number},flood,imported" for number in numbers)))
    riyadh = ZoneInfo("Asia/Riyadh")
    return import_file(register, io.BytesIO(text.encode()), by=MAHA, zone=riyadh, days=3.0)


def test_what_a_change_replaced_stands_again(
    register: BlacklistRegister, index: RedisIndex, clock: Clock
) -> None:
    """In the record and in what calls are screened by; the audit has both changes."""
    register.add(NUMBER, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    register.add(NUMBER, replace(BLOCK, note="second", disposition="warn"), by=SALEM)
    clock.forward(minutes=1)
    done = back(register, number="0501234567", by=SALEM)
    assert [entry.note for entry in done.restored] == ["first"]
    assert held(register) == "block first"
    assert disagreements(register, index) == []
    assert [change.action for change in register.history(NUMBER)] == ["undone", "added", "added"]
    clock.forward(minutes=1)
    first = register.history(NUMBER)[2]
    back(register, change=first.id)
    assert held(register) == ""
    assert disagreements(register, index) == []


def test_what_was_lifted_stands_again_unless_it_were_over(
    register: BlacklistRegister, clock: Clock
) -> None:
    """With its own end."""
    until = register.add(NUMBER, BLOCK, by=MAHA).until
    clock.forward(minutes=1)
    register.remove(NUMBER, by=MAHA)
    back(register, number=NUMBER)
    entry = register.standing(NUMBER).entry
    assert entry is not None
    assert (entry.until, entry.note) == (until, "first")
    clock.forward(minutes=1)
    register.remove(NUMBER, by=MAHA)
    clock.forward(days=21)
    with pytest.raises(EntryRefused, match="over by now"):
        back(register, number=NUMBER)


def test_again_nothing_happens(register: BlacklistRegister, clock: Clock) -> None:
    """Neither by the number, which would go further back, nor by the change."""
    register.add(NUMBER, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    change = register.add(NUMBER, replace(BLOCK, note="second"), by=MAHA)
    named = register.history(NUMBER)[0].id
    back(register, number=NUMBER)
    for again in ({"number": NUMBER}, {"change": named}):
        assert back(register, **again).already
    assert held(register) == "block first"
    assert len(register.history(NUMBER)) == 3
    assert change.note == "second"


def test_a_dry_run_says_and_does_nothing(register: BlacklistRegister) -> None:
    """What is asked about first is what would be done."""
    register.add(NUMBER, BLOCK, by=MAHA)
    told = back(register, number=NUMBER, dry_run=True)
    assert (told.count, told.written, told.changes[0].action) == (1, False, "added")
    assert held(register) == "block first"
    assert len(register.history(NUMBER)) == 1


def test_what_was_changed_since_is_refused(register: BlacklistRegister, clock: Clock) -> None:
    """It is said by whom and by which change; once that is taken back, it can be."""
    register.add(NUMBER, BLOCK, by=MAHA)
    first = register.history(NUMBER)[0].id
    clock.forward(minutes=1)
    register.allow(NUMBER, by=MAHA)  # another matter
    clock.forward(minutes=1)
    register.remove(NUMBER, by=NADA)
    with pytest.raises(EntryRefused, match="lifted by nada"):
        back(register, change=first)
    back(register, number=NUMBER)
    back(register, change=first)
    assert held(register) == ""
    assert register.standing(NUMBER).allowed is not None


def test_a_strike_is_taken_back_with_what_followed_from_it(
    register: BlacklistRegister, index: RedisIndex, clock: Clock
) -> None:
    """The third brought voicemail: both go. One that others came after stays."""
    for by in (AMAL, BADR, HIND):
        register.strike(NUMBER, by=by, reason="harassment")
        clock.forward(hours=1)
    assert held(register) == "voicemail "
    second = next(change for change in register.history(NUMBER) if change.who == "badr")
    with pytest.raises(EntryRefused, match="changed since"):
        back(register, change=second.id)
    assert [change.action for change in back(register, number=NUMBER).changes] == [
        "strike",
        "added",
    ]
    assert held(register) == ""
    assert [strike.operator for strike in register.standing(NUMBER).strikes] == ["amal", "badr"]
    assert disagreements(register, index) == []
    back(register, change=second.id)
    assert [strike.operator for strike in register.standing(NUMBER).strikes] == ["amal"]


def test_an_approval_is_taken_back_and_the_prefix_waits_again(
    register: BlacklistRegister, index: RedisIndex, clock: Clock
) -> None:
    """It acts no more."""
    register.add_prefix(PREFIX, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    register.approve_prefix(PREFIX, by=NADA)
    clock.forward(minutes=1)
    back(register, number=PREFIX)
    entry = register.prefix(PREFIX)
    assert entry is not None
    assert (entry.approved_by, entry.in_effect) == (None, False)
    assert disagreements(register, index) == []


def test_a_decision_on_a_review_is_not_taken_back(
    register: BlacklistRegister, clock: Clock
) -> None:
    """The caller may have been told. Nor is what is no change to a number."""
    register.add(NUMBER, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    review = open_review(
        register.engine,
        number=NUMBER,
        call_id="c",
        recording_ref="",
        now=clock.now,
        answer_within=timedelta(days=3),
    )
    register.decide_review(review.id, accept=True, why="", by=MAHA)
    with pytest.raises(EntryRefused, match="cannot be taken back"):
        back(register, number=NUMBER)
    asked = next(change for change in register.history(NUMBER) if change.action == "review_asked")
    with pytest.raises(EntryRefused, match="cannot be taken back"):
        back(register, change=asked.id)


def test_rights_are_asked_for_and_one_thing_is_named(register: BlacklistRegister) -> None:
    """A supervisor takes changes back, a manager an import; an operator neither."""
    register.add(NUMBER, BLOCK, by=MAHA)
    batch = imports(register, OTHER).batch
    with pytest.raises(NotAllowed):
        back(register, number=NUMBER, by=AMAL)
    with pytest.raises(NotAllowed):
        back(register, batch=batch, by=SALEM)
    wrongs: tuple[dict[str, Any], ...] = ({}, {"number": NUMBER, "change": 1})
    for wrong in wrongs:
        with pytest.raises(EntryRefused, match="one thing"):
            back(register, **wrong)
    for nothing in ({"number": "0500000001"}, {"change": 9999}, {"batch": 9999}):
        with pytest.raises(NothingThere):
            back(register, **nothing)


def test_an_import_is_taken_back_as_a_whole(
    any_engine: sa.Engine, index: RedisIndex, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pieces; what it had replaced stands again, and what was not of it is left alone."""
    monkeypatch.setattr(batches, "CHUNK", 3)
    register = register_on(any_engine, index, clock)
    numbers = [f"+9665012345{n:02}" for n in range(8)]
    register.add(numbers[0], BLOCK, by=MAHA)
    register.add(OTHER, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    done = imports(register, *numbers)
    assert done.batch is not None
    clock.forward(minutes=1)
    told = back(register, batch=done.batch, dry_run=True)
    assert (told.count, [entry.note for entry in told.restored]) == (8, ["first"])
    assert len(register.list()) == 9
    assert back(register, batch=done.batch).count == 8
    assert {entry.subject: entry.note for entry in register.list()} == {
        numbers[0]: "first",
        OTHER: "first",
    }
    assert disagreements(register, index) == []
    assert back(register, batch=done.batch).already
    assert imports(register, *numbers).added == 7


def test_numbers_of_an_import_that_were_changed_since_are_left_when_told_so(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Else all of it is refused, and one of them is named."""
    batch = imports(register, NUMBER, OTHER, "0500000001").batch
    clock.forward(minutes=1)
    register.remove(OTHER, by=NADA)
    clock.forward(minutes=1)
    with pytest.raises(EntryRefused, match=r"1 of 3 numbers were changed since, \+966507654321"):
        back(register, batch=batch)
    assert held(register) != ""
    done = back(register, batch=batch, keep_going=True)
    assert (done.count, done.left) == (2, (OTHER,))
    assert register.list() == []
    clock.forward(minutes=1)
    with pytest.raises(EntryRefused, match="that import was taken back"):
        back(register, number=OTHER)
    assert held(register, OTHER) == ""


def test_what_an_import_that_was_taken_back_had_made_stands_again_by_no_other_undo(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Nor by that of the change for which the number was left; with no import it would."""
    batch = imports(register, NUMBER, OTHER).batch
    clock.forward(minutes=1)
    register.add(NUMBER, replace(BLOCK, note="by hand"), by=MAHA)
    clock.forward(minutes=1)
    assert [e.note for e in back(register, number=NUMBER, dry_run=True).restored] == ["imported"]
    for _ in range(2):  # a second time nothing is noted twice
        assert back(register, batch=batch, keep_going=True).left == (NUMBER,)
    assert [change.action for change in register.history(NUMBER)].count("left") == 1
    for dry_run in (True, False):
        with pytest.raises(EntryRefused, match="that import was taken back"):
            back(register, number=NUMBER, dry_run=dry_run)
    assert held(register) == "block by hand"


def test_a_whole_change_says_that_it_is_made_where_the_index_is_away(
    register: BlacklistRegister, engine: sa.Engine, index: RedisIndex, clock: Clock
) -> None:
    """And brings the index up when it is done again, though nothing is left to change."""
    with index_at("redis://127.0.0.1:1") as away:
        cut = register_on(engine, away, clock)
        with pytest.raises(RegisterUnavailable, match=r"the record is changed.*blacklist rebuild"):
            imports(cut, NUMBER)
        assert held(register) == "block imported"
        assert disagreements(register, index) != []
        assert imports(register, NUMBER).added == 0
        assert disagreements(register, index) == []
        batch = register.history(NUMBER)[0].id
        clock.forward(minutes=1)
        with pytest.raises(RegisterUnavailable, match=r"the record is changed.*blacklist rebuild"):
            back(cut, batch=batch)
        assert disagreements(register, index) != []
        assert back(register, batch=batch).already
        assert disagreements(register, index) == []


def test_nothing_stands_again_that_its_actor_could_not_set(
    register: BlacklistRegister, clock: Clock
) -> None:
    """A supervisor does not bring back a manager's hundred days; a manager does."""
    register.add(NUMBER, replace(BLOCK, days=100), by=MAHA)
    clock.forward(minutes=1)
    register.remove(NUMBER, by=MAHA)
    for dry_run in (True, False):
        with pytest.raises(NotAllowed, match="needs a manager"):
            back(register, number=NUMBER, by=SALEM, dry_run=dry_run)
    assert held(register) == ""
    assert register.history(NUMBER)[0].action == "lifted"
    back(register, number=NUMBER, by=NADA)
    assert held(register) == "block first"


def test_an_approved_prefix_acts_again_only_by_two_people(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Taking back its lift is refused: it is proposed anew."""
    register.add_prefix(PREFIX, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    register.approve_prefix(PREFIX, by=NADA)
    clock.forward(minutes=1)
    register.remove_prefix(PREFIX, by=MAHA)
    with pytest.raises(EntryRefused, match="propose it anew"):
        back(register, number=PREFIX)
    assert register.prefix(PREFIX) is None


def test_a_line_that_is_never_blocked_does_not_stand_again(
    register: BlacklistRegister, clock: Clock
) -> None:
    """It became the hotline's own since it was blocked."""
    own, register.protected = register.protected, frozenset()
    register.add(LINE, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    register.remove(LINE, by=MAHA)
    register.protected = own
    with pytest.raises(EntryRefused, match="never blocked"):
        back(register, number=LINE)
    assert held(register, LINE) == ""


def test_an_import_is_not_taken_back_where_a_line_that_is_never_blocked_would_stand_again(
    register: BlacklistRegister, clock: Clock
) -> None:
    """Then nothing of it is."""
    register.add(OTHER, BLOCK, by=MAHA)
    clock.forward(minutes=1)
    batch = imports(register, NUMBER, OTHER).batch
    register.protected = frozenset({OTHER})
    with pytest.raises(EntryRefused, match="never blocked"):
        back(register, batch=batch)
    assert held(register) == "block imported"

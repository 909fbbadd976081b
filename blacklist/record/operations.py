"""Every operation on the blocklist, once: the command and the HTTP API are made of this table."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blacklist.record import arguments
from blacklist.record.arguments import Arguments
from blacklist.record.consequence import Struck
from blacklist.record.exporting import export_rows
from blacklist.record.fields import Evidence, RecordedEntry, Review
from blacklist.record.importing import Imported
from blacklist.record.limits import Wanted
from blacklist.record.prefixes import subject_of
from blacklist.record.register import BlacklistRegister
from blacklist.record.reviews import list_reviews
from blacklist.record.standing import Standing
from blacklist.record.today import Today, look_at_today
from blacklist.record.undo import undo
from blacklist.record.undoing import Undone
from blacklist.record.whole import Rebuilt, Verified, import_file, rebuild_index, verify_index
from people.audit import history
from people.fields import Change
from people.permissions import Permission
from people.person import NothingThere, Person
from store.sql import reading


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `permission` is the right to ask for it over the network.

    `does` is given the register, what it is about (where it is `of` something), `by` whom (where it
    `changes` the record), and what `takes` names; its result is as `gives` says. Where it `misses`
    there may be no such thing: NothingThere.
    """

    name: str
    summary: str
    permission: Permission
    does: Callable[..., Any]
    gives: Any
    takes: type[Arguments] | None = None
    of: str = ""
    changes: bool = True
    misses: bool = False

    def run(
        self, register: BlacklistRegister, by: Person | None, *about: object, **given: object
    ) -> Any:
        """Do it. Raises NothingThere, and what `does` raises."""
        who = {"by": by} if self.changes else {}
        done = self.does(register, *about, **who, **given)
        if done is None:
            raise NothingThere("no such entry is in force")
        return done


def _restrict(
    register: BlacklistRegister,
    *,
    by: Person,
    number: str,
    calls: tuple[str, ...],
    recordings: tuple[str, ...],
    review_at: datetime | None,
    **wanted: Any,
) -> RecordedEntry:
    evidence = Evidence(calls, recordings)
    return register.add(number, Wanted(**wanted), by=by, evidence=evidence, review_at=review_at)


def _ask_prefix(
    register: BlacklistRegister, *, by: Person, number: str, **wanted: Any
) -> RecordedEntry:
    return register.add_prefix(number, Wanted(**wanted), by=by)


def _standing(register: BlacklistRegister, number: str) -> Standing | None:
    found = register.standing(number)
    return found if found.entry or found.allowed or found.strikes else None


def _csv(register: BlacklistRegister) -> str:
    out = io.StringIO(newline="")
    for _ in export_rows(register.engine, out, register.now()):
        pass
    return out.getvalue()


def _history(
    register: BlacklistRegister, number: str, *, limit: int, after: tuple[int] | None = None
) -> list[Change]:
    return register.history(number, limit=limit, before=after[0] if after else None)


def _audit(
    register: BlacklistRegister,
    *,
    number: str | None = None,
    after: tuple[int] | None = None,
    **which: Any,
) -> list[Change]:
    subject = None if number is None else subject_of(number)
    with reading(register.engine) as connection:
        return history(connection, subject, before=after[0] if after else None, **which)


def _today(register: BlacklistRegister, *, limit: int) -> Today:
    return look_at_today(register.engine, register.now(), register.zone, register.met, limit=limit)


def _reviews(register: BlacklistRegister, **which: Any) -> list[Review]:
    with reading(register.engine) as connection:
        return list_reviews(connection, register.now(), **which)


def _decide(accept: bool) -> Callable[..., Review]:
    def decide(register: BlacklistRegister, review: str, *, by: Person, why: str) -> Review:
        if not (review.isascii() and review.isdigit() and len(review) < 10):
            raise NothingThere("no such request waits for a decision")
        return register.decide_review(int(review), accept=accept, why=why, by=by)

    return decide


_ALL = (
    Operation("list", "Entries in force, the first to end first", "blacklist.read",
        BlacklistRegister.list, list[RecordedEntry], arguments.Entries, changes=False),
    Operation("add", "Restrict a number for a time", "blacklist.restrict",
        _restrict, RecordedEntry, arguments.NumberRestriction),
    Operation("show", "All that stands about a number", "blacklist.read",
        _standing, Standing, of="number", changes=False, misses=True),
    Operation("remove", "Lift the restriction of a number", "blacklist.restrict",
        BlacklistRegister.remove, RecordedEntry, arguments.Why, "number", misses=True),
    Operation("history", "Every change, newest first", "blacklist.history",
        _history, list[Change], arguments.Page, "number", changes=False),
    Operation("audit", "Who changed what, and when: every change, or those asked for, newest first",
        "audit.read", _audit, list[Change], arguments.Changes, changes=False),
    Operation("today", "Who is held, who met it today, strikes of the week, reviews due",
        "blacklist.history", _today, Today, arguments.Day, changes=False),
    Operation("undo", "Take back a number's last change, another of the audit, or a whole import",
        "blacklist.restrict", undo, Undone, arguments.Undo, misses=True),
    Operation("strike", "Strike a number", "blacklist.strike",
        BlacklistRegister.strike, Struck, arguments.StrikeBody, "number"),
    Operation("allow", "Let a number through", "blacklist.restrict",
        BlacklistRegister.allow, RecordedEntry, arguments.AllowBody, "number"),
    Operation("disallow", "Take it off the allowlist", "blacklist.restrict",
        BlacklistRegister.disallow, RecordedEntry, arguments.Why, "number", misses=True),
    Operation("ask_prefix", "Ask for a prefix to be restricted; a second person approves",
        "blacklist.restrict", _ask_prefix, RecordedEntry, arguments.Restriction),
    Operation("show_prefix", "A prefix that is restricted or waits, and whom it would touch",
        "blacklist.read", BlacklistRegister.prefix, RecordedEntry, None, "prefix", changes=False,
        misses=True),
    Operation("approve_prefix", "Agree as the second person", "blacklist.approve",
        BlacklistRegister.approve_prefix, RecordedEntry, of="prefix", misses=True),
    Operation("remove_prefix", "Lift the restriction of a prefix", "blacklist.restrict",
        BlacklistRegister.remove_prefix, RecordedEntry, arguments.Why, "prefix", misses=True),
    Operation("import", "Import CSV: all of it or nothing", "blacklist.import",
        import_file, Imported, arguments.ImportHow),
    Operation("export", "Every entry in force, as CSV", "blacklist.export",
        _csv, str, changes=False),
    Operation("rebuild", "Make the index anew from the record", "blacklist.index",
        rebuild_index, Rebuilt, changes=False),
    Operation("verify", "Compare the index with the record", "blacklist.index",
        verify_index, Verified, changes=False),
    Operation("reviews", "Requests for review, by deadline", "reviews.read",
        _reviews, list[Review], arguments.Reviews, changes=False),
    Operation("accept_review", "Accept: the restriction and the strikes behind it are lifted",
        "reviews.decide", _decide(True), Review, arguments.Decision, "review", misses=True),
    Operation("refuse_review", "Refuse, and say why", "reviews.decide",
        _decide(False), Review, arguments.Refusal, "review", misses=True),
)  # fmt: skip
OPERATIONS: Mapping[str, Operation] = {operation.name: operation for operation in _ALL}

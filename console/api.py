"""The HTTP API of the blocklist: the verbs of `hotline blacklist`, under `/api/v1/blacklist`.

The document of all of it is at `/openapi.json`.
"""

import io
from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, request
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from blacklist.record.consequence import Struck
from blacklist.record.csv_read import Defaults, Reader
from blacklist.record.entries import Evidence, RecordedEntry
from blacklist.record.exporting import export_rows
from blacklist.record.importing import Imported, import_rows
from blacklist.record.limits import Wanted
from blacklist.record.projection import differences, rebuild
from blacklist.record.register import BlacklistRegister, Standing
from blacklist.record.reviews import Review, list_reviews
from console import bodies
from console.access import token_holder
from console.operation import Asked, Operation, document
from console.pages import Place, read_place
from console.server import Refused, add_routes
from people.audit import Change
from people.person import NothingThere
from store.sql import reading

ROOT = "/api/v1/blacklist"


@dataclass(frozen=True, slots=True)
class Collaborators:
    """What the API stands on. `zone` is for times in files that give none."""

    register: BlacklistRegister
    zone: ZoneInfo
    version: str


def blueprint(collaborators: Collaborators) -> Blueprint:
    """The API, to be registered on a Flask application without a prefix."""
    register = collaborators.register
    made = Blueprint("api", __name__)
    operations = make_operations(collaborators)
    add_routes(made, operations, token_holder(register.engine, register.now))

    @cache  # few ask for it, and it takes longer to make than all else here
    def told() -> dict[str, Any]:
        return document(operations, title="940: the blocklist", version=collaborators.version)

    @made.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(told())

    return made


def make_operations(collaborators: Collaborators) -> tuple[Operation, ...]:
    """Every operation. Routes, handlers and the document are made of these."""
    verbs = _Verbs(collaborators.register, collaborators.zone)
    number, prefix = f"{ROOT}/{{number}}", f"{ROOT}/prefixes/{{prefix}}"
    review = f"{ROOT}/reviews/{{review}}"
    return (
        Operation(
            "list", "GET", ROOT, "Entries in force, the first to end first", "operator",
            verbs.list, list[RecordedEntry], query=bodies.Entries, place=place_of_entry,
        ),
        Operation(
            "add", "POST", ROOT, "Restrict a number for a time", "supervisor",
            verbs.add, RecordedEntry, 201, body=bodies.NumberRestriction,
        ),
        Operation(
            "show", "GET", number, "All that stands about a number", "operator",
            verbs.show, Standing, fails=(404, 422),
        ),
        Operation(
            "remove", "DELETE", number, "Lift the restriction of a number", "supervisor",
            verbs.remove, RecordedEntry, query=bodies.Why, fails=(404, 422),
        ),
        Operation(
            "history", "GET", f"{number}/history", "Every change, newest first", "supervisor",
            verbs.history, list[Change], query=bodies.Page, place=lambda change: (change.id,),
        ),
        Operation(
            "strike", "POST", f"{number}/strikes", "Strike a number", "operator",
            verbs.strike, Struck, 201, body=bodies.StrikeBody,
        ),
        Operation(
            "allow", "PUT", f"{number}/allow", "Let a number through", "supervisor",
            verbs.allow, RecordedEntry, body=bodies.AllowBody,
        ),
        Operation(
            "disallow", "DELETE", f"{number}/allow", "Take it off the allowlist", "supervisor",
            verbs.disallow, RecordedEntry, query=bodies.Why, fails=(404, 422),
        ),
        Operation(
            "ask_prefix", "POST", f"{ROOT}/prefixes",
            "Ask for a prefix to be restricted; a second person approves", "supervisor",
            verbs.add_prefix, RecordedEntry, 201, body=bodies.Restriction,
        ),
        Operation(
            "show_prefix", "GET", prefix,
            "A prefix that is restricted or waits, and whom it would touch", "operator",
            verbs.show_prefix, RecordedEntry, fails=(404, 422),
        ),
        Operation(
            "approve_prefix", "POST", f"{prefix}/approve", "Agree as the second person", "manager",
            verbs.approve_prefix, RecordedEntry, fails=(404, 422),
        ),
        Operation(
            "remove_prefix", "DELETE", prefix, "Lift the restriction of a prefix", "supervisor",
            verbs.remove_prefix, RecordedEntry, query=bodies.Why, fails=(404, 422),
        ),
        Operation(
            "import", "POST", f"{ROOT}/import", "Import CSV: all of it or nothing", "manager",
            verbs.import_, Imported, query=bodies.ImportHow, takes="text/csv",
        ),
        Operation(
            "export", "GET", f"{ROOT}/export", "Every entry in force, as CSV", "manager",
            verbs.export, content="text/csv",
        ),
        Operation(
            "rebuild", "POST", f"{ROOT}/rebuild", "Make the index anew from the record", "manager",
            verbs.rebuild, bodies.Rebuilt,
        ),
        Operation(
            "verify", "GET", f"{ROOT}/verify", "Compare the index with the record", "manager",
            verbs.verify, bodies.Verified,
        ),
        Operation(
            "reviews", "GET", f"{ROOT}/reviews", "Requests for review, by deadline", "supervisor",
            verbs.reviews, list[Review], query=bodies.Reviews, place=place_of_review,
        ),
        Operation(
            "accept_review", "POST", f"{review}/accept",
            "Accept: the restriction and the strikes behind it are lifted", "supervisor",
            verbs.accept, Review, body=bodies.Decision, fails=(404, 422),
        ),
        Operation(
            "refuse_review", "POST", f"{review}/refuse", "Refuse, and say why", "supervisor",
            verbs.refuse, Review, body=bodies.Decision, fails=(404, 422),
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Verbs:
    register: BlacklistRegister
    zone: ZoneInfo

    def list(self, asked: Asked) -> Any:
        page = asked.query
        after = read_place(page.after, _ENTRY)
        return self.register.list(kind=page.kind, limit=page.limit, after=after)

    def add(self, asked: Asked) -> Any:
        body: bodies.NumberRestriction = asked.body
        return self.register.add(
            body.number,
            _wanted(body),
            by=asked.person,
            evidence=Evidence(body.calls, body.recordings),
            review_at=body.review_at,
        )

    def show(self, asked: Asked) -> Any:
        standing = self.register.standing(asked.path["number"])
        if standing.entry is None and standing.allowed is None and not standing.strikes:
            raise NothingThere("nothing stands about this number")
        return standing

    def remove(self, asked: Asked) -> Any:
        number = asked.path["number"]
        return _there(self.register.remove(number, by=asked.person, why=asked.query.why))

    def history(self, asked: Asked) -> Any:
        page = asked.query
        (before,) = read_place(page.after, _CHANGE) or (None,)
        return self.register.history(asked.path["number"], limit=page.limit, before=before)

    def strike(self, asked: Asked) -> Any:
        given = asked.body.model_dump()
        return self.register.strike(asked.path["number"], by=asked.person, **given)

    def allow(self, asked: Asked) -> Any:
        given = asked.body.model_dump()
        return self.register.allow(asked.path["number"], by=asked.person, **given)

    def disallow(self, asked: Asked) -> Any:
        number = asked.path["number"]
        return _there(self.register.disallow(number, by=asked.person, why=asked.query.why))

    def add_prefix(self, asked: Asked) -> Any:
        body: bodies.Restriction = asked.body
        return self.register.add_prefix(body.number, _wanted(body), by=asked.person)

    def show_prefix(self, asked: Asked) -> Any:
        return _there(self.register.prefix(asked.path["prefix"]))

    def approve_prefix(self, asked: Asked) -> Any:
        return self.register.approve_prefix(asked.path["prefix"], by=asked.person)

    def remove_prefix(self, asked: Asked) -> Any:
        prefix = asked.path["prefix"]
        return _there(self.register.remove_prefix(prefix, by=asked.person, why=asked.query.why))

    def import_(self, asked: Asked) -> Any:
        register, how, now = self.register, asked.query, self.register.now()
        policy = register.policy
        reader = Reader(
            request.stream,  # type: ignore[arg-type]  # reads lines, as files do
            now=now,
            zone=self.zone,
            defaults=Defaults(how.reason or "", how.days),
            protected=register.protected,
            shortest_saudi=policy.prefix.shortest_saudi,
            longest=timedelta(seconds=policy.longest_seconds),
        )
        done = import_rows(
            register.engine,
            reader,
            by=asked.person,
            now=now,
            replays=register.replays,
            keep_going=how.keep_going,
            dry_run=how.dry_run,
        )
        if done.refused and not how.keep_going:
            errors = tuple(f"row {error.row}: {error.message}" for error in done.errors)
            wrong = f"{done.refused} of {done.rows} rows are wrong: nothing was imported"
            raise Refused(422, "refused", wrong, errors)
        if done.written and done.added + done.replaced:
            rebuild(register.engine, register.index, register.now(), policy.strikes)
        return done

    def export(self, asked: Asked) -> Response:
        del asked
        out = io.StringIO(newline="")
        for _ in export_rows(self.register.engine, out, self.register.now()):
            pass
        answer = Response(out.getvalue(), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="blocklist.csv"'
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def rebuild(self, asked: Asked) -> Any:
        del asked
        register, now = self.register, self.register.now()
        written = rebuild(register.engine, register.index, now, register.policy.strikes)
        return bodies.Rebuilt(written=written, at=now)

    def verify(self, asked: Asked) -> Any:
        del asked
        register = self.register
        found = differences(
            register.engine, register.index, register.now(), register.policy.strikes
        )
        if not register.index.built:
            found.append("the index was never built, or was lost")
        return bodies.Verified(agree=not found, differences=found)

    def reviews(self, asked: Asked) -> Any:
        with reading(self.register.engine) as connection:
            return list_reviews(
                connection,
                self.register.now(),
                only=asked.query.only,
                limit=asked.query.limit,
                after=read_place(asked.query.after, _REVIEW),
            )

    def accept(self, asked: Asked) -> Any:
        return self._decide(asked, accept=True)

    def refuse(self, asked: Asked) -> Any:
        return self._decide(asked, accept=False)

    def _decide(self, asked: Asked, *, accept: bool) -> Any:
        review, why = _review(asked.path["review"]), asked.body.why
        return self.register.decide_review(review, accept=accept, why=why, by=asked.person)


_Moment = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
_Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
_ENTRY = TypeAdapter(tuple[_Moment | None, Annotated[str, Field(max_length=32)]])
_REVIEW = TypeAdapter(tuple[_Moment, _Number])
_CHANGE = TypeAdapter(tuple[_Number])


def place_of_entry(entry: RecordedEntry) -> Place:
    """By its end, then by its id."""
    return None if entry.until is None else entry.until.isoformat(), entry.id


def place_of_review(review: Review) -> Place:
    """By its deadline, then by its number."""
    return review.due_at.isoformat(), review.id


def _wanted(body: bodies.Restriction) -> Wanted:
    return Wanted(body.reason, body.days, body.until, body.note, body.disposition)


def _review(written: str) -> int:
    """The number of a request for review; one that no database has is none of ours."""
    if not (written.isascii() and written.isdigit() and len(written) < 10):
        raise NothingThere("no such request waits for a decision")
    return int(written)


def _there(entry: RecordedEntry | None) -> RecordedEntry:
    if entry is None:
        raise NothingThere("no such entry is in force")
    return entry

"""The HTTP API: the blocklist's operations under `/api/v1/blacklist`, recordings, and what more.

The document of all of it is at `/openapi.json`.
"""

from dataclasses import dataclass
from datetime import UTC
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify
from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from blacklist.record.register import BlacklistRegister
from console.api.access import token_holder
from console.api.idempotency import Kept
from console.api.pages import Pages
from console.api.recordings import RECORDING, Recordings
from console.api.refusal import Refused
from console.api.resources.served import Served
from console.api.route import Route, document
from console.api.server import Asked, add_routes

ROOT = "/api/v1/blacklist"
_NUMBER, _PREFIX = f"{ROOT}/{{number}}", f"{ROOT}/prefixes/{{prefix}}"
_REVIEW = f"{ROOT}/reviews/{{review}}"
_Moment = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
_Id = Annotated[int, Field(ge=0, le=2**31 - 1)]
ENTRIES = Pages(
    lambda entry: (entry.until and entry.until.isoformat(), entry.id),
    TypeAdapter(tuple[_Moment | None, Annotated[str, Field(pattern=r"^[0-9a-f]{1,32}$")]]),
)
_REVIEWS = Pages(
    lambda review: (review.due_at.isoformat(), review.id), TypeAdapter(tuple[_Moment, _Id])
)
_CHANGES = Pages(lambda change: (change.id,), TypeAdapter(tuple[_Id]))
ROUTES = (
    Route("list", "GET", ROOT, pages=ENTRIES),
    Route("add", "POST", ROOT, 201),
    Route("show", "GET", _NUMBER),
    Route("remove", "DELETE", _NUMBER),
    Route("history", "GET", f"{_NUMBER}/history", pages=_CHANGES),
    Route("audit", "GET", f"{ROOT}/audit", pages=_CHANGES),
    Route("today", "GET", f"{ROOT}/today"),
    Route("undo", "POST", f"{ROOT}/undo"),
    Route("strike", "POST", f"{_NUMBER}/strikes", 201),
    Route("allow", "PUT", f"{_NUMBER}/allow"),
    Route("disallow", "DELETE", f"{_NUMBER}/allow"),
    Route("ask_prefix", "POST", f"{ROOT}/prefixes", 201),
    Route("show_prefix", "GET", _PREFIX),
    Route("approve_prefix", "POST", f"{_PREFIX}/approve"),
    Route("remove_prefix", "DELETE", _PREFIX),
    Route("import", "POST", f"{ROOT}/import", takes="text/csv"),
    Route("export", "GET", f"{ROOT}/export", gives="text/csv"),
    Route("rebuild", "POST", f"{ROOT}/rebuild"),
    Route("verify", "GET", f"{ROOT}/verify"),
    Route("reviews", "GET", f"{ROOT}/reviews", pages=_REVIEWS),
    Route("accept_review", "POST", f"{_REVIEW}/accept"),
    Route("refuse_review", "POST", f"{_REVIEW}/refuse"),
)


@dataclass(frozen=True, slots=True)
class Collaborators:
    """What the API stands on. `zone` is for times in files that give none, `once` keeps answers."""

    register: BlacklistRegister
    recordings: Recordings
    zone: ZoneInfo
    version: str
    once: Kept | None = None


def blueprint(collaborators: Collaborators, more: tuple[Served, ...] = ()) -> Blueprint:
    """The API, to be registered on a Flask application without a prefix.

    `more` are routes that have their operations with them.
    """
    register = collaborators.register
    made = Blueprint("api", __name__)

    def does(route: Route, asked: Asked) -> object:
        if route.name == "import":
            return _imported(collaborators, route, asked)
        if route is RECORDING:
            return collaborators.recordings.fetch(str(*asked.about), by=asked.person)
        if isinstance(route, Served):
            return route.operation.does(asked.person, *asked.about, **asked.given)
        return route.operation.run(register, asked.person, *asked.about, **asked.given)

    every = (*ROUTES, RECORDING, *more)
    add_routes(made, every, token_holder(register.engine, register.now), does, collaborators.once)

    @cache  # few ask for it, and it takes longer to make than all else here
    def told() -> dict[str, Any]:
        return document(
            every,
            title="940",
            version=collaborators.version,
        )

    @made.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(told())

    return made


def _imported(given: Collaborators, route: Route, asked: Asked) -> object:
    """A file with an error is refused as a whole, unless it is told to keep going."""
    how = {**asked.given, "zone": given.zone}
    done = route.operation.run(given.register, asked.person, *asked.about, **how)
    if done.refused and not how["keep_going"]:
        errors = tuple(f"row {error.row}: {error.message}" for error in done.errors)
        wrong = f"{done.refused} of {done.rows} rows are wrong: nothing was imported"
        raise Refused(422, "refused", wrong, errors)
    return done

"""Turns operations into routes: who may ask, what is asked, pages, and errors as problem+json."""

import json
from collections.abc import Callable
from typing import Any

import structlog
from flask import Blueprint, Response, request
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from blacklist.entry import EntryRefused
from blacklist.index import RebuildOvertaken
from blacklist.port import RegisterUnavailable
from blacklist.record.csv_lines import FileUnusable
from blacklist.record.prefix_replay import RecordUnreadable
from console.access import Holder
from console.bodies import Problem
from console.json_body import NotJson, read_json
from console.operation import PROBLEM, Asked, Operation
from console.pages import next_link
from people.person import NotAllowed, NothingThere

LONGEST_BODY = 65_536
LONGEST_FILE = 16_777_216
"""Bytes of a file that is imported over HTTP: about 200,000 rows. Larger ones: the command."""

log = structlog.get_logger()


_TITLES = {
    "unauthorized": "No token that is good",
    "forbidden": "Not with this role",
    "not_found": "There is none",
    "no_length": "The body has no length",
    "too_large": "The body is too large",
    "wrong_kind": "The body is of another kind",
    "no_json": "The body is no JSON",
    "refused": "The request is refused",
    "unavailable": "A store is away",
}
"""Kinds of problems, and what each is for people. Contract: programs tell them apart."""
TYPE = "tag:jeddah.gov.sa,2026:940/problems/"
"""Begins the names of kinds: tag URIs (RFC 4151), which nobody can look up."""


class Refused(Exception):
    """A request that is answered with a status and a reason; `kind` is one of `_TITLES`."""

    def __init__(self, status: int, kind: str, detail: str, errors: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.errors = errors


def add_routes(blueprint: Blueprint, operations: tuple[Operation, ...], holder: Holder) -> None:
    """Give the blueprint a route for each operation."""
    for operation in operations:
        blueprint.add_url_rule(
            operation.path.replace("{", "<").replace("}", ">"),
            endpoint=operation.name,
            view_func=_view(operation, holder),
            methods=[operation.method],
            provide_automatic_options=False,
        )


def _view(operation: Operation, holder: Holder) -> Callable[..., Response]:
    replies = None if operation.reply is None else TypeAdapter(operation.reply)

    def view(**path: Any) -> Response:
        try:
            asked = _let_in(operation, holder, path)
            given = operation.handler(asked)
        except Exception as error:
            return _told(error)
        if replies is None:
            assert isinstance(given, Response)
            return given
        answer = _json(replies.dump_python(given, mode="json"), operation.status)
        if operation.place is not None and len(given) == asked.query.limit:
            query = request.args.to_dict()
            answer.headers["Link"] = next_link(request.path, query, operation.place(given[-1]))
        return answer

    return view


def _let_in(operation: Operation, holder: Holder, path: dict[str, Any]) -> Asked:
    person = holder(request.headers.get("Authorization"))
    if person is None:
        raise Refused(401, "unauthorized", "give a token: Authorization: Bearer h940_...")
    person.must_be(operation.role, "this")
    longest = LONGEST_FILE if operation.takes else LONGEST_BODY
    if (request.content_length or 0) > longest:
        mend = ": import it by `hotline blacklist import`" if operation.takes else ""
        raise Refused(413, "too_large", f"the body is larger than {longest:,} bytes{mend}")
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise Refused(411, "no_length", "the body has no Content-Length")
    if operation.takes and request.mimetype != operation.takes:
        raise Refused(415, "wrong_kind", f"the body must be {operation.takes}")
    return Asked(
        person=person,
        path={name: str(value) for name, value in path.items()},
        query=None if operation.query is None else _query(operation.query),
        body=None if operation.body is None else _body(operation.body),
    )


def _query(kind: type[BaseModel]) -> BaseModel:
    repeated = [name for name in request.args if len(request.args.getlist(name)) > 1]
    if repeated:
        raise Refused(422, "refused", "a parameter is given twice", tuple(repeated[:10]))
    return kind.model_validate(request.args.to_dict())


def _body(kind: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise Refused(415, "wrong_kind", "the body must be application/json")
    try:
        found = read_json(request.get_data())
    except NotJson as error:
        raise Refused(400, "no_json", f"the body {error}") from None
    return kind.model_validate(found)


def _told(error: Exception) -> Response:
    """The error as an answer; values of the request are never repeated in it."""
    match error:
        case Refused():
            return failed(error.status, error.kind, str(error), error.errors)
        case ValidationError():
            parts = tuple(
                f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['msg']}"[:200]
                for part in error.errors(include_input=False, include_url=False)[:20]
            )
            return failed(422, "refused", "the request is wrong", parts)
        case NotAllowed():
            return failed(403, "forbidden", str(error))
        case NothingThere():
            return failed(404, "not_found", str(error))
        case EntryRefused() | FileUnusable() | ValueError():
            return failed(422, "refused", str(error))
        case RegisterUnavailable() | RebuildOvertaken() | RecordUnreadable():
            return failed(503, "unavailable", str(error))
        case SQLAlchemyError():
            log.error("api_database_away", error=type(error).__name__)
            return failed(503, "unavailable", "the database is away")
        case _:
            log.error("api_failed", error=type(error).__name__, operation=request.endpoint)
            raise error


def failed(status: int, kind: str, detail: str, errors: tuple[str, ...] = ()) -> Response:
    """An error as problem+json, and a line in the log that repeats nothing of the request."""
    log.info("api_refused", operation=request.endpoint, status=status, error=kind)
    problem = Problem(
        type=TYPE + kind, title=_TITLES[kind], status=status, detail=detail, errors=list(errors)
    )
    answer = _json(problem.model_dump(), status, PROBLEM)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _json(value: Any, status: int, kind: str = "application/json") -> Response:
    body = json.dumps(value, ensure_ascii=False)
    answer = Response(body, status=status, content_type=kind)
    answer.headers["Cache-Control"] = "no-store"
    return answer

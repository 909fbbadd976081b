"""Serves the routes: who may ask, what is asked, pages, and errors as problem+json."""

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, cast

import structlog
from flask import Blueprint, Response, g, request
from pydantic import BaseModel, TypeAdapter, ValidationError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from blacklist.entry import EntryRefused
from blacklist.port import RebuildOvertaken, RegisterUnavailable
from blacklist.record.prefix_replay import RecordUnreadable
from console.api.access import Holder
from console.api.idempotency import HEADER, Answered, Kept, Once
from console.api.json_body import NotJson, read_json
from console.api.masked import told_to
from console.api.pages import Paged, Place, next_link, read_place
from console.api.recordings import Destroyed
from console.api.refusal import TITLES, Refused
from console.api.route import JSON, PROBLEM, Problem, Route
from files.csv_lines import FileUnusable
from people.permissions import must
from people.person import NotAllowed, NothingThere, Person
from tickets.working.refusals import SeenAnother

LONGEST_BODY = 65_536
LONGEST_FILE = 16_777_216
"""Bytes of a file that is imported over HTTP: about 200,000 rows. Larger ones: the command."""

log = structlog.get_logger()


TYPE = "tag:jeddah.gov.sa,2026:940/problems/"
"""Begins the names of kinds: tag URIs (RFC 4151), which nobody can look up."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: who asks, about what, and what else was given, all checked."""

    person: Person
    about: tuple[object, ...]
    given: Mapping[str, object]


Does = Callable[[Route, Asked], Any]
"""What is done for a request; its result is the answer."""


def add_routes(
    blueprint: Blueprint,
    routes: tuple[Route, ...],
    holder: Holder,
    does: Does,
    once: Kept | None = None,
) -> None:
    """Serve these routes on the blueprint; `once` keeps answers for requests that have a key."""
    for route in routes:
        blueprint.add_url_rule(
            route.path.replace("{", "<").replace("}", ">"),
            endpoint=route.name,
            view_func=_view(route, holder, does, once),
            methods=[route.method],
            provide_automatic_options=False,
        )


def _view(route: Route, holder: Holder, does: Does, once: Kept | None) -> Callable[..., Response]:
    replies = TypeAdapter(route.operation.gives)

    def view(**path: str) -> Response:
        try:
            asked = _let_in(route, holder, path)
            keyed = g.api_once = _keyed(route, once)
            if keyed is None:
                return answered(asked, path)
            return _once(keyed, lambda: answered(asked, path))
        except Exception as error:  # told as what it is; what nobody foresaw is raised again
            return _told(error)

    def answered(asked: Asked, path: dict[str, str]) -> Response:
        done = does(route, asked)
        if route.gives != JSON:
            return _file(done, route.gives, path)
        items = done.items if isinstance(done, Paged) else done
        told = told_to(asked.person, replies.dump_python(items, mode="json"))
        answer = _json(told, route.status)
        following = _following(route, asked, done)
        if following is not None:
            query = request.args.to_dict()
            answer.headers["Link"] = next_link(request.path, query, following)
        return answer

    return view


def _following(route: Route, asked: Asked, done: Any) -> Place | None:
    """Where the next page begins; None behind the last, and for what has no pages."""
    if isinstance(done, Paged):
        return done.next
    if route.pages is None or len(done) < cast(int, asked.given["limit"]):
        return None
    return route.pages.place(done[-1])


def _keyed(route: Route, store: Kept | None) -> Once | None:
    """The request as one that is done once, where it has a key; only a POST has one."""
    key = request.headers.get(HEADER)
    if key is None or store is None or route.method != "POST" or route.takes:
        return None
    token = request.headers["Authorization"].encode()
    who, what = hashlib.sha256(token).hexdigest(), f"{route.name} {request.path}"
    body = request.get_data() + request.query_string
    return Once.of(store, key, who=who, what=what, body=body)


def _once(keyed: Once, do: Callable[[], Response]) -> Response:
    """Do it, or answer as before. What was refused may be sent again when it is mended."""
    before = keyed.begin()
    if before is not None:
        again = _private(Response(before.body, status=before.status, content_type=before.kind))
        again.headers["Idempotent-Replayed"] = "true"
        return again
    try:
        answer = do()
    except BaseException:  # whatever it is, it is told as always
        with suppress(RedisError):  # then it is forgotten by itself, in a minute
            keyed.give_up()
        raise
    told = Answered(answer.status_code, answer.get_data(as_text=True), answer.content_type)
    try:
        keyed.end(told)
    except RedisError as error:  # it is done, and is said so
        log.error("api_answer_not_kept", error=type(error).__name__)
    return answer


def _let_in(route: Route, holder: Holder, path: dict[str, str]) -> Asked:
    person = holder(request.headers.get("Authorization"))
    if person is None:
        raise Refused(401, "unauthorized", "give a token: Authorization: Bearer h940_...")
    person = replace(person, origin=request.remote_addr or "")
    must(person, route.operation.permission, "this")
    longest = LONGEST_FILE if route.takes else LONGEST_BODY
    request.max_content_length = longest
    if (request.content_length or 0) > longest:
        mend = ": import it by `hotline blacklist import`" if route.takes else ""
        raise Refused(413, "too_large", f"the body is larger than {longest:,} bytes{mend}")
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise Refused(411, "no_length", "the body has no Content-Length")
    if route.takes and request.mimetype != route.takes:
        raise Refused(415, "wrong_kind", f"the body must be {route.takes}")
    given: dict[str, Any] = {} if route.query is None else dict(_query(route.query))
    if route.pages is not None:
        given["after"] = read_place(given["after"], route.pages.kinds)
    if route.body is not None:
        given = dict(_body(route.body))
    return Asked(person, (*path.values(), *([request.stream] if route.takes else [])), given)


def _query(kind: type[BaseModel]) -> BaseModel:
    repeated = [name for name in request.args if len(request.args.getlist(name)) > 1]
    if repeated:
        raise Refused(422, "refused", "a parameter is given twice", tuple(repeated[:10]))
    return kind.model_validate(request.args.to_dict())


def _body(kind: type[BaseModel]) -> BaseModel:
    if request.mimetype != JSON:
        raise Refused(415, "wrong_kind", f"the body must be {JSON}")
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
        case Destroyed():
            return failed(410, "destroyed", str(error))
        case SeenAnother():
            return failed(409, "changed_since", str(error))
        case NothingThere():
            return failed(404, "not_found", str(error))
        case EntryRefused() | FileUnusable() | ValueError():
            return failed(422, "refused", str(error))
        case RegisterUnavailable() | RebuildOvertaken() | RecordUnreadable():
            return failed(503, "unavailable", str(error))
        case OSError():
            log.error("api_disk_away", error=type(error).__name__)
            return failed(503, "unavailable", "the disk of the recordings is away")
        case RedisError():
            log.error("api_redis_away", error=type(error).__name__)
            return failed(503, "unavailable", "Redis is away: nothing was done")
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
        type=TYPE + kind, title=TITLES[kind], status=status, detail=detail, errors=list(errors)
    )
    answer = _json(problem.model_dump(), status, PROBLEM)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _json(value: Any, status: int, kind: str = JSON) -> Response:
    body = json.dumps(value, ensure_ascii=False)
    return _private(Response(body, status=status, content_type=kind))


def _file(content: str | bytes, kind: str, path: Mapping[str, str]) -> Response:
    """The file of a whole, or of what the path names, which was found by then."""
    name = "".join(path.values()) or "blocklist"
    text = "; charset=utf-8" if isinstance(content, str) else ""
    answer = Response(content, content_type=f"{kind}{text}")
    ending = kind.rpartition("/")[2]
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return _private(answer)


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer

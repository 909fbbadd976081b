"""An operation of the blocklist over HTTP: its route, and the document of all of them."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from blacklist.numbers import LONGEST_RAW
from blacklist.record.arguments import Arguments
from blacklist.record.operations import OPERATIONS, Operation
from console.api.idempotency import HEADER, LONGEST_KEY
from console.api.pages import Pages
from people.permissions import PERMISSIONS
from recordings.kept import REFERENCE

JSON = "application/json"
PROBLEM = "application/problem+json"
"""The media type of errors (RFC 9457, section 3)."""
_REFS = "#/components/schemas/{model}"


class Problem(BaseModel):
    """What every error answers (RFC 9457). `errors` names the parts of the request that are wrong.

    `type` tells kinds of problems apart for programs, `title` for people; `detail` is of this one.
    """

    type: str
    title: str
    status: int
    detail: str
    errors: list[str] = []


@dataclass(frozen=True, slots=True)
class Route:
    """The operation of this name as one method on one path (`{name}` for what it is about).

    `status` is what success means. `takes` is what a body that is no JSON must be, `gives` what the
    answer is; `pages` those in which a list is given.
    """

    name: str
    method: str
    path: str
    status: int = 200
    takes: str = ""
    gives: str = JSON
    pages: Pages | None = None

    @property
    def operation(self) -> Operation:
        """What it asks for."""
        return OPERATIONS[self.name]

    @property
    def body(self) -> type[Arguments] | None:
        """What a JSON body says."""
        return self.operation.takes if self.method in ("POST", "PUT") and not self.takes else None

    @property
    def query(self) -> type[Arguments] | None:
        """What the query says."""
        return None if self.body else self.operation.takes


_NEXT = {
    "description": 'The next page, rel="next" (RFC 8288); none behind the last',
    "schema": {"type": "string"},
}
_FAILURES = {
    400: "The request is no JSON",
    401: "No token, or one that is not good",
    403: "The token's role may not do this",
    404: "There is none",
    409: "A request with this Idempotency-Key is under way, or another version was seen",
    410: "It was destroyed when its time was over",
    411: "The body has no length",
    413: "The body is too large",
    415: "The body is of another kind",
    422: "Refused: the message says what and why",
    503: "A store is away: nothing was changed, unless the message says what was",
}


def document(routes: tuple[Route, ...], *, title: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these routes."""
    schemas: dict[str, Any] = {}
    failure = _schema(Problem, schemas)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        told = _route(route, schemas, failure)
        paths.setdefault(route.path, {})[route.method.lower()] = told
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _route(route: Route, schemas: dict[str, Any], failure: dict[str, Any]) -> dict[str, Any]:
    operation = route.operation
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"For the roles {', '.join(PERMISSIONS[operation.permission])}.",
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(route, schemas),
            *([_ONCE] if _is_keyed(route) else []),
        ],
    }
    if route.body is not None:
        schema = _schema(route.body, schemas, mode="validation")
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    elif route.takes:
        content = {route.takes: {"schema": {"type": "string"}}}
        told["requestBody"] = {"required": True, "content": content}
    answers: dict[str, Any] = {
        str(route.status): {
            "description": "Done",
            "content": {route.gives: {"schema": _schema(operation.gives, schemas)}},
        }
    }
    if route.pages is not None:
        answers[str(route.status)]["headers"] = {"Link": _NEXT}
    for status in _fails(route):
        answers[str(status)] = {
            "description": _FAILURES[status],
            "content": {PROBLEM: {"schema": failure}},
        }
    told["responses"] = answers
    return told


def _fails(route: Route) -> list[int]:
    of_bodies = (400, 411, 413, 415) if route.body else (411, 413, 415) if route.takes else ()
    of_absence = (404,) if route.operation.misses else ()
    of_ends = (410,) if route.operation.of == "recording" else ()
    of_keys = (409,) if _is_keyed(route) else ()
    return sorted({401, 403, 422, 503, *of_keys, *of_bodies, *of_absence, *of_ends})


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    if not operation.of:
        return []
    number = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    text = {"type": "string", "minLength": 1, "maxLength": LONGEST_RAW}
    recording = {"type": "string", "pattern": f"^{REFERENCE.pattern}$"}
    schema = {"review": number, "recording": recording}.get(operation.of, text)
    return [{"name": operation.of, "in": "path", "required": True, "schema": schema}]


_ONCE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same key the request is done once, and answered again",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}


def _is_keyed(route: Route) -> bool:
    return route.method == "POST" and not route.takes


def _query_parameters(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = route.query.model_json_schema(ref_template=_REFS)
    schemas.update(schema.pop("$defs", {}))
    return [
        {"name": name, "in": "query", "required": False, "schema": part}
        for name, part in schema["properties"].items()
    ]


def _schema(
    kind: Any, schemas: dict[str, Any], mode: JsonSchemaMode = "serialization"
) -> dict[str, Any]:
    """The schema of `kind`; what it refers to goes into `schemas`."""
    schema = TypeAdapter(kind).json_schema(ref_template=_REFS, mode=mode)
    schemas.update(schema.pop("$defs", {}))
    return schema
